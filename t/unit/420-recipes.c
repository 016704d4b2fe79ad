/*
 * 420-recipes.c - what recipe.def posts, and from which of the organizer's
 * accounts: every recipe's postings written out by hand from ledger.md, every
 * recipe in balance for random amounts, the orders in which accounts give and
 * get back, and what happens where numbers end.
 */
#include "unit.h"
#include "postings.h"

#include "base/money.h"
#include "domain/ledger/ledger.h"

static const char *const effects[] = {
#define EFFECT(name, prefix) name,
#include "domain/ledger/effect.def"
#undef EFFECT
};

static const char *const recipe_names[] = {
#define RECIPE(name, effect) #name,
#define RECIPE_LINE(name, side, account, part)
#define RECIPE_REVERSE(name, effect, of) #name,
#include "domain/ledger/recipe.def"
#undef RECIPE
#undef RECIPE_LINE
#undef RECIPE_REVERSE
};

/*
 * An order with a discount that the platform funds in part, an absorbed fee
 * and a guest's, as no order has both: so no line of a recipe is without its
 * number. net 9000 = 10000 - 1000; share = net + 400; total = net + 550 + 720.
 */
static struct amounts
numbers(int64_t amount, int64_t own_available)
{
        return (struct amounts){
                .list = 10000, .discount = 1000, .guest_fee = 550, .absorbed_fee = 300, .tax = 720, .share = 9400,
                .reserve = 910, .total = 10270, .amount = amount, .fee = 1500, .over = 30, .owed = 70,
                .own_pending = 8000, .own_reserve = 900, .own_available = own_available,
                .gross = 10270, .fees = 328, .withheld = 500, .net = 9442,
        };
}

static const struct {
        const char *recipe;
        int64_t amount, own_available;
        const char *postings;
} written_out[] = {
        { "sale", 0, 0, "gateway_clearing 10270, organizer_pending -8190, organizer_reserve -910, tax_payable -720, "
          "ticket_revenue -10000, promo_discounts 1000, fee_revenue -850, organizer_share 9400" },
        /* 10300 = 10270 + over 30; own accounts: 9400 - 300 = 8000 + 900 + 200 */
        { "refund", 10300, 200, "organizer_pending 8000, organizer_available 200, organizer_reserve 900, "
          "refunds_in_transit -10300, tax_payable 720, promo_discounts -1000, refunds 10000, fee_revenue 850, "
          "organizer_share -9400, dispute_losses 30" },
        { "refund_failed", 10300, 200, "organizer_pending -8000, organizer_available -200, organizer_reserve -900, "
          "refunds_in_transit 10300, tax_payable -720, promo_discounts 1000, refunds -10000, fee_revenue -850, "
          "organizer_share 9400, dispute_losses -30" },
        { "refund_settled", 10300, 0, "gateway_clearing -10300, refunds_in_transit 10300" },
        { "refund_unsettled", 10300, 0, "gateway_clearing 10300, refunds_in_transit -10300" },
        /* 100 back, of which 70 were owed */
        { "refund_settled_over", 100, 0, "gateway_clearing -100, refunds_in_transit 70, dispute_losses 30" },
        { "matured", 8190, 0, "organizer_pending 8190, organizer_available -8190" },
        { "reserve_released", 910, 0, "organizer_available -910, organizer_reserve 910" },
        { "payout_sent", 9100, 0, "organizer_available 9100, payouts_in_transit -9100" },
        { "payout_paid", 9100, 0, "bank -9100, payouts_in_transit 9100" },
        { "payout_returned", 9100, 0, "organizer_available -9100, payouts_in_transit 9100" },
        { "payout_returned_paid", 9100, 0, "bank 9100, organizer_available -9100" },
        { "payout_cancelled", 9100, 0, "organizer_available -9100, payouts_in_transit 9100" },
        /* 10270 - 328 - 500 = 9442 */
        { "settlement", 0, 0, "gateway_clearing -10270, gateway_reserve 500, bank 9442, gateway_fees 328" },
        { "gateway_reserve_released", 500, 0, "gateway_reserve -500, bank 500" },
        /* own accounts: 9400 = 8000 + 900 + 500; clearing 10300 + 1500 */
        { "dispute_opened", 10300, 500, "gateway_clearing -11800, dispute_receivable 10300, organizer_pending 8000, "
          "organizer_available 500, organizer_reserve 900, organizer_dispute_hold -9400, dispute_fees 1500" },
        { "dispute_won", 10300, 500, "gateway_clearing 10300, dispute_receivable -10300, organizer_pending -8000, "
          "organizer_available -500, organizer_reserve -900, organizer_dispute_hold 9400" },
        { "over_covered_open", 10270, 500, "organizer_pending 8000, organizer_available 500, organizer_reserve 900, "
          "organizer_dispute_hold -9400" },
        { "over_covered", 10270, 200, "organizer_pending 8000, organizer_available 200, organizer_reserve 900, "
          "tax_payable 720, promo_discounts -1000, refunds 10000, fee_revenue 850, organizer_share -9400, "
          "dispute_losses -10270" },
        { "over_covered_owed", 0, 0, "refunds_in_transit 70, dispute_losses -70" },
        /* losses: over 30, less the 70 that are not owed any more */
        { "dispute_lost", 10300, 0, "dispute_receivable -10300, organizer_dispute_hold 9400, refunds_in_transit 70, "
          "tax_payable 720, promo_discounts -1000, refunds 10000, fee_revenue 550, organizer_share -9400, "
          "dispute_losses -40" },
        { "dispute_reversed", 10300, 0, "dispute_receivable 10300, organizer_dispute_hold -9400, "
          "refunds_in_transit -70, tax_payable -720, promo_discounts 1000, refunds -10000, fee_revenue -550, "
          "organizer_share 9400, dispute_losses 40" },
        { "dispute_fee_passed", 0, 0, "organizer_available 1500, dispute_fee_revenue -1500" },
        { "dispute_fee_returned", 0, 0, "organizer_available -1500, dispute_fee_revenue 1500" },
        { "write_off", 4000, 0, "organizer_available -4000, bad_debt 4000" },
        { "adjustment", 250, 0, "organizer_available -250, platform_adjustments 250" },
        { "adjustment", -250, 0, "organizer_available 250, platform_adjustments -250" },
        { "tax_remitted", 720, 0, "bank -720, tax_payable 720" },
        { "unplaced_capture", 10270, 0, "gateway_clearing 10270, refunds_in_transit -10270" },
};

static enum recipe
recipe_named(const char *name)
{
        for (int r = 0; r < RECIPE_COUNT; r++)
                if (strcmp(recipe_names[r], name) == 0)
                        return (enum recipe)r;
        fail_msg("no recipe %s", name);
        return RECIPE_COUNT;
}

static void
every_recipe_posts_what_the_book_says(void **state)
{
        bool told[RECIPE_COUNT] = { false };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(written_out); i++) {
                enum recipe r = recipe_named(written_out[i].recipe);
                struct amounts a = numbers(written_out[i].amount, written_out[i].own_available);
                struct posting_set s = recipe_post(r, &a);

                if (strcmp(postings_text(&s), written_out[i].postings) != 0)
                        fail_msg("%s posts %s", recipe_names[r], postings_text(&s));
                EXPECT(posting_balances(&s), "%s", recipe_names[r]);
                told[r] = true;
        }
        for (int r = 0; r < RECIPE_COUNT; r++)
                EXPECT(told[r], "%s is not written out", recipe_names[r]);
}

/* ledger.md, recipe 1: 2 x 50.00, organizer-funded 10 %, fee 5 % + 0.50 a ticket on top, tax 8 %, reserve 10 %. */
static void
the_worked_sale_has_its_eight_postings(void **state)
{
        struct posting_set s = recipe_post(RECIPE_sale, &(struct amounts){
                .list = 10000, .discount = 1000, .guest_fee = 550, .tax = 720, .share = 9000, .reserve = 900,
                .total = 10270,
        });

        (void)state;
        assert_string_equal(postings_text(&s), "gateway_clearing 10270, organizer_pending -8100, "
            "organizer_reserve -900, tax_payable -720, ticket_revenue -10000, promo_discounts 1000, "
            "fee_revenue -550, organizer_share 9000");
}

static void
what_costs_nothing_posts_nothing(void **state)
{
        struct posting_set s = recipe_post(RECIPE_sale, &(struct amounts){ 0 });

        (void)state;
        assert_string_equal(postings_text(&s), "");
        /* A total of zero with a list above zero: no gateway. The platform pays for the code. */
        s = recipe_post(RECIPE_sale, &(struct amounts){ .list = 5000, .discount = 5000, .share = 5000 });
        assert_string_equal(postings_text(&s), "organizer_pending -5000, ticket_revenue -5000, promo_discounts 5000, "
            "organizer_share 5000");
        /* The organizer does: nothing of it is the organizer's. */
        s = recipe_post(RECIPE_sale, &(struct amounts){ .list = 5000, .discount = 5000 });
        assert_string_equal(postings_text(&s), "ticket_revenue -5000, promo_discounts 5000");
        /* And its refund. */
        s = recipe_post(RECIPE_refund, &(struct amounts){ .list = 5000, .discount = 5000 });
        assert_string_equal(postings_text(&s), "promo_discounts -5000, refunds 5000");
}

/* Parts of an order, or of what leaves it, whose sums are right: what any recipe may be given. */
static struct amounts
random_amounts(int64_t below, bool absorbed_leaves, bool all_of_it)
{
        int64_t net = (int64_t)seeded((uint64_t)below), platform, left;
        struct amounts a = {
                .discount = (int64_t)seeded((uint64_t)below), .guest_fee = (int64_t)seeded((uint64_t)below),
                .tax = (int64_t)seeded((uint64_t)below), .fee = (int64_t)seeded((uint64_t)below),
                .over = all_of_it ? 0 : (int64_t)seeded((uint64_t)below), .owed = (int64_t)seeded((uint64_t)below),
                .fees = (int64_t)seeded((uint64_t)below), .withheld = (int64_t)seeded((uint64_t)below),
                .net = (int64_t)seeded((uint64_t)below),
        };

        platform = (int64_t)seeded((uint64_t)a.discount + 1);
        a.list = net + a.discount;
        a.share = net + platform;
        a.absorbed_fee = (int64_t)seeded((uint64_t)a.share + 1);
        a.reserve = (int64_t)seeded((uint64_t)(a.share - a.absorbed_fee) + 1);
        a.total = net + a.guest_fee + a.tax;
        a.amount = a.total + a.over;
        a.gross = a.net + a.fees + a.withheld;
        left = a.share - (absorbed_leaves ? a.absorbed_fee : 0);
        a.own_pending = (int64_t)seeded((uint64_t)left + 1);
        a.own_reserve = (int64_t)seeded((uint64_t)(left - a.own_pending) + 1);
        a.own_available = left - a.own_pending - a.own_reserve;
        return a;
}

static void
every_recipe_balances_for_random_amounts(void **state)
{
        bool used[ACCOUNT_COUNT] = { false };

        (void)state;
        for (int round = 0; round < 2000; round++) {
                int64_t below = round % 3 == 0 ? 3 : round % 3 == 1 ? 100000 : AMOUNT_MAX;

                for (int r = 0; r < RECIPE_COUNT; r++) {
                        bool leaves = r == RECIPE_refund || r == RECIPE_refund_failed || r == RECIPE_over_covered;
                        struct amounts a = random_amounts(below, leaves, r == RECIPE_over_covered);
                        struct posting_set s, back;

                        if (r == RECIPE_refund_settled_over)
                                a.amount = a.owed + a.over;
                        s = recipe_post((enum recipe)r, &a);
                        back = posting_reverse(&s);

                        EXPECT(posting_balances(&s) && posting_balances(&back), "%s, round %d: %s", recipe_names[r],
                            round, postings_text(&s));
                        for (int acc = 0; acc < ACCOUNT_COUNT; acc++) {
                                EXPECT(back.amount[acc] == -s.amount[acc], "%s, round %d", recipe_names[r], round);
                                used[acc] = used[acc] || s.amount[acc] != 0;
                        }
                }
        }
        for (int acc = 0; acc < ACCOUNT_COUNT; acc++)
                EXPECT(used[acc], "no recipe posts to %s", account_name((enum account)acc));
}

static void
every_effect_has_a_recipe_and_every_recipe_an_effect(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(effects); i++) {
                bool has = false;

                for (int r = 0; r < RECIPE_COUNT; r++)
                        has = has || strcmp(recipe_effect((enum recipe)r), effects[i]) == 0;
                EXPECT(has, "%s", effects[i]);
        }
        for (int r = 0; r < RECIPE_COUNT; r++) {
                bool is = false;

                for (size_t i = 0; i < ARRAY_LEN(effects); i++)
                        is = is || strcmp(recipe_effect((enum recipe)r), effects[i]) == 0;
                EXPECT(is, "%s", recipe_names[r]);
        }
}

static void
a_refund_spares_the_reserve_and_a_dispute_takes_it_first(void **state)
{
        static const struct {
                int64_t amount, pending, reserve;
                struct own_parts refund, dispute;       /* pending, reserve, available */
        } rows[] = {
                { 0, 8100, 900, { 0, 0, 0 }, { 0, 0, 0 } },
                { 900, 8100, 900, { 900, 0, 0 }, { 0, 900, 0 } },
                { 901, 8100, 900, { 901, 0, 0 }, { 1, 900, 0 } },
                { 8100, 8100, 900, { 8100, 0, 0 }, { 7200, 900, 0 } },
                { 8101, 8100, 900, { 8100, 1, 0 }, { 7201, 900, 0 } },
                { 9000, 8100, 900, { 8100, 900, 0 }, { 8100, 900, 0 } },
                { 9400, 8100, 900, { 8100, 900, 400 }, { 8100, 900, 400 } },
                { 4500, 0, 900, { 0, 900, 3600 }, { 0, 900, 3600 } },           /* matured */
                { 4500, 0, 0, { 0, 0, 4500 }, { 0, 0, 4500 } },                 /* and released */
                { AMOUNT_MAX, 1, 1, { 1, 1, AMOUNT_MAX - 2 }, { 1, 1, AMOUNT_MAX - 2 } },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct own_parts own = { .pending = rows[i].pending, .reserve = rows[i].reserve };
                struct own_parts refund = cover_refund(rows[i].amount, &own);
                struct own_parts dispute = cover_dispute(rows[i].amount, &own);

                EXPECT(memcmp(&refund, &rows[i].refund, sizeof refund) == 0, "refund, row %zu", i);
                EXPECT(memcmp(&dispute, &rows[i].dispute, sizeof dispute) == 0, "dispute, row %zu", i);
        }
}

static void
what_comes_back_goes_first_where_it_is_missing_most(void **state)
{
        static const struct {
                const char *name;
                int64_t amount;
                struct own_taken was;           /* available, came_available, reserve, matured, reserve_released */
                struct own_parts to;            /* pending, reserve, available */
        } rows[] = {
                { "all from pending and reserve", 9000, { 0, 0, 900, false, false }, { 8100, 900, 0 } },
                { "half of it", 4500, { 0, 0, 900, false, false }, { 3600, 900, 0 } },
                { "less than the reserve gave", 500, { 0, 0, 900, false, false }, { 0, 500, 0 } },
                { "a refund that left the reserve standing", 4500, { 0, 0, 0, false, false }, { 4500, 0, 0 } },
                { "available lent 400 before anything matured", 9400, { 400, 0, 900, false, false },
                  { 8100, 900, 400 } },
                { "it lent more than comes back", 300, { 400, 0, 900, false, false }, { 0, 0, 300 } },
                { "what it lent has matured since: nothing is owed to it", 4000, { 400, 400, 0, false, false },
                  { 4000, 0, 0 } },
                { "a part of that has", 4000, { 400, 150, 900, false, false }, { 2850, 900, 250 } },
                { "matured before the dispute, reserve not released", 9000, { 8100, 8100, 900, true, false },
                  { 0, 900, 8100 } },
                { "matured while it was disputed", 9000, { 0, 0, 900, true, false }, { 0, 900, 8100 } },
                { "matured and released while it was disputed", 9000, { 0, 0, 900, true, true }, { 0, 0, 9000 } },
                { "released only: its reserve is available", 9000, { 0, 0, 900, false, true }, { 8100, 0, 900 } },
                { "nothing", 0, { 400, 0, 900, false, false }, { 0, 0, 0 } },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct own_parts to = cover_return(rows[i].amount, &rows[i].was);

                EXPECT(memcmp(&to, &rows[i].to, sizeof to) == 0, "%s: %lld, %lld, %lld", rows[i].name,
                    (long long)to.pending, (long long)to.reserve, (long long)to.available);
        }
}

static void
whatever_gives_or_gets_sums_to_the_amount(void **state)
{
        (void)state;
        for (int round = 0; round < 50000; round++) {
                uint64_t below = round % 2 == 0 ? 5 : AMOUNT_MAX;
                int64_t amount = (int64_t)seeded(below);
                struct own_parts own = { (int64_t)seeded(below), (int64_t)seeded(below), 0 };
                struct own_taken was = {
                        (int64_t)seeded(below), (int64_t)seeded(below), (int64_t)seeded(below), seeded(2) == 0,
                        seeded(2) == 0,
                };
                struct own_parts all[] = {
                        cover_refund(amount, &own), cover_dispute(amount, &own), cover_return(amount, &was),
                };

                for (size_t i = 0; i < ARRAY_LEN(all); i++)
                        EXPECT(all[i].pending + all[i].reserve + all[i].available == amount && all[i].pending >= 0 &&
                            all[i].reserve >= 0 && all[i].available >= 0, "round %d, %zu", round, i);
                for (size_t i = 0; i < 2; i++)
                        EXPECT(all[i].pending <= own.pending && all[i].reserve <= own.reserve, "round %d", round);
                EXPECT(all[2].reserve <= was.reserve, "round %d", round);
        }
}

static void
figures_from_outside_are_asked_whether_they_balance(void **state)
{
        struct posting_set s = recipe_post(RECIPE_settlement, &(struct amounts){
                .gross = 10270, .fees = 328, .withheld = 500, .net = 9441,
        });

        (void)state;
        assert_false(posting_balances(&s));
        /* Sums that would wrap to zero are not zero. */
        s = (struct posting_set){ { INT64_MIN, INT64_MIN } };
        assert_false(posting_balances(&s));
}

static void
post_a_sum_too_large(void *arg)
{
        (void)arg;
        (void)recipe_post(RECIPE_dispute_opened, &(struct amounts){ .amount = INT64_MAX, .fee = 2 });
}

static void
reverse_the_least(void *arg)
{
        struct posting_set s = { { INT64_MIN, INT64_MAX, 1 } };

        (void)arg;
        (void)posting_reverse(&s);
}

static void
take_from_a_debt(void *arg)
{
        (void)arg;
        (void)cover_refund(100, &(struct own_parts){ .pending = -1 });
}

static void
give_less_than_nothing(void *arg)
{
        (void)arg;
        (void)cover_return(-1, &(struct own_taken){ .reserve = 1 });
}

static void
no_sum_wraps(void **state)
{
        struct amounts a = numbers(AMOUNT_MAX, 0);
        struct posting_set s = recipe_post(RECIPE_unplaced_capture, &a);

        (void)state;
        assert_true(s.amount[ACCOUNT_gateway_clearing] == AMOUNT_MAX);
        assert_true(aborts(post_a_sum_too_large, NULL));
        assert_true(aborts(reverse_the_least, NULL));
        assert_true(aborts(take_from_a_debt, NULL));
        assert_true(aborts(give_less_than_nothing, NULL));
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_recipe_posts_what_the_book_says),
                cmocka_unit_test(the_worked_sale_has_its_eight_postings),
                cmocka_unit_test(what_costs_nothing_posts_nothing),
                cmocka_unit_test(every_recipe_balances_for_random_amounts),
                cmocka_unit_test(every_effect_has_a_recipe_and_every_recipe_an_effect),
                cmocka_unit_test(a_refund_spares_the_reserve_and_a_dispute_takes_it_first),
                cmocka_unit_test(what_comes_back_goes_first_where_it_is_missing_most),
                cmocka_unit_test(whatever_gives_or_gets_sums_to_the_amount),
                cmocka_unit_test(figures_from_outside_are_asked_whether_they_balance),
                cmocka_unit_test(no_sum_wraps),
        };

        return RUN(tests);
}
