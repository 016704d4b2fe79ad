/*
 * Proves that the table of failures is one that callers can rely on (codes
 * and SQLSTATEs name one failure each), that the first failure is the one
 * that is kept, and that cut texts stay UTF-8.
 */
#include "unit.h"
#include "base/err.h"

static void
codes_and_sqlstates_name_one_failure_each(void **state)
{
        (void)state;
        for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) {
                const struct err_info *a = err_info((enum err_code)i);

                for (int k = i + 1; k < ERR_COUNT; k++) {
                        const struct err_info *b = err_info((enum err_code)k);

                        EXPECT(strcmp(a->code, b->code) != 0 || strcmp(a->code, "outcome_unknown") == 0, "%s", a->code);
                        EXPECT(a->sqlstate[0] == '\0' || strcmp(a->sqlstate, b->sqlstate) != 0, "%s", a->sqlstate);
                        EXPECT(strcmp(a->title, b->title) != 0 || strcmp(a->code, "outcome_unknown") == 0, "%s",
                            a->title);
                }
        }
}

static void
every_row_is_well_formed(void **state)
{
        (void)state;
        for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) {
                const struct err_info *f = err_info((enum err_code)i);
                size_t state_n = strlen(f->sqlstate);

                EXPECT(strspn(f->code, "abcdefghijklmnopqrstuvwxyz_") == strlen(f->code) && *f->code != '\0', "%s",
                    f->code);
                EXPECT(f->status >= 400 && f->status <= 504, "%s", f->code);
                EXPECT(f->status < 500 || f->retryable, "%s", f->code);
                EXPECT(state_n == 0 || (state_n == 5 && strncmp(f->sqlstate, "BX", 2) == 0), "%s", f->code);
                EXPECT(strlen(f->title) > 10 && f->title[strlen(f->title) - 1] != '.', "%s", f->code);
        }
}

static void
sqlstates_lead_back_to_their_failure(void **state)
{
        (void)state;
        for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) {
                const char *s = err_info((enum err_code)i)->sqlstate;

                if (s[0] != '\0')
                        assert_int_equal(err_of_sqlstate(s), i);
        }
        assert_int_equal(err_of_sqlstate(NULL), ERR_NONE);
        assert_int_equal(err_of_sqlstate(""), ERR_NONE);
        assert_int_equal(err_of_sqlstate("40001"), ERR_NONE);
        assert_int_equal(err_of_sqlstate("BX999"), ERR_NONE);
}

static void
the_first_failure_is_kept(void **state)
{
        struct err e = { .code = ERR_NONE };

        (void)state;
        assert_false(err_set(&e, ERR_SOLD_OUT, "%d left", 0));
        assert_false(err_set(&e, ERR_INTERNAL, "later"));
        assert_int_equal(e.code, ERR_SOLD_OUT);
        assert_string_equal(e.detail, "0 left");
        err_clear(&e);
        assert_int_equal(e.code, ERR_NONE);
        assert_false(err_set(&e, ERR_INTERNAL, "later"));
        assert_int_equal(e.code, ERR_INTERNAL);
}

static void
bad_fields_add_up_and_are_counted_beyond_the_limit(void **state)
{
        struct err e = { .code = ERR_NONE };

        (void)state;
        for (int i = 0; i < ERR_FIELDS_MAX + 10; i++)
                assert_false(err_field(&e, "/a", FIELD_MISSING, "is required"));
        assert_int_equal(e.code, ERR_INVALID_REQUEST);
        assert_int_equal(e.fields_n, ERR_FIELDS_MAX + 10);
        assert_string_equal(e.detail, "/a: is required");
        err_clear(&e);
        assert_int_equal(e.fields_n, 0);
        assert_false(err_field(&e, "", FIELD_WRONG_TYPE, "must be an object"));
        assert_string_equal(e.detail, "the body: must be an object");
}

static void
cut_texts_stay_utf8(void **state)
{
        char text[400];

        (void)state;
        for (size_t from = 0; from < 300; from++) {
                struct err e = { .code = ERR_NONE };

                memset(text, 'a', sizeof text);
                for (size_t i = from; i + 5 < sizeof text; i += 4)
                        memcpy(text + i, "\xf0\x9f\x98\x80", 4);
                text[sizeof text - 1] = '\0';
                assert_false(err_field(&e, text, FIELD_MISSING, text));
                assert_true(str_is_utf8(str_of(e.detail)));
                assert_true(str_is_utf8(str_of(e.fields[0].pointer)));
                assert_true(str_is_utf8(str_of(e.fields[0].detail)));
                assert_true(strlen(e.fields[0].pointer) >= sizeof e.fields[0].pointer - 4);
                assert_true(strlen(e.detail) >= sizeof e.detail - 4);
        }
}

static void
field_codes_have_the_names_of_the_contract(void **state)
{
        (void)state;
        assert_string_equal(field_code_text(FIELD_MISSING), "missing");
        assert_string_equal(field_code_text(FIELD_UNKNOWN_FIELD), "unknown_field");
        assert_string_equal(field_code_text(FIELD_WRONG_TYPE), "wrong_type");
        assert_string_equal(field_code_text(FIELD_OUT_OF_RANGE), "out_of_range");
        assert_string_equal(field_code_text(FIELD_UNKNOWN_VALUE), "unknown_value");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(codes_and_sqlstates_name_one_failure_each),
                cmocka_unit_test(every_row_is_well_formed),
                cmocka_unit_test(sqlstates_lead_back_to_their_failure),
                cmocka_unit_test(the_first_failure_is_kept),
                cmocka_unit_test(bad_fields_add_up_and_are_counted_beyond_the_limit),
                cmocka_unit_test(cut_texts_stay_utf8),
                cmocka_unit_test(field_codes_have_the_names_of_the_contract),
        };

        return RUN(tests);
}
