/*
 * Proves that the parser takes what RFC 8259 and the house's limits allow and
 * nothing else: the bad-input list, truncation at every byte, limits on both
 * sides, large objects in little time, and seeded damage.
 */
#include "unit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "io/json_read.h"

static struct arena *arena;

static const char sample[] =
    "{\"event\":\"evt_01h2xcejqtgy5brexx3vqjhp41\",\"items\":[{\"ticket_type\":\"a\",\"quantity\":2},{}],"
    "\"guest\":{\"email\":\"ada@example.org\",\"name\":\"Ada \\u00e4 \\ud83d\\ude00 \\\"x\\\"\"},\"n\":-12.5e+3,"
    "\"t\":true,\"f\":false,\"z\":null,\"e\":[]}";

static int
reset(void **state)
{
        (void)state;
        arena_reset(arena);
        return 0;
}

/* "" when accepted, else the detail. */
static const char *
verdict(struct str body)
{
        static struct err e;
        struct json *root;

        err_clear(&e);
        if (json_parse(arena, body, &root, &e)) {
                assert_non_null(root);
                assert_int_equal(e.code, ERR_NONE);
                return "";
        }
        assert_null(root);
        assert_int_equal(e.code, ERR_INVALID_JSON);
        assert_true(e.detail[0] != '\0' && str_is_utf8(str_of(e.detail)));
        return e.detail;
}

#define BODY(lit) { (lit), sizeof(lit) - 1 }

static void
bad_bodies_are_refused_with_the_reason(void **state)
{
        static const struct { struct str body; const char *says; } rows[] = {
                { BODY(""), "the body is empty" }, { BODY(" \r\n\t"), "the body is empty" }, { { NULL, 0 }, "empty" },
                { BODY("\xef\xbb\xbf{}"), "byte-order mark" },
                { BODY("{\0\"\0a\0\"\0:\0001\0}\0"), "byte" },                /* UTF-16 */
                { BODY("\xff\xfe{\0}\0"), "UTF-8" },
                { BODY("{\"a\":\"\xc0\xaf\"}"), "UTF-8" },                       /* overlong */
                { BODY("{\"a\":\"\xed\xa0\x80\"}"), "UTF-8" },                   /* an encoded surrogate */
                { BODY("{\"a\":\"\xe4\"}"), "UTF-8" },
                { BODY("{\"a\":1} x"), "trailing" }, { BODY("{}{}"), "trailing" }, { BODY("1 2"), "trailing" },
                { BODY("{} // c"), "byte" }, { BODY("/* c */ {}"), "comment" },
                { BODY("{\"a\":1,/**/\"b\":2}"), "comment" },
                { BODY("{\"a\":1,}"), "byte" }, { BODY("[1,]"), "byte" }, { BODY("{,}"), "byte" },
                { BODY("[,1]"), "byte" },
                { BODY("{\"a\"}"), "byte" }, { BODY("{\"a\" 1}"), "colon" }, { BODY("{a:1}"), "byte" },
                { BODY("{'a':1}"), "byte" }, { BODY("{1:1}"), "byte" }, { BODY("[1}"), "byte" }, { BODY("{]"), "byte" },
                { BODY("{\"a\":01}"), "byte" }, { BODY("{\"a\":+1}"), "byte" }, { BODY("{\"a\":1.}"), "byte" },
                { BODY("{\"a\":.5}"), "byte" }, { BODY("{\"a\":1e}"), "byte" }, { BODY("{\"a\":-}"), "byte" },
                { BODY("{\"a\":NaN}"), "byte" }, { BODY("{\"a\":Infinity}"), "byte" }, { BODY("{\"a\":0x1}"), "byte" },
                { BODY("{\"a\":True}"), "byte" }, { BODY("{\"a\":nul}"), "byte" }, { BODY("nul"), "byte" },
                { BODY("{\"a\":\"x\ny\"}"), "byte" }, { BODY("{\"a\":\"x\0y\"}"), "byte" },
                { BODY("{\"a\":\"\\x41\"}"), "byte" },
                { BODY("{\"a\":\"\\u12\"}"), "byte" }, { BODY("{\"a\":\"\\u12g4\"}"), "byte" },
                { BODY("\"\\"), "byte" },
                { BODY("{\"a\":\"x\\u0000y\"}"), "NUL character \\u0000 at byte 7" },
                { BODY("{\"a\\u0000b\":1}"), "NUL character" },
                { BODY("{\"a\":\"\\ud800\"}"), "lone surrogate \\ud800 at byte 6" },
                { BODY("{\"a\":\"\\uDFFF\"}"), "lone surrogate \\udfff" },
                { BODY("{\"\\udbff\":1}"), "lone surrogate" },
                { BODY("{\"a\":\"\\ud800\\ud800\"}"), "lone surrogate" },
                { BODY("{\"a\":\"\\ud800\\u0041\"}"), "lone surrogate" },
                { BODY("{\"a\":\"\\ud800x\\udc00\"}"), "lone surrogate" },
                { BODY("{\"a\":\"\\\\\\ud800\"}"), "lone surrogate" },
                { BODY("{\"a\":1,\"a\":1}"), "duplicate key \"a\" at the top" },
                { BODY("{\"x\":[0,{\"amount\":1,\"b\":2,\"amount\":3}]}"), "duplicate key \"amount\" at /x/1" },
                { BODY("{\"a\":1,\"\\u0061\":2}"), "duplicate key \"a\"" },
                { BODY("{\"\":1,\"\":2}"), "duplicate key \"\"" },
                { BODY("{\"a/b~\":{\"k\":1,\"k\":1}}"), "at /a~1b~0" },
                { BODY("{\"4111111111111111\":1,\"4111111111111111\":2}"), "duplicate key \"(card data)\"" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                const char *detail = verdict(rows[i].body);

                EXPECT(strstr(detail, rows[i].says) != NULL, "row %zu: \"%s\", not \"%s\"", i, detail, rows[i].says);
        }
}

static void
good_bodies_are_taken(void **state)
{
        static const char *const rows[] = {
                "{}", "[]", "1", "\"x\"", "null", "true", " {\"a\" : [ 1 , 2 ] }\r\n", "{\"a\":-0}", "{\"a\":1e400}",
                "{\"a\":{\"a\":1},\"b\":{\"a\":1}}", "{\"a\":1,\"A\":2}", "{\"a\":\"\\\\u0000\"}",
                "{\"a\":\"\\\\ud800\"}",
                "{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\\uD83D\\uDE00\"}", "{\"a\":\"\\/\\b\\f\\n\\r\\t\\\"\"}",
                "{\"a\":\"// not a comment /* */\"}", "{\"\":1}", "{\"a\":123456789012345678901234567890}",
                "{\"a\":\"\xf0\x9f\x98\x80\xc3\xa4\"}", sample,
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(verdict(str_of(rows[i]))[0] == '\0', "%s", rows[i]);
}

static void
the_tree_is_what_was_written(void **state)
{
        const struct json *m, *item;
        struct err e = { .code = ERR_NONE };
        char body[sizeof sample];
        struct json *root;

        (void)state;
        memcpy(body, sample, sizeof sample);
        assert_true(json_parse(arena, str_of(body), &root, &e));
        memset(body, '#', sizeof body);         /* the tree is a copy */
        assert_true(root->kind == JSON_OBJECT && root->children == 8);
        m = json_member(root, "items");
        assert_true(m->kind == JSON_ARRAY && m->children == 2);
        item = m->child;
        EXPECT_TEXT(json_member(item, "quantity")->text, "2");
        assert_true(item->next->kind == JSON_OBJECT && item->next->children == 0 && item->next->next == NULL);
        EXPECT_TEXT(json_member(json_member(root, "guest"), "name")->text, "Ada \xc3\xa4 \xf0\x9f\x98\x80 \"x\"");
        EXPECT_TEXT(json_member(root, "n")->text, "-12.5e+3");
        assert_true(json_member(root, "t")->boolean && !json_member(root, "f")->boolean);
        assert_null(json_member(root, "z"));
        assert_null(json_member(root, "nope"));
        assert_null(json_member(m, "items"));
        assert_null(json_member(NULL, "items"));
        assert_true(json_member(root, "e")->kind == JSON_ARRAY && json_member(root, "e")->child == NULL);
}

static void
every_truncation_is_refused(void **state)
{
        (void)state;
        for (size_t n = 0; n < sizeof sample - 1; n++) {
                /* A copy of just this length, so that a read beyond it is seen by AddressSanitizer. */
                char *cut = malloc(n == 0 ? 1 : n);

                assert_non_null(cut);
                memcpy(cut, sample, n);
                EXPECT(verdict((struct str){ cut, n })[0] != '\0', "at byte %zu", n);
                free(cut);
        }
}

static struct str
nested(size_t depth, bool objects)
{
        struct buf b;

        buf_init(&b, arena, ARENA_CAP);
        for (size_t i = 0; i < depth; i++)
                buf_puts(&b, objects ? "{\"a\":" : "[");
        buf_putc(&b, '1');
        for (size_t i = 0; i < depth; i++)
                buf_putc(&b, objects ? '}' : ']');
        return buf_str(&b);
}

static void
depth_ends_at_its_limit(void **state)
{
        static const size_t deep[] = { JSON_DEPTH_MAX + 1, 100, 128, 10000, 200000 };

        (void)state;
        for (int objects = 0; objects < 2; objects++) {
                assert_string_equal(verdict(nested(JSON_DEPTH_MAX, objects != 0)), "");
                for (size_t i = 0; i < ARRAY_LEN(deep); i++)
                        EXPECT(strstr(verdict(nested(deep[i], objects != 0)), "deeper than 32") != NULL, "%zu",
                            deep[i]);
        }
}

static struct str
wide(size_t n, bool objects)
{
        struct buf b;

        buf_init(&b, arena, ARENA_CAP);
        buf_putc(&b, objects ? '{' : '[');
        for (size_t i = 0; i < n; i++)
                buf_fmt(&b, objects ? "%s\"k%zu\":1" : "%s%zu", i == 0 ? "" : ",", i);
        buf_putc(&b, objects ? '}' : ']');
        return buf_str(&b);
}

static void
values_end_at_their_limit(void **state)
{
        (void)state;
        for (int objects = 0; objects < 2; objects++) {
                assert_string_equal(verdict(wide(JSON_NODES_MAX - 1, objects != 0)), "");
                assert_non_null(strstr(verdict(wide(JSON_NODES_MAX, objects != 0)), "more than 20000 values"));
        }
}

static void
a_million_keys_cost_little(void **state)
{
        struct str body = wide(1000000, true);
        size_t used = arena_used(arena);
        int64_t from = clock_mono_ms();

        (void)state;
        assert_non_null(strstr(verdict(body), "more than 20000 values"));
        assert_true(clock_mono_ms() - from < 1000);
        assert_true(arena_used(arena) - used < (size_t)4 * 1024 * 1024);
}

static void
a_duplicate_among_thousands_is_found_in_time(void **state)
{
        (void)state;
        for (int round = 0; round < 5; round++) {
                size_t n = JSON_NODES_MAX - 2, first = seeded(n), second = (first + 1 + seeded(n - 1)) % n;
                struct buf b;
                int64_t from;

                buf_init(&b, arena, ARENA_CAP);
                for (size_t i = 0; i < n; i++)
                        buf_fmt(&b, "%c\"%05zu\":1", i == 0 ? '{' : ',', i == second ? first : i);
                buf_putc(&b, '}');
                from = clock_mono_ms();
                assert_non_null(strstr(verdict(buf_str(&b)), "duplicate key"));
                assert_true(clock_mono_ms() - from < 500);
                arena_reset(arena);
        }
}

static void
the_worst_small_body_fits_its_promise(void **state)
{
        size_t n = (size_t)64 * 1024, used;
        char *body = malloc(n);

        (void)state;
        assert_non_null(body);
        for (size_t i = 0; i < n; i++)
                body[i] = i == 0 ? '[' : i % 2 == 1 ? '7' : ',';
        body[n - 1] = ']';
        used = arena_used(arena);
        (void)verdict((struct str){ body, n });
        assert_true(arena_used(arena) - used < (size_t)2500 * 1024);
        free(body);
}

static size_t
count(const struct json *node)
{
        size_t n = 1, children = 0;

        for (const struct json *c = node->child; c != NULL; c = c->next, children++) {
                assert_true((node->kind == JSON_OBJECT) == (c->key.p != NULL));
                assert_true(str_is_utf8(c->text) && memchr(c->text.p == NULL ? "" : c->text.p, '\0',
                    c->text.n) == NULL);
                n += count(c);
        }
        assert_int_equal(children, node->children);
        return n;
}

static void
damaged_bodies_are_taken_whole_or_refused(void **state)
{
        static const char bytes[] = "{}[]\",:\\/ud8000f-1.eE+ \n\xc3\xa4\xed\xff\x01";
        int taken = 0;

        (void)state;
        for (int round = 0; round < 30000; round++) {
                size_t n = sizeof sample - 1;
                struct err e = { .code = ERR_NONE };
                char *body = malloc(n);
                struct json *root;

                assert_non_null(body);
                memcpy(body, sample, n);
                for (uint64_t k = 1 + seeded(4); k > 0; k--) {
                        size_t at = seeded(n);

                        if (seeded(3) == 0)
                                memmove(body + at, body + at + 1, n-- - at - 1);
                        else
                                body[at] = bytes[seeded(sizeof bytes - 1)];
                }
                if (json_parse(arena, (struct str){ body, n }, &root, &e)) {
                        free(body);             /* the tree stands by itself */
                        body = NULL;
                        assert_true(count(root) <= JSON_NODES_MAX);
                        taken++;
                } else {
                        assert_int_equal(e.code, ERR_INVALID_JSON);
                }
                free(body);
                arena_reset(arena);
        }
        assert_true(taken > 100);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(bad_bodies_are_refused_with_the_reason, reset),
                cmocka_unit_test_setup(good_bodies_are_taken, reset),
                cmocka_unit_test_setup(the_tree_is_what_was_written, reset),
                cmocka_unit_test_setup(every_truncation_is_refused, reset),
                cmocka_unit_test_setup(depth_ends_at_its_limit, reset),
                cmocka_unit_test_setup(values_end_at_their_limit, reset),
                cmocka_unit_test_setup(a_million_keys_cost_little, reset),
                cmocka_unit_test_setup(a_duplicate_among_thousands_is_found_in_time, reset),
                cmocka_unit_test_setup(the_worst_small_body_fits_its_promise, reset),
                cmocka_unit_test_setup(damaged_bodies_are_taken_whole_or_refused, reset),
        };
        int failed;

        arena = arena_new((size_t)128 * 1024 * 1024);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
