/*
 * Proves that CSV fields come out as RFC 4180 has them, and that text which a
 * spreadsheet would run as a formula does not begin with one. By a table.
 */
#include "unit.h"
#include "base/csv.h"

static void
fields_are_written_so_that_they_can_be_read(void **state)
{
        static const struct { const char *in, *text, *word; } rows[] = {
                { "", "", "" }, { NULL, "", "" }, { "a", "a", "a" }, { "a,b", "\"a,b\"", "\"a,b\"" },
                { "say \"x\"", "\"say \"\"x\"\"\"", "\"say \"\"x\"\"\"" }, { "\"", "\"\"\"\"", "\"\"\"\"" },
                { "a\nb", "\"a\nb\"", "\"a\nb\"" }, { "a\rb", "\"a\rb\"", "\"a\rb\"" },
                { " a", "\" a\"", "\" a\"" }, { "a ", "\"a \"", "\"a \"" }, { "\xc3\xa4", "\xc3\xa4", "\xc3\xa4" },
                { "=1+1", "'=1+1", "=1+1" }, { "+1", "'+1", "+1" }, { "-5", "'-5", "-5" }, { "@x", "'@x", "@x" },
                { "\tx", "'\tx", "\tx" }, { "\rx", "\"'\rx\"", "\"\rx\"" }, { "=A1,B1", "\"'=A1,B1\"", "\"=A1,B1\"" },
                { "=\"x\"", "\"'=\"\"x\"\"\"", "\"=\"\"x\"\"\"" }, { "a=1", "a=1", "a=1" }, { "'=1", "'=1", "'=1" },
        };
        struct arena *arena = arena_new(1 << 20);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct buf b;
                struct str want = str_fmt(arena, "%s,%s\n", rows[i].text, rows[i].word);

                buf_init(&b, arena, 1000);
                csv_text(&b, str_of(rows[i].in));
                csv_word(&b, str_of(rows[i].in));
                csv_end(&b);
                EXPECT(str_eq(buf_str(&b), want), "%zu: %.*s", i, STR_ARG(buf_str(&b)));
        }
        arena_free(arena);
}

static void
numbers_and_ids_stay_what_they_are(void **state)
{
        struct arena *arena = arena_new(1 << 20);
        struct uuid nobody = { { 0 } };
        struct buf b;

        (void)state;
        buf_init(&b, arena, 1000);
        csv_int(&b, -5);
        csv_int(&b, INT64_MIN);
        csv_bool(&b, true);
        csv_bool(&b, false);
        csv_id(&b, "ord", nobody);
        csv_id(&b, "ord", uuid_new(7));
        csv_end(&b);
        EXPECT(str_starts(buf_str(&b), STR("-5,-9223372036854775808,true,false,,ord_")), "%.*s", STR_ARG(buf_str(&b)));
        EXPECT(str_ends(buf_str(&b), STR("\n")), "%.*s", STR_ARG(buf_str(&b)));
        buf_init(&b, arena, 4);
        csv_int(&b, 12345);
        csv_end(&b);
        EXPECT(buf_str(&b).p == NULL, "%zu bytes fitted", b.n);
        arena_free(arena);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fields_are_written_so_that_they_can_be_read),
                cmocka_unit_test(numbers_and_ids_stay_what_they_are),
        };

        return RUN(tests);
}
