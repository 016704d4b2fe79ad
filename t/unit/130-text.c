/*
 * Proves that views and builders of text do what their headers say at the
 * edges: integers at their limits, ill-formed UTF-8, cuts, limits of a
 * builder, escapes.
 */
#include "unit.h"
#include "base/buf.h"

#include <inttypes.h>

static struct arena *arena;

static void
integers_are_read_in_one_form_only(void **state)
{
        static const struct { const char *text; bool ok; int64_t v; } rows[] = {
                { "0", true, 0 }, { "7", true, 7 }, { "-7", true, -7 }, { "1000000000000", true, 1000000000000 },
                { "9223372036854775807", true, INT64_MAX }, { "-9223372036854775808", true, INT64_MIN },
                { "9223372036854775808", false, 0 }, { "-9223372036854775809", false, 0 },
                { "99999999999999999999", false, 0 }, { "18446744073709551616", false, 0 },
                { "", false, 0 }, { "-", false, 0 }, { "-0", false, 0 }, { "00", false, 0 }, { "01", false, 0 },
                { "-01", false, 0 }, { "+1", false, 0 }, { " 1", false, 0 }, { "1 ", false, 0 }, { "1.0", false, 0 },
                { "1e2", false, 0 }, { "0x1", false, 0 }, { "1,000", false, 0 }, { "--1", false, 0 },
                { "\xd9\xa1", false, 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                int64_t v = 0;

                EXPECT(str_to_i64(str_of(rows[i].text), &v) == rows[i].ok, "\"%s\"", rows[i].text);
                EXPECT(!rows[i].ok || v == rows[i].v, "\"%s\"", rows[i].text);
        }
        for (int i = 0; i < 10000; i++) {
                int64_t v, back;

                v = (int64_t)(seeded(UINT64_MAX) >> seeded(64)) * (seeded(2) == 0 ? 1 : -1);
                assert_true(str_to_i64(str_fmt(arena, "%" PRId64, v), &back) && v == back);
        }
        assert_false(str_to_i64((struct str){ "1\0", 2 }, &(int64_t){ 0 }));
        assert_false(str_to_i64(STR_NONE, &(int64_t){ 0 }));
}

static void
ill_formed_utf8_is_told_from_well_formed(void **state)
{
        static const struct { const char *text; bool ok; } rows[] = {
                { "", true }, { "plain", true }, { "\x7f", true }, { "\xc3\xa4", true }, { "\xe2\x82\xac", true },
                { "\xf0\x9f\x98\x80", true }, { "\xed\x9f\xbf", true }, { "\xee\x80\x80", true },
                { "\xf4\x8f\xbf\xbf", true }, { "\xef\xbf\xbf", true }, { "\xc2\x80", true }, { "\xe0\xa0\x80", true },
                { "\x80", false }, { "\xbf", false }, { "a\xc3", false }, { "\xc3(", false }, { "\xe2\x82", false },
                { "\xe2(\xac", false }, { "\xf0\x9f\x98", false }, { "\xc0\x80", false }, { "\xc1\xbf", false },
                { "\xe0\x9f\xbf", false }, { "\xf0\x8f\xbf\xbf", false }, { "\xed\xa0\x80", false },
                { "\xed\xbf\xbf", false }, { "\xf4\x90\x80\x80", false }, { "\xf5\x80\x80\x80", false },
                { "\xf8\x88\x80\x80\x80", false }, { "\xfe", false }, { "\xff", false },
                { "\xc3\xa4\xc3", false }, { "\xef\xbb\xbf", true },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(str_is_utf8(str_of(rows[i].text)) == rows[i].ok, "row %zu", i);
        assert_true(str_is_utf8(STR_NONE));
}

static void
cuts_and_trims_keep_to_the_text(void **state)
{
        struct str head, rest;

        (void)state;
        assert_true(str_cut(STR("a=b=c"), '=', &head, &rest));
        EXPECT_TEXT(head, "a");
        EXPECT_TEXT(rest, "b=c");
        assert_true(str_cut(STR("a="), '=', &head, &rest));
        assert_true(rest.n == 0 && rest.p != NULL);
        assert_true(str_cut(STR("=a"), '=', &head, &rest));
        assert_true(head.n == 0);
        assert_false(str_cut(STR("abc"), '=', &head, &rest));
        EXPECT_TEXT(head, "abc");
        assert_null(rest.p);
        assert_false(str_cut(STR_NONE, '=', &head, &rest));
        EXPECT_TEXT(str_trim(STR(" \t a b \t")), "a b");
        EXPECT_TEXT(str_trim(STR(" \t ")), "");
        EXPECT_TEXT(str_trim(STR("\na")), "\na");
        EXPECT_TEXT(str_lower(arena, STR("ABz[@\xc3\x84")), "abz[@\xc3\x84");
}

static void
comparisons_go_by_length(void **state)
{
        (void)state;
        assert_true(str_eq(STR("a\0b"), STR("a\0b")));
        assert_false(str_eq(STR("a\0b"), STR("a\0c")));
        assert_false(str_is(STR("a\0b"), "a"));
        assert_true(str_is(STR(""), ""));
        assert_true(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
        assert_true(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
        assert_true(str_starts(STR("abc"), STR("")) && str_ends(STR("abc"), STR("")));
        assert_null(str_of(NULL).p);
        assert_null(str_dup(arena, STR_NONE).p);
        assert_non_null(str_dup(arena, STR("")).p);
}

static void
builder_holds_what_fits_and_nothing_else(void **state)
{
        struct buf b;

        (void)state;
        for (size_t max = 0; max < 700; max += 7) {
                buf_init(&b, arena, max);
                for (size_t i = 0; i < max; i++)
                        buf_putc(&b, (char)('a' + i % 26));
                assert_true(buf_str(&b).p != NULL && buf_str(&b).n == max);
                for (size_t i = 0; i < max; i++)
                        assert_true(b.p[i] == (char)('a' + i % 26));
                buf_putc(&b, 'x');
                assert_null(buf_str(&b).p);
                buf_puts(&b, "");
                assert_null(buf_str(&b).p);     /* the failure stays */
        }
}

static void
builder_formats_text_of_any_length(void **state)
{
        char text[600];
        struct buf b;

        (void)state;
        memset(text, 'x', sizeof text);
        for (int n = 0; n < (int)sizeof text; n++) {
                buf_init(&b, arena, 2000);
                buf_fmt(&b, "<%.*s>", n, text);
                assert_int_equal(buf_str(&b).n, (size_t)n + 2);
                assert_int_equal(b.p[n + 1], '>');
        }
        buf_init(&b, arena, 100);
        buf_put_i64(&b, INT64_MIN);
        EXPECT_TEXT(buf_str(&b), "-9223372036854775808");
}

static void
escapes_leave_no_way_out_of_a_json_string(void **state)
{
        struct buf b;

        (void)state;
        buf_init(&b, arena, 1000);
        buf_put_json(&b, STR("a\"b\\c\nd\0e\x1f\x7f\xc3\xa4/"));
        EXPECT_TEXT(buf_str(&b), "a\\\"b\\\\c\\u000ad\\u0000e\\u001f\\u007f\xc3\xa4/");
        buf_init(&b, arena, 1000);
        buf_put_json(&b, STR_NONE);
        EXPECT_TEXT(buf_str(&b), "");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(integers_are_read_in_one_form_only),
                cmocka_unit_test(ill_formed_utf8_is_told_from_well_formed),
                cmocka_unit_test(cuts_and_trims_keep_to_the_text),
                cmocka_unit_test(comparisons_go_by_length),
                cmocka_unit_test(builder_holds_what_fits_and_nothing_else),
                cmocka_unit_test(builder_formats_text_of_any_length),
                cmocka_unit_test(escapes_leave_no_way_out_of_a_json_string),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
