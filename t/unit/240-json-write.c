/*
 * Proves that what is written is the JSON that was meant, byte for byte, that
 * our own parser reads it back, and that mistakes in writing abort.
 */
#include "unit.h"
#include "io/json_read.h"
#include "io/json_write.h"

#include <inttypes.h>

static struct arena *arena;

static void
a_document_is_written_byte_for_byte(void **state)
{
        struct json_out o = json_out_new(arena);

        (void)state;
        jo_object(&o, NULL);
        jo_text(&o, "id", STR("ord_1"));
        jo_z(&o, "quote\"", "a\"b\\c\n\x01/<\xc3\xa4\xf0\x9f\x98\x80");
        jo_int(&o, "least", INT64_MIN);
        jo_int(&o, "most", INT64_MAX);
        jo_bool(&o, "yes", true);
        jo_null(&o, "none");
        jo_text(&o, "absent", STR_NONE);
        jo_z(&o, "null", NULL);
        jo_text(&o, "empty", STR(""));
        jo_array(&o, "list");
        jo_int(&o, NULL, 1);
        jo_raw(&o, NULL, STR("{\"raw\":[1.50,null]}"));
        jo_text(&o, NULL, STR("x"));
        jo_object(&o, NULL);
        jo_end_object(&o);
        jo_end_array(&o);
        jo_raw(&o, "view", STR("[]"));
        jo_raw(&o, "no_view", STR_NONE);
        jo_bool(&o, "no", false);
        jo_end_object(&o);
        EXPECT_TEXT(json_out_str(&o),
            "{\"id\":\"ord_1\",\"quote\\\"\":\"a\\\"b\\\\c\\n\\u0001/<\xc3\xa4\xf0\x9f\x98\x80\","
            "\"least\":-9223372036854775808,\"most\":9223372036854775807,\"yes\":true,\"none\":null,"
            "\"absent\":null,\"null\":null,"
            "\"empty\":\"\",\"list\":[1,{\"raw\":[1.50,null]},\"x\",{}],\"view\":[],\"no_view\":null,\"no\":false}");
        EXPECT_TEXT(json_out_str(&(struct json_out){ .gen = o.gen }), json_out_str(&o).p);
}

static void
any_text_reads_back(void **state)
{
        static const char *const pieces[] = { "a", "\"", "\\", "\n", "\x01", "\x1f", "\x7f", "/", "\xc3\xa4",
            "\xe2\x80\xa8", "\xf0\x9f\x98\x80", "\\u0041", "</script>" };

        (void)state;
        for (int round = 0; round < 3000; round++) {
                struct json_out o = json_out_new(arena);
                struct err e = { .code = ERR_NONE };
                struct str text = STR("");
                struct json *root;

                for (uint64_t k = seeded(12); k > 0; k--)
                        text = str_fmt(arena, "%.*s%s", STR_ARG(text), pieces[seeded(ARRAY_LEN(pieces))]);
                jo_array(&o, NULL);
                jo_text(&o, NULL, text);
                jo_end_array(&o);
                if (!json_parse(arena, json_out_str(&o), &root, &e))
                        fail_msg("%s", e.detail);
                assert_true(str_eq(root->child->text, text));
                arena_reset(arena);
        }
}

enum mistake { NOTHING, OPEN_END, ILL_FORMED, OVERLONG, NO_KEY, TWO_ROOTS, EMPTY_RAW, TOO_DEEP, WRONG_END };

static void
make_mistake(void *arg)
{
        struct json_out o = json_out_new(arena);

        switch (*(enum mistake *)arg) {
        case NOTHING:           break;
        case OPEN_END:          jo_array(&o, NULL); break;
        case ILL_FORMED:        jo_text(&o, NULL, STR("a\xff")); break;
        case OVERLONG:          jo_text(&o, NULL, STR("\xc0\xaf")); break;
        case NO_KEY:            jo_object(&o, NULL); jo_int(&o, NULL, 1); jo_end_object(&o); break;
        case TWO_ROOTS:         jo_int(&o, NULL, 1); jo_int(&o, NULL, 2); break;
        case EMPTY_RAW:         jo_raw(&o, NULL, STR("")); break;
        case TOO_DEEP:          for (int i = 0; i < 200; i++) jo_array(&o, NULL); break;
        case WRONG_END:         jo_end_object(&o); break;
        }
        (void)json_out_str(&o);
}

static void
mistakes_in_writing_abort(void **state)
{
        (void)state;
        for (enum mistake m = NOTHING; m <= WRONG_END; m++)
                EXPECT(aborts(make_mistake, &m), "mistake %d", (int)m);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_document_is_written_byte_for_byte),
                cmocka_unit_test(any_text_reads_back),
                cmocka_unit_test(mistakes_in_writing_abort),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
