/*
 * Proves the bytes of problem+json: members, their order, errors and their
 * limit, extra members, and that no detail, however cut or ill formed, breaks it.
 */
#include "unit.h"
#include "io/json_read.h"
#include "io/problem.h"

static struct arena *arena;
static const char url[] = "https://pay.example.org";

static void
a_failure_is_written_byte_for_byte(void **state)
{
        struct err e = { .code = ERR_NONE };

        (void)state;
        assert_false(err_set(&e, ERR_SOLD_OUT, "\"%s\" has no tickets left", "Stalls"));
        EXPECT_TEXT(problem_json(arena, &e, url, STR("req_1")),
            "{\"type\":\"https://pay.example.org/problems#sold_out\",\"title\":\"There are no tickets left\","
            "\"status\":409,"
            "\"detail\":\"\\\"Stalls\\\" has no tickets left\",\"code\":\"sold_out\",\"request_id\":\"req_1\","
            "\"retryable\":false}");
}

static void
bad_fields_and_extra_members_follow(void **state)
{
        struct err e = { .code = ERR_NONE };

        (void)state;
        assert_false(err_field(&e, "/guest/email", FIELD_OUT_OF_RANGE, "must be an e-mail address"));
        e.extra = STR("\"order\":{\"id\":\"ord_1\"},\"decline_code\":null");
        EXPECT_TEXT(problem_json(arena, &e, url, STR_NONE),
            "{\"type\":\"https://pay.example.org/problems#invalid_request\","
            "\"title\":\"The request has fields that can't be accepted\","
            "\"status\":400,\"detail\":\"/guest/email: must be an e-mail address\",\"code\":\"invalid_request\","
            "\"request_id\":null,"
            "\"retryable\":false,\"errors\":[{\"pointer\":\"/guest/email\",\"code\":\"out_of_range\","
            "\"detail\":\"must be an e-mail address\"}],"
            "\"order\":{\"id\":\"ord_1\"},\"decline_code\":null}");
        assert_false(err_field(&e, "?limit", FIELD_WRONG_TYPE, "must be an integer"));
        assert_non_null(strstr(str_z(arena, problem_json(arena, &e, url, STR("r"))),
            "\"detail\":\"2 fields can't be accepted\""));
}

static struct json *
read_back(const struct err *e)
{
        struct err bad = { .code = ERR_NONE };
        struct json *root;

        if (!json_parse(arena, problem_json(arena, e, url, STR("r\xff")), &root, &bad))
                fail_msg("%s", bad.detail);
        return root;
}

static void
errors_end_at_their_limit_and_say_so(void **state)
{
        struct err e = { .code = ERR_NONE };
        struct json *root;

        (void)state;
        for (int i = 0; i < 100; i++)
                assert_false(err_field(&e, "/a", FIELD_UNKNOWN_FIELD, "is not a field"));
        root = read_back(&e);
        assert_int_equal(json_member(root, "errors")->children, ERR_FIELDS_MAX);
        EXPECT_TEXT(json_member(root, "detail")->text, "100 fields can't be accepted; the first 32 are listed");
}

static void
every_failure_of_the_table_can_be_told(void **state)
{
        (void)state;
        for (int code = ERR_NONE + 1; code < ERR_COUNT; code++) {
                struct err e = { .code = (enum err_code)code };
                const struct err_info *info = err_info(e.code);
                struct json *root = read_back(&e);

                EXPECT_TEXT(json_member(root, "code")->text, info->code);
                EXPECT_TEXT(json_member(root, "title")->text, info->title);
                EXPECT_TEXT(json_member(root, "detail")->text, info->title);
                assert_int_equal(json_member(root, "retryable")->boolean, info->retryable);
                assert_null(json_member(root, "errors"));
        }
}

static void
ill_formed_details_do_no_harm(void **state)
{
        (void)state;
        for (int round = 0; round < 2000; round++) {
                struct err e = { .code = ERR_NONE };
                char text[300];

                for (size_t i = 0; i < sizeof text; i++)
                        text[i] = (char)(1 + seeded(255));
                text[seeded(sizeof text)] = '\0';
                text[sizeof text - 1] = '\0';
                assert_false(err_field(&e, text, FIELD_WRONG_TYPE, text));
                assert_int_equal(json_member(read_back(&e), "errors")->children, 1);
                arena_reset(arena);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_failure_is_written_byte_for_byte),
                cmocka_unit_test(bad_fields_and_extra_members_follow),
                cmocka_unit_test(errors_end_at_their_limit_and_say_so),
                cmocka_unit_test(every_failure_of_the_table_can_be_told),
                cmocka_unit_test(ill_formed_details_do_no_harm),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
