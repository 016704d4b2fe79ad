/*
 * Proves that values of a form-encoded answer are decoded once and strictly:
 * a name that is missing, there twice, or ill formed is no value at all.
 */
#include "unit.h"
#include "io/http.h"

static struct arena *arena;

static void
values_are_decoded(void **state)
{
        static const struct { const char *body, *name, *value; } rows[] = {
                { "response=1&responsetext=SUCCESS", "response", "1" },
                { "response=1&responsetext=SUCCESS", "responsetext", "SUCCESS" },
                { "a=1+2%2B3%20x", "a", "1 2+3 x" }, { "a=%C3%A4%E2%82%AC", "a", "\xc3\xa4\xe2\x82\xac" },
                { "a=%c3%a4", "a", "\xc3\xa4" }, { "a=%2541", "a", "%41" }, { "a=b=c", "a", "b=c" },
                { "a=", "a", "" }, { "a", "a", "" },
                { "a=x&&b=y&", "b", "y" }, { "%61=x", "a", "x" }, { "b=%26%3D&a=x", "b", "&=" },
                { "x+y=1", "x y", "1" },
                { "xa=1&a=2&ax=3", "a", "2" }, { "A=1&a=2", "a", "2" }, { "b=%zz&a=1", "a", "1" },
                { "%zz=1&a=1", "a", "1" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct str v;

                EXPECT(form_value(arena, str_of(rows[i].body), rows[i].name, &v), "%s", rows[i].body);
                EXPECT(str_is(v, rows[i].value), "%s: %.*s", rows[i].body, STR_ARG(v));
        }
}

static void
no_value_is_taken_from_doubt(void **state)
{
        static const struct { const char *body, *name; } rows[] = {
                { "", "a" }, { "b=1", "a" }, { "A=1", "a" }, { "a&a", "a" },
                { "a=1&a=1", "a" }, { "a=1&b=2&a=2", "a" }, { "a=1&%61=2", "a" }, { "a=&a=", "a" },
                { "a=%", "a" }, { "a=%4", "a" }, { "a=%zz", "a" }, { "a=%4g", "a" }, { "a=x%00y", "a" },
                { "a%00=1", "a" },
                { "a=%FF", "a" }, { "a=%C0%AF", "a" }, { "a=\xe4", "a" }, { "a=%ED%A0%80", "a" },
                { "<html>response=1</html>", "response" }, { "{\"response\":1}", "response" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct str v = STR("untouched");

                EXPECT(!form_value(arena, str_of(rows[i].body), rows[i].name, &v), "%s", rows[i].body);
                EXPECT(v.p == NULL, "%s", rows[i].body);
        }
        assert_false(form_value(arena, STR_NONE, "a", &(struct str){ NULL, 0 }));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(values_are_decoded),
                cmocka_unit_test(no_value_is_taken_from_doubt),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
