/*
 * 410-pricing.c - what an order costs: worked numbers from ledger.md, and
 * seeded random carts computed again by a second implementation. The second
 * one works ticket by ticket from the page's text, with its own rounding and
 * its own largest remainder, and shares no code with the first.
 */
#include "unit.h"

#include "base/money.h"
#include "domain/ledger/ledger.h"
#include "domain/pricing/pricing.h"

#define TICKETS 64

__extension__ typedef __int128 big;

static struct price
priced_with(struct arena *a, struct price_rules rules, const struct price_ask *ask, size_t lines,
    struct price_promo *promo)
{
        struct price_cart cart = { ask, lines, promo, promo == NULL ? 0 : 1 };
        struct err e = { .code = ERR_NONE };
        struct price p;

        EXPECT(price_order(a, &rules, &cart, &p, &e), "%s", e.detail);
        return p;
}

static struct price
priced(struct arena *a, struct price_rules rules, const struct price_ask *ask, size_t lines)
{
        return priced_with(a, rules, ask, lines, NULL);
}

static struct posting_set
sale_of(const struct price *p)
{
        return recipe_post(RECIPE_sale, &(struct amounts){
                .list = p->list, .discount = p->discount, .guest_fee = p->guest_fee, .absorbed_fee = p->absorbed_fee,
                .tax = p->tax, .share = p->share, .reserve = p->reserve, .total = p->total,
        });
}

static const struct price_rules worked_rules = {
        .fee_percent_bps = 500, .fee_fixed = 50, .fee_by_guest = true, .tax_rate_bps = 800, .reserve_bps = 1000,
};

static void
two_tickets_of_50_cost_11400(void **state)
{
        struct arena *a = arena_new(ARENA_CAP);
        struct price p = priced(a, worked_rules, &(struct price_ask){ 5000, 2, NULL }, 1);
        struct posting_set s = sale_of(&p);

        (void)state;
        assert_int_equal(p.list, 10000);
        assert_int_equal(p.guest_fee, 600);
        assert_int_equal(p.tax, 800);
        assert_int_equal(p.total, 11400);
        assert_int_equal(s.amount[ACCOUNT_gateway_clearing], 11400);
        assert_int_equal(s.amount[ACCOUNT_organizer_pending], -9000);
        assert_int_equal(s.amount[ACCOUNT_organizer_reserve], -1000);
        assert_int_equal(s.amount[ACCOUNT_tax_payable], -800);
        assert_int_equal(s.amount[ACCOUNT_ticket_revenue], -10000);
        assert_int_equal(s.amount[ACCOUNT_fee_revenue], -600);
        assert_int_equal(s.amount[ACCOUNT_organizer_share], 10000);
        arena_free(a);
}

static void
ten_percent_off_two_tickets_of_50_cost_10270(void **state)
{
        static const int64_t off[] = { 500, 500 };
        struct arena *a = arena_new(ARENA_CAP);
        struct price p = priced(a, worked_rules, &(struct price_ask){ 5000, 2, off }, 1);
        struct posting_set s = sale_of(&p);

        (void)state;
        assert_int_equal(p.discount, 1000);
        assert_int_equal(p.net, 9000);
        assert_int_equal(p.guest_fee, 550);
        assert_int_equal(p.tax, 720);
        assert_int_equal(p.total, 10270);
        assert_int_equal(p.share, 9000);
        assert_int_equal(p.reserve, 900);
        assert_int_equal(s.amount[ACCOUNT_promo_discounts], 1000);
        assert_int_equal(s.amount[ACCOUNT_organizer_pending], -8100);
        arena_free(a);
}

static void
prices_follow_the_table(void **state)
{
        static const struct {
                const char *name;
                struct price_rules rules;
                struct price_ask ask;
                int64_t list, net, guest_fee, absorbed, tax, total, reserve;
        } rows[] = {
                { "free", { .fee_percent_bps = 500, .fee_fixed = 50, .fee_by_guest = true, .tax_rate_bps = 800 },
                    { 0, 3, NULL }, 0, 0, 0, 0, 0, 0, 0 },
                { "organizer pays the fee", { .fee_percent_bps = 500, .fee_fixed = 50, .reserve_bps = 1000 },
                    { 5000, 2, NULL }, 10000, 10000, 0, 600, 0, 10000, 940 },
                { "the fee is never above the share", { .fee_percent_bps = 500, .fee_fixed = 900 },
                    { 100, 1, NULL }, 100, 100, 0, 100, 0, 100, 0 },
                { "inclusive tax is inside the price", { .tax_rate_bps = 1900, .tax_inclusive = true },
                    { 11900, 1, NULL }, 10000, 10000, 0, 0, 1900, 11900, 0 },
                { "tax on fees too",
                    { .fee_fixed = 100, .fee_by_guest = true, .tax_rate_bps = 1000, .tax_on_fees = true },
                    { 1000, 1, NULL }, 1000, 1000, 100, 0, 110, 1210, 0 },
                { "half up once an order", { .tax_rate_bps = 500 }, { 10, 1, NULL }, 10, 10, 0, 0, 1, 11, 0 },
                { "not per ticket", { .tax_rate_bps = 500 }, { 10, 3, NULL }, 30, 30, 0, 0, 2, 32, 0 },
                { "the reserve is rounded down", { .reserve_bps = 3333 },
                    { 1000, 1, NULL }, 1000, 1000, 0, 0, 0, 1000, 333 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct arena *a = arena_new(ARENA_CAP);
                struct price p = priced(a, rows[i].rules, &rows[i].ask, 1);

                EXPECT(p.list == rows[i].list && p.net == rows[i].net && p.guest_fee == rows[i].guest_fee &&
                    p.absorbed_fee == rows[i].absorbed && p.tax == rows[i].tax && p.total == rows[i].total &&
                    p.reserve == rows[i].reserve, "%s", rows[i].name);
                arena_free(a);
        }
}

static void
too_much_is_refused_and_nothing_wraps(void **state)
{
        static const struct price_ask rows[] = {
                { AMOUNT_MAX, 2, NULL }, { AMOUNT_MAX + 1, 1, NULL }, { INT64_MAX, 1, NULL }, { -1, 1, NULL },
                { AMOUNT_MAX / 2 + 1, 1000, NULL },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct arena *a = arena_new(ARENA_CAP);
                struct err e = { .code = ERR_NONE };
                struct price p;

                struct price_cart cart = { &rows[i], 1, NULL, 0 };

                EXPECT(!price_order(a, &worked_rules, &cart, &p, &e), "row %zu", i);
                EXPECT(e.code == ERR_INVALID_REQUEST, "row %zu: %s", i, e.detail);
                arena_free(a);
        }
}

/* --- the second implementation --- */

struct again {
        int64_t price[TICKETS], off[TICKETS];
        size_t line_of[TICKETS], n, lines;
        int64_t platform_bps;
        int64_t net[TICKETS], discount[TICKETS], guest_fee[TICKETS], tax[TICKETS], tax_on_fee[TICKETS];
        int64_t platform[TICKETS], absorbed[TICKETS];
        int64_t list, net_sum, fee_guest, fee_absorbed, tax_sum, share, reserve;
};

/* round(a p / q), half up: by quotient and remainder. */
static int64_t
rounded(big a, big p, big q)
{
        big whole = a * p / q, rest = a * p % q;

        return (int64_t)(whole + (rest * 2 >= q ? 1 : 0));
}

/* Largest remainder by handing out one unit after the other to whoever is furthest below its due. */
static void
share_out(int64_t total, const int64_t *weight, size_t n, int64_t *part)
{
        big sum = 0;
        bool extra[TICKETS] = { false };
        int64_t given = 0;

        for (size_t i = 0; i < n; i++)
                sum += weight[i];
        for (size_t i = 0; i < n; i++) {
                part[i] = sum == 0 ? (i == 0 ? total : 0) : (int64_t)((big)total * weight[i] / sum);
                given += part[i];
        }
        while (given < total) {
                size_t best = n;

                for (size_t i = 0; i < n; i++) {
                        if (extra[i])
                                continue;
                        if (best == n || (big)total * weight[i] % sum > (big)total * weight[best] % sum)
                                best = i;
                }
                extra[best] = true;
                part[best]++;
                given++;
        }
}

static void
over_lines_then_tickets(const struct again *g, int64_t total, const int64_t *weight, int64_t *out)
{
        int64_t by_line[TICKETS] = { 0 }, due[TICKETS];

        for (size_t i = 0; i < g->n; i++)
                by_line[g->line_of[i]] += weight[i];
        share_out(total, by_line, g->lines, due);
        for (size_t l = 0; l < g->lines; l++) {
                int64_t w[TICKETS], p[TICKETS];
                size_t k = 0;

                for (size_t i = 0; i < g->n; i++)
                        if (g->line_of[i] == l)
                                w[k++] = weight[i];
                share_out(due[l], w, k, p);
                k = 0;
                for (size_t i = 0; i < g->n; i++)
                        if (g->line_of[i] == l)
                                out[i] = p[k++];
        }
}

static void
compute_again(struct again *g, const struct price_rules *r)
{
        int64_t gross = 0, paid_sum = 0, discount, percent, fixed[TICKETS], fee, paid[TICKETS], share[TICKETS];
        int64_t from_percent[TICKETS], on_fee = 0;

        for (size_t i = 0; i < g->n; i++) {
                paid[i] = g->price[i] - g->off[i];
                gross += g->price[i];
                paid_sum += paid[i];
        }
        if (r->tax_inclusive) {
                g->tax_sum = rounded(paid_sum, r->tax_rate_bps, 10000 + r->tax_rate_bps);
                g->net_sum = paid_sum - g->tax_sum;
                g->list = gross - rounded(gross, r->tax_rate_bps, 10000 + r->tax_rate_bps);
                over_lines_then_tickets(g, g->tax_sum, paid, g->tax);
                for (size_t i = 0; i < g->n; i++)
                        g->net[i] = paid[i] - g->tax[i];
                over_lines_then_tickets(g, g->list - g->net_sum, g->off, g->discount);
        } else {
                g->net_sum = paid_sum;
                g->list = gross;
                g->tax_sum = rounded(paid_sum, r->tax_rate_bps, 10000);
                over_lines_then_tickets(g, g->tax_sum, paid, g->tax);
                memcpy(g->net, paid, sizeof paid);
                memcpy(g->discount, g->off, sizeof g->off);
        }
        discount = g->list - g->net_sum;
        over_lines_then_tickets(g, rounded(discount, g->platform_bps, 10000), g->discount, g->platform);
        percent = rounded(g->net_sum, r->fee_percent_bps, 10000);
        fee = percent;
        for (size_t i = 0; i < g->n; i++) {
                fixed[i] = paid[i] > 0 ? r->fee_fixed : 0;
                fee += fixed[i];
                share[i] = g->net[i] + g->platform[i];
                g->share += share[i];
        }
        if (r->fee_by_guest) {
                g->fee_guest = fee;
                over_lines_then_tickets(g, percent, g->net, from_percent);
                for (size_t i = 0; i < g->n; i++)
                        g->guest_fee[i] = from_percent[i] + fixed[i];
                if (r->tax_on_fees && !r->tax_inclusive)
                        on_fee = rounded(g->net_sum + fee, r->tax_rate_bps, 10000) - g->tax_sum;
        } else {
                g->fee_absorbed = fee < g->share ? fee : g->share;
                over_lines_then_tickets(g, g->fee_absorbed, share, g->absorbed);
        }
        over_lines_then_tickets(g, on_fee, g->guest_fee, g->tax_on_fee);
        g->tax_sum += on_fee;
        g->reserve = (int64_t)((big)(g->share - g->fee_absorbed) * r->reserve_bps / 10000);
}

static struct price_rules
random_rules(void)
{
        struct price_rules r = {
                .fee_percent_bps = (int64_t)seeded(2000), .fee_fixed = (int64_t)seeded(300),
                .fee_by_guest = seeded(2) == 0, .tax_rate_bps = (int64_t)seeded(3000),
                .tax_inclusive = seeded(3) == 0, .reserve_bps = (int64_t)seeded(10001),
        };

        r.tax_on_fees = !r.tax_inclusive && seeded(2) == 0;
        return r;
}

static void
compare(const struct price *p, const struct again *g, int round)
{
        struct posting_set s = sale_of(p);
        int64_t sum = 0, net = 0;
        size_t at = 0;

        EXPECT(p->list == g->list && p->net == g->net_sum && p->guest_fee == g->fee_guest &&
            p->absorbed_fee == g->fee_absorbed && p->tax == g->tax_sum && p->share == g->share &&
            p->reserve == g->reserve && p->total == g->net_sum + g->fee_guest + g->tax_sum, "cart %d", round);
        for (size_t l = 0; l < p->lines; l++) {
                const struct price_line *line = &p->line[l];

                EXPECT(line->total == line->net + line->fee + line->tax, "cart %d", round);
                for (int64_t k = 0; k < line->quantity; k++, at++) {
                        const struct price_parts *t = &line->ticket[k];

                        EXPECT(t->net == g->net[at] && t->guest_fee == g->guest_fee[at] && t->tax == g->tax[at] &&
                            t->tax_on_fee == g->tax_on_fee[at] && t->platform_promo == g->platform[at] &&
                            t->organizer_promo == g->discount[at] - g->platform[at] &&
                            t->absorbed_fee == g->absorbed[at], "cart %d, ticket %zu", round, at);
                        EXPECT(t->net >= 0 && t->tax >= 0 && t->organizer_promo >= 0 && t->guest_fee >= 0 &&
                            t->tax_on_fee >= 0 && t->absorbed_fee >= 0, "cart %d, ticket %zu", round, at);
                        net += t->net;
                }
        }
        for (int acc = 0; acc < ACCOUNT_COUNT; acc++)
                sum += s.amount[acc];
        EXPECT(net == p->net && sum == 0, "cart %d", round);
}

static void
random_carts_agree_with_a_second_implementation(void **state)
{
        (void)state;
        for (int round = 0; round < 100000; round++) {
                struct arena *a = arena_new(ARENA_CAP);
                struct price_rules r = random_rules();
                struct again g = { .lines = 1 + seeded(4), .platform_bps = (int64_t)seeded(10001) };
                struct price_promo promo = { .platform_bps = g.platform_bps };
                struct price_ask ask[4];
                uint64_t dear = round % 4 == 0 ? 20 : 100000;

                for (size_t l = 0; l < g.lines; l++) {
                        ask[l] = (struct price_ask){ (int64_t)seeded(dear), 1 + (int64_t)seeded(6), NULL };
                        ask[l].taken_off = &g.off[g.n];
                        for (int64_t k = 0; k < ask[l].quantity; k++, g.n++) {
                                g.price[g.n] = ask[l].unit_price;
                                g.line_of[g.n] = l;
                                if (round % 2 == 0)
                                        g.off[g.n] = (int64_t)seeded((uint64_t)ask[l].unit_price + 1);
                                promo.taken += g.off[g.n];
                        }
                }
                {
                        struct price p = priced_with(a, r, ask, g.lines, &promo);

                        compute_again(&g, &r);
                        compare(&p, &g, round);
                }
                arena_free(a);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(two_tickets_of_50_cost_11400),
                cmocka_unit_test(ten_percent_off_two_tickets_of_50_cost_10270),
                cmocka_unit_test(prices_follow_the_table),
                cmocka_unit_test(too_much_is_refused_and_nothing_wraps),
                cmocka_unit_test(random_carts_agree_with_a_second_implementation),
        };

        return RUN(tests);
}
