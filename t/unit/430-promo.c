/*
 * 430-promo.c - what promo codes take off: cases worked out by hand, and why a
 * code is refused; random carts never lose more than they cost.
 */
#include "unit.h"

#include "domain/guests/guest.h"
#include "domain/promos/promo.h"

#define TYPE(n) ((struct uuid){ { (n) } })

static const struct promo open_promo = {
        .for_event = true, .active = true, .started = true, .uses_left = true, .guest_may = true,
};

struct cart {
        struct promo_line line[4];
        int64_t off[4][16];
        size_t n;
};

/* Lines as price, quantity; the type is the line's number from 1. */
static void
cart_of(struct cart *c, size_t n, const int64_t (*line)[2])
{
        *c = (struct cart){ .n = n };
        for (size_t i = 0; i < n; i++)
                c->line[i] = (struct promo_line){ TYPE((unsigned char)(i + 1)), line[i][0], line[i][1], c->off[i] };
}

static void
codes_take_off_what_the_page_says(void **state)
{
        static const struct uuid second[] = { { { 2 } } };
        static const struct {
                const char *name;
                struct promo promo;
                int64_t line[3][2];
                size_t n;
                int64_t taken, off[3][3];
        } rows[] = {
                { "ten percent of two", { .percent_bps = 1000 }, { { 5000, 2 } }, 1, 1000, { { 500, 500 } } },
                { "rounded once, half up", { .percent_bps = 1250 }, { { 333, 3 } }, 1, 125, { { 42, 42, 41 } } },
                { "split over the lines by their list", { .percent_bps = 3333 }, { { 100, 1 }, { 200, 1 } }, 2, 100,
                    { { 33 }, { 67 } } },
                { "fixed per order", { .fixed_amount = 1000 }, { { 5000, 2 }, { 2500, 2 } }, 2, 1000,
                    { { 334, 333 }, { 167, 166 } } },
                { "never more than it costs", { .fixed_amount = 99999 }, { { 700, 2 } }, 1, 1400, { { 700, 700 } } },
                { "fixed per ticket", { .fixed_amount = 300, .per_ticket = true }, { { 200, 2 }, { 1000, 1 } }, 2, 700,
                    { { 200, 200 }, { 300 } } },
                { "only its types", { .percent_bps = 5000, .types = second, .types_n = 1 },
                    { { 900, 1 }, { 100, 2 } }, 2, 100, { { 0 }, { 50, 50 } } },
                { "all of it", { .percent_bps = 10000 }, { { 1, 3 }, { 0, 1 } }, 2, 3, { { 1, 1, 1 }, { 0 } } },
                { "of nothing", { .percent_bps = 5000 }, { { 0, 3 } }, 1, 0, { { 0 } } },
                { "opens only", { .opens = second, .opens_n = 1 }, { { 5000, 1 } }, 1, 0, { { 0 } } },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct arena *a = arena_new(ARENA_CAP);
                struct err e = { .code = ERR_NONE };
                struct cart c;
                int64_t taken;

                cart_of(&c, rows[i].n, rows[i].line);
                EXPECT(promo_apply(a, &rows[i].promo, c.line, c.n, &taken, &e), "%s: %s", rows[i].name, e.detail);
                EXPECT(taken == rows[i].taken, "%s: %lld", rows[i].name, (long long)taken);
                for (size_t l = 0; l < c.n; l++)
                        for (int64_t k = 0; k < c.line[l].quantity; k++)
                                EXPECT(c.off[l][k] == rows[i].off[l][k], "%s: line %zu, ticket %lld: %lld",
                                    rows[i].name, l, (long long)k, (long long)c.off[l][k]);
                arena_free(a);
        }
}

static void
a_second_code_applies_to_what_the_first_left(void **state)
{
        static const int64_t line[1][2] = { { 10000, 1 } };
        struct promo half = { .percent_bps = 5000 }, fixed = { .fixed_amount = 2000 };
        struct arena *a = arena_new(ARENA_CAP);
        struct err e = { .code = ERR_NONE };
        struct cart c;
        int64_t taken;

        (void)state;
        cart_of(&c, 1, line);
        assert_true(promo_apply(a, &half, c.line, 1, &taken, &e) && taken == 5000);
        assert_true(promo_apply(a, &fixed, c.line, 1, &taken, &e) && taken == 2000);
        assert_true(promo_apply(a, &half, c.line, 1, &taken, &e) && taken == 1500);
        assert_int_equal(c.off[0][0], 8500);
        arena_free(a);
}

static void
a_code_is_refused_with_its_reason(void **state)
{
        static const struct uuid other[] = { { { 9 } } };
        static const struct {
                size_t field;           /* of struct promo: turned round */
                enum err_code code;
        } rows[] = {
                { offsetof(struct promo, active), ERR_PROMO_EXPIRED },
                { offsetof(struct promo, ended), ERR_PROMO_EXPIRED },
                { offsetof(struct promo, for_event), ERR_PROMO_NOT_APPLICABLE },
                { offsetof(struct promo, started), ERR_PROMO_NOT_APPLICABLE },
                { offsetof(struct promo, uses_left), ERR_PROMO_EXHAUSTED },
                { offsetof(struct promo, limited_budget), ERR_PROMO_EXHAUSTED },
                { offsetof(struct promo, guest_may), ERR_PROMO_GUEST_LIMIT },
        };
        static const int64_t line[2][2] = { { 1000, 1 }, { 500, 2 } };
        struct promo cart[] = {
                { .percent_bps = 1000, .types = other, .types_n = 1 }, { .percent_bps = 1000, .min_tickets = 4 },
                { .percent_bps = 1000, .min_order_amount = 2001 },
        };
        struct arena *a = arena_new(ARENA_CAP);
        struct err none = { .code = ERR_NONE };
        int64_t taken;

        (void)state;
        assert_true(promo_usable(&open_promo, &none));
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct promo p = open_promo;
                struct err e = { .code = ERR_NONE };
                bool *flag = (bool *)((char *)&p + rows[i].field);

                *flag = !*flag;
                EXPECT(!promo_usable(&p, &e) && e.code == rows[i].code, "row %zu", i);
        }
        for (size_t i = 0; i < ARRAY_LEN(cart); i++) {
                struct err e = { .code = ERR_NONE };
                struct cart c;

                cart_of(&c, 2, line);
                EXPECT(!promo_apply(a, &cart[i], c.line, 2, &taken, &e) && e.code == ERR_PROMO_NOT_APPLICABLE,
                    "cart %zu", i);
                EXPECT(c.off[0][0] == 0 && c.off[1][1] == 0, "cart %zu: nothing is taken", i);
        }
        arena_free(a);
}

static void
no_ticket_loses_more_than_it_costs(void **state)
{
        (void)state;
        for (int round = 0; round < 20000; round++) {
                struct arena *a = arena_new(ARENA_CAP);
                struct err e = { .code = ERR_NONE };
                int64_t line[4][2], sum = 0, taken, all = 0;
                struct cart c;

                for (size_t i = 0; i < 4; i++) {
                        line[i][0] = (int64_t)seeded(round % 3 == 0 ? 5 : 1000000000000);
                        line[i][1] = 1 + (int64_t)seeded(16);
                }
                cart_of(&c, 1 + seeded(4), line);
                for (int k = 0; k < 5; k++) {
                        struct promo p = { .per_ticket = seeded(2) == 0 };

                        if (seeded(2) == 0)
                                p.percent_bps = 1 + (int64_t)seeded(10000);
                        else
                                p.fixed_amount = 1 + (int64_t)seeded(round % 3 == 0 ? 9 : 1000000000);
                        EXPECT(promo_apply(a, &p, c.line, c.n, &taken, &e) && taken >= 0, "round %d", round);
                        all += taken;
                }
                for (size_t i = 0; i < c.n; i++) {
                        for (int64_t t = 0; t < c.line[i].quantity; t++) {
                                EXPECT(c.off[i][t] >= 0 && c.off[i][t] <= c.line[i].unit_price, "round %d", round);
                                sum += c.off[i][t];
                        }
                }
                EXPECT(sum == all, "round %d", round);
                arena_free(a);
        }
}

static void
a_code_and_a_guest_have_one_spelling(void **state)
{
        struct arena *a = arena_new(ARENA_CAP);
        unsigned char one[GUEST_KEY_SIZE], two[GUEST_KEY_SIZE];

        (void)state;
        assert_true(str_is(promo_code_normal(a, STR("spring_26-a")), "SPRING_26-A"));
        assert_null(promo_code_normal(a, STR("spring 26")).p);
        assert_null(promo_code_normal(a, STR("")).p);
        assert_null(promo_code_normal(a, STR("straße")).p);
        assert_null(promo_code_normal(a, STR("12345678901234567890123456789012345678901")).p);
        promo_guest_key(a, 7, STR("Ann.Lee+x@GMail.com"), one);
        promo_guest_key(a, 7, STR("annlee@googlemail.com"), two);
        assert_memory_equal(one, two, sizeof one);
        promo_guest_key(a, 8, STR("annlee@gmail.com"), two);
        assert_memory_not_equal(one, two, sizeof one);
        arena_free(a);
}

/* Letters of any script have case, and names of domains two spellings. */
static void
an_address_is_one_in_every_spelling(void **state)
{
        static const char *const same[][5] = {
                { "äda@example.com", "ÄDA@example.com", "a\u0308da+x@EXAMPLE.com", "A\u0308DA@example.com" },
                { "x@exämple.com", "X@EXÄMPLE.com", "x@xn--exmple-cua.com", "x@XN--EXMPLE-CUA.com" },
                { "ΑΝΝΑ@example.gr", "αννα@example.gr" },
        };
        struct arena *a = arena_new(ARENA_CAP);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(same); i++)
                for (size_t k = 1; k < 5 && same[i][k] != NULL; k++)
                        assert_true(str_eq(email_normal(a, str_of(same[i][0])), email_normal(a, str_of(same[i][k]))));
        assert_false(str_eq(email_normal(a, STR("äda@example.com")), email_normal(a, STR("ada@example.com"))));
        arena_free(a);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(codes_take_off_what_the_page_says),
                cmocka_unit_test(a_second_code_applies_to_what_the_first_left),
                cmocka_unit_test(a_code_is_refused_with_its_reason),
                cmocka_unit_test(no_ticket_loses_more_than_it_costs),
                cmocka_unit_test(a_code_and_a_guest_have_one_spelling),
                cmocka_unit_test(an_address_is_one_in_every_spelling),
        };

        return RUN(tests);
}
