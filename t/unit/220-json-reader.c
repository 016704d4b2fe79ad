/*
 * Proves that a reader takes only fields of the right kind and range, names
 * every bad one in one go with its JSON pointer, and passes nothing unknown.
 */
#include "unit.h"
#include "io/json_read.h"

static struct arena *arena;
static struct err e;

static int
reset(void **state)
{
        (void)state;
        arena_reset(arena);
        err_clear(&e);
        return 0;
}

static struct json_reader
reader(const char *body)
{
        struct json *root = NULL;

        err_clear(&e);
        if (!json_parse(arena, str_of(body), &root, &e))
                fail_msg("%s: %s", body, e.detail);
        return json_reader_root(arena, root, &e);
}

/* A reader over {"v": <text>}. */
static struct json_reader
value(const char *text)
{
        return reader(str_z(arena, str_fmt(arena, "{\"v\":%s}", text)));
}

static void
expect_field(int i, const char *pointer, enum field_code code)
{
        EXPECT(i < e.fields_n, "field %d of %d", i, e.fields_n);
        EXPECT(strcmp(e.fields[i].pointer, pointer) == 0 && e.fields[i].code == code, "%s is %s", e.fields[i].pointer,
            field_code_text(e.fields[i].code));
        assert_true(e.fields[i].detail[0] != '\0');
}

/* After one getter over "v": it took the value (n < 0), or complained with this code. */
static void
expect_verdict(const char *text, int code)
{
        if (code < 0) {
                EXPECT(e.code == ERR_NONE, "%s: %s", text, e.detail);
        } else {
                EXPECT(e.fields_n == 1, "%s: %d complaints", text, e.fields_n);
                EXPECT((int)e.fields[0].code == code && strcmp(e.fields[0].pointer, "/v") == 0, "%s: %s", text,
                    e.detail);
        }
}

static void
every_bad_field_is_in_one_answer(void **state)
{
        struct json_reader r = reader("{\"guest\":{\"email\":\"x\",\"age\":3},\"n\":1.0,"
            "\"items\":[{\"quantity\":99,\"a~/b\":0},3,{}],"
            "\"word\":\"blue\",\"flag\":1,\"extra\":{\"deep\":1}}");
        struct json_reader guest = json_reader_member(&r, "guest", REQUIRED), *item;
        size_t n;

        (void)state;
        (void)json_get_email(&guest, "email", REQUIRED);
        (void)json_get_text(&guest, "name", REQUIRED, 1, 100);
        assert_false(json_reader_close(&guest));
        assert_int_equal(json_get_int(&r, "n", OPTIONAL, 0, 10, 5), 5);
        item = json_get_objects(&r, "items", REQUIRED, 1, 5, &n);
        assert_int_equal(n, 3);
        for (size_t i = 0; i < n; i++) {
                (void)json_get_int(&item[i], "quantity", REQUIRED, 1, 10, 0);
                assert_false(json_reader_close(&item[i]));
        }
        assert_int_equal(json_get_word(&r, "word", REQUIRED, (const char *const[]){ "red", "green", NULL }), -1);
        assert_false(json_get_bool(&r, "flag", OPTIONAL, false));
        assert_false(json_reader_close(&r));

        assert_int_equal(e.code, ERR_INVALID_REQUEST);
        assert_int_equal(e.fields_n, 11);
        expect_field(0, "/guest/email", FIELD_OUT_OF_RANGE);
        expect_field(1, "/guest/name", FIELD_MISSING);
        expect_field(2, "/guest/age", FIELD_UNKNOWN_FIELD);
        expect_field(3, "/n", FIELD_WRONG_TYPE);
        expect_field(4, "/items/1", FIELD_WRONG_TYPE);
        expect_field(5, "/items/0/quantity", FIELD_OUT_OF_RANGE);
        expect_field(6, "/items/0/a~0~1b", FIELD_UNKNOWN_FIELD);
        expect_field(7, "/items/2/quantity", FIELD_MISSING);
        expect_field(8, "/word", FIELD_UNKNOWN_VALUE);
        expect_field(9, "/flag", FIELD_WRONG_TYPE);
        expect_field(10, "/extra", FIELD_UNKNOWN_FIELD);
}

static void
a_good_object_has_no_errors(void **state)
{
        struct json_reader r = reader("{\"guest\":{\"email\":\"a@b.c\"},\"n\":0,\"items\":[{\"q\":1},{\"q\":2}],"
            "\"free\":{\"x\":[1]},\"z\":null}");
        struct json_reader guest = json_reader_member(&r, "guest", REQUIRED), *item;
        size_t n;

        (void)state;
        EXPECT_TEXT(json_get_email(&guest, "email", REQUIRED), "a@b.c");
        assert_true(json_reader_close(&guest));
        assert_int_equal(json_get_int(&r, "n", REQUIRED, 0, 0, 7), 0);
        item = json_get_objects(&r, "items", REQUIRED, 2, 2, &n);
        for (size_t i = 0; i < n; i++) {
                assert_int_equal(json_get_int(&item[i], "q", REQUIRED, 1, 9, 0), (int64_t)i + 1);
                assert_true(json_reader_close(&item[i]));
        }
        assert_true(json_get_any(&r, "free", REQUIRED)->kind == JSON_OBJECT);
        assert_true(json_has(&r, "n") && !json_has(&r, "z") && !json_has(&r, "nope"));
        assert_null(json_get_text(&r, "z", OPTIONAL, 1, 2).p);
        assert_true(json_reader_close(&r));
        assert_int_equal(e.code, ERR_NONE);
}

static void
null_and_absent_are_the_same(void **state)
{
        static const char *const bodies[] = { "{\"v\":null}", "{}" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
                struct json_reader r = reader(bodies[i]), m;
                size_t n = 9;

                assert_null(json_get_text(&r, "v", OPTIONAL, 1, 2).p);
                assert_int_equal(json_get_int(&r, "v", OPTIONAL, 1, 2, 42), 42);
                assert_true(json_get_bool(&r, "v", OPTIONAL, true));
                assert_int_equal(json_get_word(&r, "v", OPTIONAL, (const char *const[]){ "x", NULL }), -1);
                assert_null(json_get_objects(&r, "v", OPTIONAL, 1, 2, &n));
                assert_int_equal(n, 0);
                m = json_reader_member(&r, "v", OPTIONAL);
                (void)json_get_text(&m, "inner", REQUIRED, 1, 2);
                json_complain(&m, "inner", FIELD_MISSING, "nobody asked");
                assert_true(json_reader_close(&m) && json_reader_close(&r));
                (void)json_get_amount(&r, "v", REQUIRED);
                expect_verdict(bodies[i], FIELD_MISSING);
                m = json_reader_member(&r, "v", REQUIRED);
                (void)json_get_text(&m, "inner", REQUIRED, 1, 2);
                assert_int_equal(e.fields_n, 2);        /* the object once, not its fields too */
        }
}

static void
only_an_object_is_a_body(void **state)
{
        static const char *const bodies[] = { "[]", "1", "\"x\"", "null", "true" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
                struct json_reader r = reader(bodies[i]);

                (void)json_get_text(&r, "v", REQUIRED, 1, 2);
                assert_false(json_reader_close(&r));
                assert_int_equal(e.fields_n, 1);
                expect_field(0, "", FIELD_WRONG_TYPE);
        }
}

static void
integers_are_integers(void **state)
{
        static const struct { const char *text; int64_t min, max, v; int code; } rows[] = {
                { "0", 0, 10, 0, -1 }, { "10", 0, 10, 10, -1 }, { "-5", -5, 10, -5, -1 },
                { "9007199254740993", 0, INT64_MAX, 9007199254740993, -1 },
                { "9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, -1 },
                { "-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, -1 },
                { "9223372036854775808", INT64_MIN, INT64_MAX, 0, FIELD_OUT_OF_RANGE },
                { "18446744073709551617", 0, 10, 0, FIELD_OUT_OF_RANGE },
                { "99999999999999999999", 0, 10, 0, FIELD_OUT_OF_RANGE },
                { "11", 0, 10, 0, FIELD_OUT_OF_RANGE }, { "-1", 0, 10, 0, FIELD_OUT_OF_RANGE },
                { "-0", -5, 10, 0, FIELD_WRONG_TYPE }, { "1.0", 0, 10, 0, FIELD_WRONG_TYPE },
                { "1e0", 0, 10, 0, FIELD_WRONG_TYPE }, { "1E2", 0, 1000, 0, FIELD_WRONG_TYPE },
                { "1e400", 0, 10, 0, FIELD_WRONG_TYPE }, { "-0.0", 0, 10, 0, FIELD_WRONG_TYPE },
                { "0.5", 0, 10, 0, FIELD_WRONG_TYPE }, { "\"1\"", 0, 10, 0, FIELD_WRONG_TYPE },
                { "true", 0, 10, 0, FIELD_WRONG_TYPE }, { "[1]", 0, 10, 0, FIELD_WRONG_TYPE },
                { "{}", 0, 10, 0, FIELD_WRONG_TYPE },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct json_reader r = value(rows[i].text);
                int64_t v = json_get_int(&r, "v", REQUIRED, rows[i].min, rows[i].max, 77);

                expect_verdict(rows[i].text, rows[i].code);
                EXPECT(v == (rows[i].code < 0 ? rows[i].v : 77), "%s", rows[i].text);
        }
}

static void
amounts_end_at_their_limits(void **state)
{
        static const struct { const char *text; int code; } rows[] = {
                { "0", -1 }, { "1000000000000", -1 }, { "1000000000001", FIELD_OUT_OF_RANGE },
                { "-1", FIELD_OUT_OF_RANGE },
                { "10.27", FIELD_WRONG_TYPE }, { "\"1027\"", FIELD_WRONG_TYPE },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct json_reader r = value(rows[i].text);

                (void)json_get_amount(&r, "v", REQUIRED);
                expect_verdict(rows[i].text, rows[i].code);
        }
}

static void
text_is_counted_in_characters(void **state)
{
        static const struct { const char *text; int code; } rows[] = {
                { "\"ab\"", -1 }, { "\"abcd\"", -1 }, { "\"\xc3\xa4\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xb6\"", -1 },
                { "\"\\ud83d\\ude00\\n\"", -1 }, { "\"\xc2\xa0 \"", -1 },
                { "\"a\"", FIELD_OUT_OF_RANGE }, { "\"\"", FIELD_OUT_OF_RANGE }, { "\"abcde\"", FIELD_OUT_OF_RANGE },
                { "\"\xf0\x9f\x98\x80\"", FIELD_OUT_OF_RANGE }, { "\"a\\tb\"", FIELD_OUT_OF_RANGE },
                { "\"a\\rb\"", FIELD_OUT_OF_RANGE }, { "\"a\\u001b\"", FIELD_OUT_OF_RANGE },
                { "\"a\\u007f\"", FIELD_OUT_OF_RANGE },
                { "\"a\\u0080\"", FIELD_OUT_OF_RANGE }, { "\"a\xc2\x9f\"", FIELD_OUT_OF_RANGE },
                { "12", FIELD_WRONG_TYPE }, { "[\"ab\"]", FIELD_WRONG_TYPE }, { "false", FIELD_WRONG_TYPE },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct json_reader r = value(rows[i].text);
                struct str s = json_get_text(&r, "v", REQUIRED, 2, 4);

                expect_verdict(rows[i].text, rows[i].code);
                EXPECT((s.p != NULL) == (rows[i].code < 0), "%s", rows[i].text);
        }
}

static void
times_exist_in_the_calendar(void **state)
{
        static const char *const good[] = {
                "2026-11-24T20:00:00Z", "2024-02-29T00:00:00Z", "2000-02-29T23:59:59Z", "1970-01-01T00:00:00Z",
                "9998-12-31T23:59:59.999999999+14:00", "2026-11-24T20:00:00.5Z", "2026-11-24T20:00:00-05:30",
                "2026-11-24T20:00:00+00:00", "2026-11-24T20:00:00.123456-15:59",
        };
        static const char *const bad[] = {
                "", "2026-11-24", "2026-11-24T20:00:00", "2026-11-24 20:00:00Z", "2026-11-24t20:00:00z",
                "2026-11-24T20:00Z",
                "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-10T00:00:00Z",
                "2026-13-10T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-24T24:00:00Z",
                "2026-11-24T20:60:00Z", "2026-12-31T23:59:60Z", "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
                "9999-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "+2026-11-24T20:00:00Z", "2026-11-24T20:00:00.Z",
                "2026-11-24T20:00:00.1234567890Z", "2026-11-24T20:00:00,5Z", "2026-11-24T20:00:00+0200",
                "2026-11-24T20:00:00+02", "2026-11-24T20:00:00+16:00", "2026-11-24T20:00:00+02:60",
                "2026-11-24T20:00:00 02:00", "2026-11-24T20:00:00ZZ", "2026-11-24T20:00:00Z ", " 2026-11-24T20:00:00Z",
                "2026-11-24T2a:00:00Z", "2026/11/24T20:00:00Z", "2026-11-24T20-00-00Z", "1764014400", "infinity", "now",
                "2026-W48-2T20:00:00Z", "2026-11-24T20:00:00.5",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(good) + ARRAY_LEN(bad); i++) {
                bool ok = i < ARRAY_LEN(good);
                const char *text = ok ? good[i] : bad[i - ARRAY_LEN(good)];
                struct json_reader r = value(str_z(arena, str_fmt(arena, "\"%s\"", text)));

                (void)json_get_time(&r, "v", REQUIRED);
                expect_verdict(text, ok ? -1 : FIELD_OUT_OF_RANGE);
        }
        for (int day = 1; day <= 32; day++) {
                static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

                for (int month = 1; month <= 12; month++) {
                        struct json_reader r = value(str_z(arena, str_fmt(arena, "\"2027-%02d-%02dT00:00:00Z\"",
                            month, day)));

                        assert_true((json_get_time(&r, "v", REQUIRED).p != NULL) == (day <= days[month - 1]));
                }
        }
}

static void
addresses_look_like_addresses(void **state)
{
        static const char *const good[] = {
                "a@b.co", "ada.lovelace+tag@mail.example.org", "o'hara@x-y.example", "\xc3\xa4@b\xc3\xbc.de",
                "a@1.2.3.4",
        };
        static const char *const bad[] = {
                "", "a", "@", "a@", "@b.co", "a@b", "a@b.", "a@.co", "a@b..co", "a@@b.co", "a@b@c.co", "a b@c.co",
                " a@b.co",
                "a@b.co ", "a@b .co", "a@b.co\\n", "a@b.co\\r\\nBcc: x", "<a@b.co>", "a,b@c.co", "a@b.co,c",
                "a;b@c.co", "a@b.co\\t", "(x)a@b.co", "\\\"a\\\"@b.co", "a@[127.0.0.1]", "a\\u007f@b.co", "a:b@c.co",
        };
        char longest[300];
        struct json_reader r;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(good) + ARRAY_LEN(bad); i++) {
                bool ok = i < ARRAY_LEN(good);
                const char *text = ok ? good[i] : bad[i - ARRAY_LEN(good)];

                r = value(str_z(arena, str_fmt(arena, "\"%s\"", text)));
                (void)json_get_email(&r, "v", REQUIRED);
                expect_verdict(text, ok ? -1 : FIELD_OUT_OF_RANGE);
        }
        for (size_t n = 253; n <= 256; n++) {
                memset(longest, 'a', sizeof longest);
                memcpy(longest + n - 5, "@b.co", 6);
                r = value(str_z(arena, str_fmt(arena, "\"%s\"", longest)));
                assert_true((json_get_email(&r, "v", REQUIRED).p != NULL) == (n <= 254));
        }
}

static void
arrays_keep_their_bounds(void **state)
{
        static const struct { const char *text; size_t n; int code; } rows[] = {
                { "[{}]", 1, -1 }, { "[{},{},{}]", 3, -1 }, { "[]", 0, FIELD_OUT_OF_RANGE },
                { "[{},{},{},{}]", 0, FIELD_OUT_OF_RANGE }, { "{}", 0, FIELD_WRONG_TYPE },
                { "\"x\"", 0, FIELD_WRONG_TYPE },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct json_reader r = value(rows[i].text);
                size_t n;

                (void)json_get_objects(&r, "v", REQUIRED, 1, 3, &n);
                expect_verdict(rows[i].text, rows[i].code);
                EXPECT(n == rows[i].n, "%s", rows[i].text);
        }
}

static void
words_are_found_by_their_place(void **state)
{
        static const char *const words[] = { "daily", "weekly", "manual", NULL };

        (void)state;
        for (int i = 0; words[i] != NULL; i++) {
                struct json_reader r = value(str_z(arena, str_fmt(arena, "\"%s\"", words[i])));

                assert_int_equal(json_get_word(&r, "v", REQUIRED, words), i);
        }
        assert_int_equal(e.code, ERR_NONE);
        assert_int_equal(json_get_word(&(struct json_reader){ 0 }, "v", OPTIONAL, words), -1);
        for (const char *const *w = (const char *const[]){ "\"Daily\"", "\"dail\"", "\"dailyx\"", "\"\"",
            NULL }; *w != NULL; w++) {
                struct json_reader r = value(*w);

                assert_int_equal(json_get_word(&r, "v", REQUIRED, words), -1);
                expect_verdict(*w, FIELD_UNKNOWN_VALUE);
                assert_non_null(strstr(e.fields[0].detail, "daily weekly manual"));
        }
}

static void
thousands_of_unknown_fields_are_counted_cheaply(void **state)
{
        struct str body = STR("{\"a0\":1");
        struct json_reader r;
        size_t used;

        (void)state;
        for (int i = 1; i < 300; i++)
                body = str_fmt(arena, "%.*s,\"a%d\":1", STR_ARG(body), i);
        r = reader(str_z(arena, str_fmt(arena, "%.*s}", STR_ARG(body))));
        used = arena_used(arena);
        assert_false(json_reader_close(&r));
        assert_int_equal(e.fields_n, 300);
        assert_true(arena_used(arena) - used < 20000);
        expect_field(ERR_FIELDS_MAX - 1, "/a31", FIELD_UNKNOWN_FIELD);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(every_bad_field_is_in_one_answer, reset),
                cmocka_unit_test_setup(a_good_object_has_no_errors, reset),
                cmocka_unit_test_setup(null_and_absent_are_the_same, reset),
                cmocka_unit_test_setup(only_an_object_is_a_body, reset),
                cmocka_unit_test_setup(integers_are_integers, reset),
                cmocka_unit_test_setup(amounts_end_at_their_limits, reset),
                cmocka_unit_test_setup(text_is_counted_in_characters, reset),
                cmocka_unit_test_setup(times_exist_in_the_calendar, reset),
                cmocka_unit_test_setup(addresses_look_like_addresses, reset),
                cmocka_unit_test_setup(arrays_keep_their_bounds, reset),
                cmocka_unit_test_setup(words_are_found_by_their_place, reset),
                cmocka_unit_test_setup(thousands_of_unknown_fields_are_counted_cheaply, reset),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
