/*
 * 440-worked-orders.c - orders worked out by hand from ledger.md: what the
 * guest pays, what the sale posts, in currencies without, with two and with
 * three decimals, whoever funds the code; and where a code takes everything,
 * where half a unit is rounded, and where amounts end.
 */
#include "unit.h"
#include "postings.h"

#include "base/money.h"
#include "domain/ledger/ledger.h"
#include "domain/pricing/pricing.h"
#include "domain/promos/promo.h"

#define LINES   2
#define CODES   2

#define PERCENT(bps, platform)          { .percent_bps = (bps), .platform_bps = (platform) }
#define PER_ORDER(amount, platform)     { .fixed_amount = (amount), .platform_bps = (platform) }
#define PER_TICKET(amount, platform)    { .fixed_amount = (amount), .per_ticket = true, .platform_bps = (platform) }

/* 5 % + 0.50 a ticket on top, tax 8 % of net, reserve 10 %. */
#define WORKED(fixed) \
        { .fee_percent_bps = 500, .fee_fixed = (fixed), .fee_by_guest = true, .tax_rate_bps = 800, \
          .reserve_bps = 1000 }
/* The same, but the organizer bears the fee. */
#define ABSORBED \
        { .fee_percent_bps = 500, .fee_fixed = 50, .tax_rate_bps = 800, .reserve_bps = 1000 }

struct worked {
        const char *name, *currency;
        struct {
                int64_t price, quantity;
        } line[LINES];
        struct promo code[CODES];
        struct price_rules rules;
        const char *total, *postings;
};

static const struct worked rows[] = {
        /*
         * Recipe 1. discount 10000 x 10 % = 1000, net 9000, fee 450 + 2 x 50 = 550, tax 9000 x 8 % = 720,
         * total 9000 + 550 + 720 = 10270. Organizer-funded: share 9000, reserve 900, pending 9000 - 900.
         */
        { "organizer-funded", "USD", { { 5000, 2 } }, { PERCENT(1000, 0) }, WORKED(50), "102.70",
          "gateway_clearing 10270, organizer_pending -8100, organizer_reserve -900, tax_payable -720, "
          "ticket_revenue -10000, promo_discounts 1000, fee_revenue -550, organizer_share 9000" },
        /* share 9000 + 1000, reserve 1000, pending 10000 - 1000; the guest pays the same. */
        { "platform-funded", "USD", { { 5000, 2 } }, { PERCENT(1000, 10000) }, WORKED(50), "102.70",
          "gateway_clearing 10270, organizer_pending -9000, organizer_reserve -1000, tax_payable -720, "
          "ticket_revenue -10000, promo_discounts 1000, fee_revenue -550, organizer_share 10000" },
        /* share 9000 + 500, reserve 950, pending 9500 - 950 */
        { "half and half", "USD", { { 5000, 2 } }, { PERCENT(1000, 5000) }, WORKED(50), "102.70",
          "gateway_clearing 10270, organizer_pending -8550, organizer_reserve -950, tax_payable -720, "
          "ticket_revenue -10000, promo_discounts 1000, fee_revenue -550, organizer_share 9500" },

        /* 2 x 5000 yen, and 50 yen a ticket: the same units, another amount of money. */
        { "organizer-funded, yen", "JPY", { { 5000, 2 } }, { PERCENT(1000, 0) }, WORKED(50), "10270",
          "gateway_clearing 10270, organizer_pending -8100, organizer_reserve -900, tax_payable -720, "
          "ticket_revenue -10000, promo_discounts 1000, fee_revenue -550, organizer_share 9000" },
        { "platform-funded, yen", "JPY", { { 5000, 2 } }, { PERCENT(1000, 10000) }, WORKED(50), "10270",
          "gateway_clearing 10270, organizer_pending -9000, organizer_reserve -1000, tax_payable -720, "
          "ticket_revenue -10000, promo_discounts 1000, fee_revenue -550, organizer_share 10000" },
        { "half and half, yen", "JPY", { { 5000, 2 } }, { PERCENT(1000, 5000) }, WORKED(50), "10270",
          "gateway_clearing 10270, organizer_pending -8550, organizer_reserve -950, tax_payable -720, "
          "ticket_revenue -10000, promo_discounts 1000, fee_revenue -550, organizer_share 9500" },

        /* 2 x 50.000, and 0.500 a ticket: discount 10000, net 90000, fee 4500 + 1000, tax 7200. */
        { "organizer-funded, dinars", "KWD", { { 50000, 2 } }, { PERCENT(1000, 0) }, WORKED(500), "102.700",
          "gateway_clearing 102700, organizer_pending -81000, organizer_reserve -9000, tax_payable -7200, "
          "ticket_revenue -100000, promo_discounts 10000, fee_revenue -5500, organizer_share 90000" },
        { "platform-funded, dinars", "KWD", { { 50000, 2 } }, { PERCENT(1000, 10000) }, WORKED(500), "102.700",
          "gateway_clearing 102700, organizer_pending -90000, organizer_reserve -10000, tax_payable -7200, "
          "ticket_revenue -100000, promo_discounts 10000, fee_revenue -5500, organizer_share 100000" },
        { "half and half, dinars", "KWD", { { 50000, 2 } }, { PERCENT(1000, 5000) }, WORKED(500), "102.700",
          "gateway_clearing 102700, organizer_pending -85500, organizer_reserve -9500, tax_payable -7200, "
          "ticket_revenue -100000, promo_discounts 10000, fee_revenue -5500, organizer_share 95000" },

        /*
         * list 2997; fee 2997 x 3.33 % = 99.80, so 100; tax 299.7, so 300; with the fee 3097 x 10 % = 309.7, so 310,
         * 10 of it on the fee; reserve 299.7, so 299 (the one that is rounded down).
         */
        { "yen that do not divide", "JPY", { { 999, 3 } }, { { .percent_bps = 0 } },
          { .fee_percent_bps = 333, .fee_by_guest = true, .tax_rate_bps = 1000, .tax_on_fees = true,
            .reserve_bps = 1000 },
          "3407", "gateway_clearing 3407, organizer_pending -2698, organizer_reserve -299, tax_payable -310, "
          "ticket_revenue -2997, fee_revenue -100, organizer_share 2997" },
        /* 5 x 10 % is half a yen, twice, and half goes up: 5 + 1 + 1. */
        { "half a yen", "JPY", { { 5, 1 } }, { { .percent_bps = 0 } },
          { .fee_percent_bps = 1000, .fee_by_guest = true, .tax_rate_bps = 1000, .reserve_bps = 1000 }, "7",
          "gateway_clearing 7, organizer_pending -5, tax_payable -1, ticket_revenue -5, fee_revenue -1, "
          "organizer_share 5" },
        /* 4 x 10 % is less than half: nothing. */
        { "less than half a yen", "JPY", { { 4, 1 } }, { { .percent_bps = 0 } },
          { .fee_percent_bps = 1000, .fee_by_guest = true, .tax_rate_bps = 1000, .reserve_bps = 1000 }, "4",
          "gateway_clearing 4, organizer_pending -4, ticket_revenue -4, organizer_share 4" },
        /*
         * L 2200 contains 200, P 2200 - 220 = 1980 contains 180: list 2000, net 1800, discount 200, half of it the
         * platform's; share 1900, absorbed fee 1800 x 5 % = 90, reserve 1810 x 10 % = 181.
         */
        { "tax within the price", "JPY", { { 1100, 2 } }, { PERCENT(1000, 5000) },
          { .fee_percent_bps = 500, .tax_rate_bps = 1000, .tax_inclusive = true, .reserve_bps = 1000 }, "1980",
          "gateway_clearing 1980, organizer_pending -1629, organizer_reserve -181, tax_payable -180, "
          "ticket_revenue -2000, promo_discounts 200, fee_revenue -90, organizer_share 1900" },
        /*
         * list 3702, discount 3 x 500, net 2202; fee 55.05 + 3 x 10 = 85, tax 110.1, so 110; the platform's part
         * 1500 x 33.33 % = 499.95, so 500; share 2702, reserve 337.75, so 337.
         */
        { "fils that do not divide", "KWD", { { 1234, 3 } }, { PER_TICKET(500, 3333) },
          { .fee_percent_bps = 250, .fee_fixed = 10, .fee_by_guest = true, .tax_rate_bps = 500, .reserve_bps = 1250 },
          "2.397", "gateway_clearing 2397, organizer_pending -2365, organizer_reserve -337, tax_payable -110, "
          "ticket_revenue -3702, promo_discounts 1500, fee_revenue -85, organizer_share 2702" },

        /* Net is zero, and so are percentage and fixed fee, whoever pays them, and the tax. */
        { "everything off", "USD", { { 5000, 2 } }, { PERCENT(10000, 0) }, WORKED(50), "0.00",
          "ticket_revenue -10000, promo_discounts 10000" },
        { "everything off, by the platform", "USD", { { 5000, 2 } }, { PERCENT(10000, 10000) }, WORKED(50), "0.00",
          "organizer_pending -9000, organizer_reserve -1000, ticket_revenue -10000, promo_discounts 10000, "
          "organizer_share 10000" },
        { "everything off, by the platform, absorbed fee", "USD", { { 5000, 2 } }, { PERCENT(10000, 10000) }, ABSORBED,
          "0.00", "organizer_pending -9000, organizer_reserve -1000, ticket_revenue -10000, promo_discounts 10000, "
          "organizer_share 10000" },
        { "everything off, absorbed fee", "USD", { { 5000, 2 } }, { PERCENT(10000, 0) }, ABSORBED, "0.00",
          "ticket_revenue -10000, promo_discounts 10000" },
        { "more off than it costs", "USD", { { 5000, 2 } }, { PER_ORDER(99999, 0) }, WORKED(50), "0.00",
          "ticket_revenue -10000, promo_discounts 10000" },
        /* 5000 of 5000 and 6000 of 7000: net 1000, fee 50 and once 50, because only one ticket costs something. */
        { "more off a ticket than it costs", "USD", { { 5000, 1 }, { 7000, 1 } }, { PER_TICKET(6000, 0) }, WORKED(50),
          "11.80", "gateway_clearing 1180, organizer_pending -900, organizer_reserve -100, tax_payable -80, "
          "ticket_revenue -12000, promo_discounts 11000, fee_revenue -100, organizer_share 1000" },
        /* All but one cent: net 1, fee 0.05 and 50, tax 0.08. An absorbed fee is never more than the share. */
        { "a cent left", "USD", { { 5000, 1 } }, { PER_ORDER(4999, 0) }, WORKED(50), "0.51",
          "gateway_clearing 51, organizer_pending -1, ticket_revenue -5000, promo_discounts 4999, fee_revenue -50, "
          "organizer_share 1" },
        { "a cent left, absorbed fee", "USD", { { 5000, 1 } }, { PER_ORDER(4999, 0) }, ABSORBED, "0.01",
          "gateway_clearing 1, ticket_revenue -5000, promo_discounts 4999, fee_revenue -1, organizer_share 1" },
        { "nothing to pay for", "USD", { { 0, 3 } }, { PERCENT(10000, 10000) }, WORKED(50), "0.00", "" },

        /* 10 % of 10000, then 10.00 of the 9000 left, by the platform: net 8000, fee 400 + 100, tax 640, share 9000. */
        { "ten percent, then ten off", "USD", { { 5000, 2 } }, { PERCENT(1000, 0), PER_ORDER(1000, 10000) }, WORKED(50),
          "91.40", "gateway_clearing 9140, organizer_pending -8100, organizer_reserve -900, tax_payable -640, "
          "ticket_revenue -10000, promo_discounts 2000, fee_revenue -500, organizer_share 9000" },
        /* 10.00, then 10 % of the 9000 left: net 8100, fee 405 + 100, tax 648, share 9100. */
        { "ten off, then ten percent", "USD", { { 5000, 2 } }, { PER_ORDER(1000, 10000), PERCENT(1000, 0) }, WORKED(50),
          "92.53", "gateway_clearing 9253, organizer_pending -8190, organizer_reserve -910, tax_payable -648, "
          "ticket_revenue -10000, promo_discounts 1900, fee_revenue -505, organizer_share 9100" },

        /* As much as there may be, and it may be halved and then doubled by tax. */
        { "the largest", "JPY", { { AMOUNT_MAX, 1 } }, { { .percent_bps = 0 } }, { .reserve_bps = 1 }, "1000000000000",
          "gateway_clearing 1000000000000, organizer_pending -999900000000, organizer_reserve -100000000, "
          "ticket_revenue -1000000000000, organizer_share 1000000000000" },
        { "the largest, half off, as much tax", "KWD", { { AMOUNT_MAX, 1 } }, { PERCENT(5000, 10000) },
          { .tax_rate_bps = 10000 }, "1000000000.000",
          "gateway_clearing 1000000000000, organizer_pending -1000000000000, tax_payable -500000000000, "
          "ticket_revenue -1000000000000, promo_discounts 500000000000, organizer_share 1000000000000" },
        { "too large by one unit of fee", "JPY", { { AMOUNT_MAX, 1 } }, { { .percent_bps = 0 } },
          { .fee_fixed = 1, .fee_by_guest = true }, NULL, NULL },
        { "too large by tax", "JPY", { { AMOUNT_MAX, 1 } }, { PERCENT(5000, 0) }, { .tax_rate_bps = 10001 }, NULL,
          NULL },
        { "too large by one line", "USD", { { AMOUNT_MAX, 1 }, { 1, 1 } }, { PERCENT(10000, 0) }, WORKED(50), NULL,
          NULL },
        { "too large by quantity", "USD", { { AMOUNT_MAX / 999, 1000 } }, { PERCENT(10000, 0) }, WORKED(50), NULL,
          NULL },
        { "a price that would wrap", "USD", { { INT64_MAX, 1 } }, { { .percent_bps = 0 } }, WORKED(50), NULL, NULL },
        { "a line that would wrap", "USD", { { INT64_MAX / 2 + 1, 2 } }, { { .percent_bps = 0 } }, WORKED(50), NULL,
          NULL },
        { "less than nothing", "USD", { { -1, 1 } }, { { .percent_bps = 0 } }, WORKED(50), NULL, NULL },
};

/* As an order is priced: the codes apply, each on what the former left, then what is left is priced. */
static bool
worked_price(struct arena *a, const struct worked *w, struct price *out, struct err *e)
{
        struct promo_line lines[LINES];
        struct price_ask ask[LINES];
        struct price_promo part[CODES] = { { 0 } };
        struct price_cart cart = { .line = ask, .promo = part };

        while (cart.lines < LINES && w->line[cart.lines].quantity > 0) {
                size_t i = cart.lines++;

                lines[i] = (struct promo_line){
                        .unit_price = w->line[i].price, .quantity = w->line[i].quantity,
                        .off = ARENA_ARRAY(a, int64_t, (size_t)w->line[i].quantity),
                };
                ask[i] = (struct price_ask){ lines[i].unit_price, lines[i].quantity, lines[i].off };
        }
        while (cart.promos < CODES && (w->code[cart.promos].percent_bps > 0 || w->code[cart.promos].fixed_amount > 0)) {
                size_t i = cart.promos++;

                part[i].platform_bps = w->code[i].platform_bps;
                if (!promo_apply(a, &w->code[i], lines, cart.lines, &part[i].taken, e))
                        return false;
        }
        return price_order(a, &w->rules, &cart, out, e);
}

static void
orders_cost_and_post_what_was_worked_out(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct arena *a = arena_new(ARENA_CAP);
                struct err e = { .code = ERR_NONE };
                struct money total = { 0 };
                char text[MONEY_TEXT_MAX];
                struct posting_set s;
                struct price p;

                if (!worked_price(a, &rows[i], &p, &e)) {
                        EXPECT(rows[i].total == NULL && e.code == ERR_INVALID_REQUEST, "%s", rows[i].name);
                        arena_free(a);
                        continue;
                }
                EXPECT(rows[i].total != NULL, "%s", rows[i].name);
                assert_true(currency_parse(str_of(rows[i].currency), &total.currency));
                total.minor = p.total;
                money_decimal(total, text);
                s = recipe_post(RECIPE_sale, &(struct amounts){
                        .list = p.list, .discount = p.discount, .guest_fee = p.guest_fee,
                        .absorbed_fee = p.absorbed_fee, .tax = p.tax, .share = p.share, .reserve = p.reserve,
                        .total = p.total,
                });
                EXPECT(strcmp(text, rows[i].total) == 0, "%s: %s", rows[i].name, text);
                EXPECT(strcmp(postings_text(&s), rows[i].postings) == 0, "%s: %s", rows[i].name, postings_text(&s));
                EXPECT(posting_balances(&s), "%s", rows[i].name);
                arena_free(a);
        }
}

/* "yen that do not divide", ticket by ticket: fee 100 = 34 33 33, tax 300, on the fee 10 by 34 33 33 = 4 3 3. */
static void
what_does_not_divide_goes_to_the_earlier(void **state)
{
        static const struct price_parts by_hand[] = {
                { .net = 999, .guest_fee = 34, .tax = 100, .tax_on_fee = 4 },
                { .net = 999, .guest_fee = 33, .tax = 100, .tax_on_fee = 3 },
                { .net = 999, .guest_fee = 33, .tax = 100, .tax_on_fee = 3 },
        };
        struct arena *a = arena_new(ARENA_CAP);
        struct err e = { .code = ERR_NONE };
        const struct worked *w = rows;
        struct price p;

        (void)state;
        while (strcmp(w->name, "yen that do not divide") != 0)
                w++;
        assert_true(worked_price(a, w, &p, &e));
        assert_memory_equal(p.line[0].ticket, by_hand, sizeof by_hand);
        arena_free(a);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(orders_cost_and_post_what_was_worked_out),
                cmocka_unit_test(what_does_not_divide_goes_to_the_earlier),
        };

        return RUN(tests);
}
