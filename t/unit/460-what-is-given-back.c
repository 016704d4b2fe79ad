/*
 * 460-what-is-given-back.c - amounts given back, worked out by hand from
 * ledger.md, one after the other until nothing is left: by ticket and by
 * amount, with fees and without, whoever paid the fee and the discount; and
 * what is never asked.
 */
#include "unit.h"

#include "domain/refunds/giveback.h"

#define TICKETS 3
#define STEPS   4

enum { FEES_STAY, FEES_BACK };

/* By amount, or where it says which tickets (a bit each) by these; gives is told for the tickets that the order has. */
struct step {
        int64_t amount;
        unsigned tickets;
        int fees;
        struct price_parts gives[TICKETS];
};

struct worked {
        const char *name;
        size_t n;
        struct price_parts holds[TICKETS];      /* net, guest_fee, tax, tax_on_fee, organizer, platform, absorbed */
        struct step step[STEPS];
        struct price_parts left[TICKETS];
};

/* Of recipe 1's order, 2 x 50.00 less 10 %: 45.00, fee 2.25 + 0.50, tax 3.60; 51.35 a ticket. */
#define TICKET          { 4500, 275, 360, 0, 500, 0, 0 }
#define BY_PLATFORM     { 4500, 275, 360, 0, 0, 500, 0 }
#define ABSORBED        { 4500, 0, 360, 0, 500, 0, 275 }
/* 2 x 11.00 less 10 %, 10 % tax within, half the platform's, 5 % absorbed: net 9.00 of 9.90 paid. */
#define INCLUSIVE       { 900, 0, 90, 0, 50, 50, 45 }
#define FREE_TICKET     { 0, 0, 0, 0, 5000, 0, 0 }
#define WITHOUT_FEE     { 4500, 0, 360, 0, 500, 0, 0 }
#define JUST_FEE(fee)   { 0, (fee), 0, 0, 0, 0, 0 }
#define UNIT            { 1, 0, 0, 0, 0, 0, 0 }

static const struct worked rows[] = {
        { "one ticket with its fees, then the other", 2, { TICKET, TICKET }, {
            { 5135, 1, FEES_BACK, { TICKET } },
            { 5135, 2, FEES_BACK, { { 0 }, TICKET } } }, { { 0 } } },
        { "one ticket without its fees, then the rest by amount", 2, { TICKET, TICKET }, {
            { 4860, 1, FEES_STAY, { WITHOUT_FEE } },
            { 4860, 0, FEES_STAY, { { 0 }, WITHOUT_FEE } } }, { JUST_FEE(275), JUST_FEE(275) } },
        /*
         * 0.50 each. 50 x 4500 / 5135 = 43.8, x 275 = 2.68, x 360 = 3.51: floors 43 + 2 + 3, two more to net and fee.
         * Discount 500 x 44 / 4500 = 4.9.
         */
        { "1.00 back", 2, { TICKET, TICKET }, {
            { 100, 0, FEES_BACK, { { 44, 3, 3, 0, 5, 0, 0 }, { 44, 3, 3, 0, 5, 0, 0 } } } },
          { { 4456, 272, 357, 0, 495, 0, 0 }, { 4456, 272, 357, 0, 495, 0, 0 } } },
        /* 50 x 4500 / 4860 = 46.3, x 360 = 3.7: 46 + 4. Discount 500 x 46 / 4500 = 5.1. */
        { "1.00 back, fees stay", 2, { TICKET, TICKET }, {
            { 100, 0, FEES_STAY, { { 46, 0, 4, 0, 5, 0, 0 }, { 46, 0, 4, 0, 5, 0, 0 } } } },
          { { 4454, 275, 356, 0, 495, 0, 0 }, { 4454, 275, 356, 0, 495, 0, 0 } } },
        /* 500 x 44 / 4500 of what the platform funded. */
        { "1.00 back, platform-funded", 2, { BY_PLATFORM, BY_PLATFORM }, {
            { 100, 0, FEES_BACK, { { 44, 3, 3, 0, 0, 5, 0 }, { 44, 3, 3, 0, 0, 5, 0 } } } },
          { { 4456, 272, 357, 0, 0, 495, 0 }, { 4456, 272, 357, 0, 0, 495, 0 } } },
        /*
         * 33.33 is 16.67 + 16.66, the half to the earlier. 1667 x 4500 / 5135 = 1460.86, x 275 = 89.27, x 360 = 116.87;
         * 1666: 1459.98, 89.22, 116.80. Then of 3468 + 3469 left, 1666.3 + 1666.7. The last step takes the rests.
         */
        { "three amounts", 2, { TICKET, TICKET }, {
            { 3333, 0, FEES_BACK, { { 1461, 89, 117, 0, 162, 0, 0 }, { 1460, 89, 117, 0, 162, 0, 0 } } },
            { 3333, 0, FEES_BACK, { { 1460, 89, 117, 0, 162, 0, 0 }, { 1461, 89, 117, 0, 162, 0, 0 } } },
            { 3604, 0, FEES_BACK, { { 1579, 97, 126, 0, 176, 0, 0 }, { 1579, 97, 126, 0, 176, 0, 0 } } } },
          { { 0 } } },
        /* What policy keeps is the scheme's to take: 2.75 of each is all that it still has. */
        { "disputes with fees after refunds without", 2, { TICKET, TICKET }, {
            { 100, 0, FEES_STAY, { { 46, 0, 4, 0, 5, 0, 0 }, { 46, 0, 4, 0, 5, 0, 0 } } },
            { 9620, 0, FEES_STAY, { { 4454, 0, 356, 0, 495, 0, 0 }, { 4454, 0, 356, 0, 495, 0, 0 } } },
            { 101, 0, FEES_BACK, { JUST_FEE(51), JUST_FEE(50) } },
            { 449, 0, FEES_BACK, { JUST_FEE(224), JUST_FEE(225) } } }, { { 0 } } },
        /* A dispute of 33.33 as above; of the 9.39 that remain then fees stay where they are. */
        { "a dispute with fees, then refunds without", 2, { TICKET, TICKET }, {
            { 3333, 0, FEES_BACK, { { 1461, 89, 117, 0, 162, 0, 0 }, { 1460, 89, 117, 0, 162, 0, 0 } } },
            { 3282, 1, FEES_STAY, { { 3039, 0, 243, 0, 338, 0, 0 } } },
            { 3283, 0, FEES_STAY, { { 0 }, { 3040, 0, 243, 0, 338, 0, 0 } } } }, { JUST_FEE(186), JUST_FEE(186) } },
        { "a ticket on which nothing was paid, by itself", 2, { { 5000, 300, 400, 0, 0, 0, 0 }, FREE_TICKET }, {
            { 0, 2, FEES_BACK, { { 0 }, FREE_TICKET } },
            { 5700, 0, FEES_BACK, { { 5000, 300, 400, 0, 0, 0, 0 } } } }, { { 0 } } },
        /* 1000 x 5000 / 5700 = 877.19, x 300 = 52.63, x 400 = 70.18. The free ticket follows nothing but the end. */
        { "a ticket on which nothing was paid, with the last amount", 2,
          { FREE_TICKET, { 5000, 300, 400, 0, 0, 0, 0 } }, {
            { 1000, 0, FEES_BACK, { { 0 }, { 877, 53, 70, 0, 0, 0, 0 } } },
            { 4700, 0, FEES_BACK, { FREE_TICKET, { 4123, 247, 330, 0, 0, 0, 0 } } } }, { { 0 } } },
        { "an order on which nothing was paid", 2, { FREE_TICKET, { 0, 0, 0, 0, 2000, 3000, 70 } }, {
            { 0, 0, FEES_STAY, { FREE_TICKET, { 0, 0, 0, 0, 2000, 3000, 70 } } } }, { { 0 } } },
        /* 5.00 each: 500 x 4500 / 4860 = 462.96. Discount 500 x 463 / 4500 = 51.4, absorbed 275 x 463 / 4500 = 28.3. */
        { "an absorbed fee follows its net, given back or not", 2, { ABSORBED, ABSORBED }, {
            { 1000, 0, FEES_BACK, { { 463, 0, 37, 0, 51, 0, 28 }, { 463, 0, 37, 0, 51, 0, 28 } } },
            { 4360, 1, FEES_STAY, { { 4037, 0, 323, 0, 449, 0, 247 } } },
            { 4360, 0, FEES_STAY, { { 0 }, { 4037, 0, 323, 0, 449, 0, 247 } } } }, { { 0 } } },
        /*
         * 50 x 900 / 990 = 45.45, x 90 = 4.55: 45 + 5. Discount 100 x 45 / 900 = 5, the platform's 2.5, so 3 and the
         * rest 2; absorbed 2.25. Then of 855: 95 x 45 / 855 = 5, 47 x 45 / 855 = 2.47, so 2 and the rest 3.
         */
        { "tax within the price, two funders", 2, { INCLUSIVE, INCLUSIVE }, {
            { 100, 0, FEES_BACK, { { 45, 0, 5, 0, 2, 3, 2 }, { 45, 0, 5, 0, 2, 3, 2 } } },
            { 100, 0, FEES_BACK, { { 45, 0, 5, 0, 3, 2, 2 }, { 45, 0, 5, 0, 3, 2, 2 } } },
            { 1780, 0, FEES_BACK, { { 810, 0, 80, 0, 45, 45, 41 }, { 810, 0, 80, 0, 45, 45, 41 } } } }, { { 0 } } },
        /*
         * 333 x 1000 / 1166 = 285.59, x 60 = 17.14, x 100 = 28.56, x 6 = 1.71: two more to tax_on_fee and net.
         * Without fees 333 x 714 / 786 = 302.496, x 72 = 30.504.
         */
        { "tax on the fee", 1, { { 1000, 60, 100, 6, 0, 0, 0 } }, {
            { 333, 0, FEES_BACK, { { 286, 17, 28, 2, 0, 0, 0 } } },
            { 333, 0, FEES_STAY, { { 302, 0, 31, 0, 0, 0, 0 } } },
            { 453, 0, FEES_STAY, { { 412, 0, 41, 0, 0, 0, 0 } } } }, { { 0, 43, 0, 4, 0, 0, 0 } } },
        /* Two of three to the earlier tickets; two of four to the earlier parts. */
        { "ties between tickets", 3, { UNIT, UNIT, UNIT }, {
            { 2, 0, FEES_BACK, { UNIT, UNIT, { 0 } } } }, { { 0 }, { 0 }, UNIT } },
        { "ties within a ticket", 1, { { 1, 1, 1, 1, 0, 0, 0 } }, {
            { 2, 0, FEES_BACK, { { 1, 1, 0, 0, 0, 0, 0 } } } }, { { 0, 0, 1, 1, 0, 0, 0 } } },
        /* 0.5 + 1.5: the tie to net, which is then gone, and the discount with it. The tax left has none to take. */
        { "net is gone first", 1, { { 1, 0, 3, 0, 6, 4, 1 } }, {
            { 2, 0, FEES_BACK, { { 1, 0, 1, 0, 6, 4, 1 } } },
            { 1, 0, FEES_BACK, { { 0, 0, 1, 0, 0, 0, 0 } } } }, { { 0, 0, 1, 0, 0, 0, 0 } } },
        { "no net to follow, but the end", 1, { { 0, 0, 2, 0, 6, 4, 1 } }, {
            { 1, 0, FEES_BACK, { { 0, 0, 1, 0, 0, 0, 0 } } },
            { 1, 0, FEES_BACK, { { 0, 0, 1, 0, 6, 4, 1 } } } }, { { 0 } } },
        { "as large as orders get", 2, { { 500000000000, 0, 400000000000, 0, 0, 0, 0 }, UNIT }, {
            { 900000000000, 0, FEES_BACK, { { 499999999999, 0, 400000000000, 0, 0, 0, 0 }, UNIT } } },
          { UNIT, { 0 } } },
};

static struct giveback
give(struct arena *a, struct giveback_ticket *t, size_t n, const struct step *s)
{
        bool chosen[TICKETS];

        for (size_t i = 0; i < n; i++)
                chosen[i] = (s->tickets & 1u << i) != 0;
        if (s->tickets != 0)
                return giveback_tickets(t, n, chosen, s->fees == FEES_BACK);
        return giveback_amount(a, t, n, s->amount, s->fees == FEES_BACK);
}

static bool
same(const struct price_parts *p, const struct price_parts *q)
{
        return memcmp(p, q, sizeof *p) == 0;
}

static struct price_parts
less(const struct price_parts *p, const struct price_parts *q)
{
        return (struct price_parts){
                p->net - q->net, p->guest_fee - q->guest_fee, p->tax - q->tax, p->tax_on_fee - q->tax_on_fee,
                p->organizer_promo - q->organizer_promo, p->platform_promo - q->platform_promo,
                p->absorbed_fee - q->absorbed_fee,
        };
}

static struct giveback
summed(const struct step *s, size_t n)
{
        struct giveback g = { 0 };

        for (size_t i = 0; i < n; i++) {
                const struct price_parts *p = &s->gives[i];

                g.net += p->net;
                g.guest_fee += p->guest_fee;
                g.tax += p->tax + p->tax_on_fee;
                g.discount += p->organizer_promo + p->platform_promo;
                g.platform += p->platform_promo;
                g.absorbed += p->absorbed_fee;
        }
        g.amount = s->amount;
        g.list = g.net + g.discount;
        g.share = g.net + g.platform;
        return g;
}

static void
what_is_given_back_is_what_was_worked_out_by_hand(void **state)
{
        (void)state;
        for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
                const struct worked *w = &rows[r];
                struct arena *a = arena_new(ARENA_CAP);
                struct giveback_ticket t[TICKETS] = { 0 };

                for (size_t i = 0; i < w->n; i++)
                        t[i].holds = w->holds[i];
                for (size_t k = 0; k < STEPS && (k == 0 || w->step[k].amount > 0); k++) {
                        const struct step *s = &w->step[k];
                        struct giveback g = give(a, t, w->n, s), by_hand = summed(s, w->n);

                        for (size_t i = 0; i < w->n; i++) {
                                EXPECT(same(&t[i].gives, &s->gives[i]), "%s, step %zu, ticket %zu", w->name, k, i);
                                t[i].holds = less(&t[i].holds, &t[i].gives);
                        }
                        EXPECT(memcmp(&g, &by_hand, sizeof g) == 0, "%s, step %zu, sums", w->name, k);
                }
                for (size_t i = 0; i < w->n; i++)
                        EXPECT(same(&t[i].holds, &w->left[i]), "%s, left of ticket %zu", w->name, i);
                arena_free(a);
        }
}

/* The order of recipe 1 has 102.70, and 97.20 where fees stay. */
static void
what_is_left_is_known_before(void **state)
{
        const struct giveback_ticket t[] = { { .holds = TICKET }, { .holds = TICKET }, { .holds = FREE_TICKET } };

        (void)state;
        assert_int_equal(giveback_left(t, ARRAY_LEN(t), true), 10270);
        assert_int_equal(giveback_left(t, ARRAY_LEN(t), false), 9720);
        assert_int_equal(giveback_left(t + 2, 1, true), 0);
        assert_int_equal(giveback_left(t, 0, true), 0);
}

/* What was given in a former step is not given again. */
static void
tickets_that_are_not_chosen_give_nothing(void **state)
{
        struct giveback_ticket t[] = { { .holds = TICKET, .gives = TICKET }, { .holds = TICKET, .gives = TICKET } };
        struct giveback g = giveback_tickets(t, ARRAY_LEN(t), (bool[]){ false, false }, true);

        (void)state;
        assert_int_equal(g.amount + g.list + g.discount + g.share + g.absorbed, 0);
        assert_true(same(&t[0].gives, &(struct price_parts){ 0 }));
}

struct asked {
        struct price_parts holds;
        int64_t amount;
        bool fees_back;
};

static void
ask(void *arg)
{
        const struct asked *q = arg;
        struct giveback_ticket t = { .holds = q->holds };

        (void)giveback_amount(arena_new(ARENA_CAP), &t, 1, q->amount, q->fees_back);
}

static void
more_than_is_left_is_never_split(void **state)
{
        struct asked never[] = {
                { TICKET, 5136, true }, { TICKET, 4861, false }, { TICKET, 0, true }, { TICKET, -1, true },
                { FREE_TICKET, 1, true }, { JUST_FEE(275), 1, false }, { { .net = 10, .tax = -1 }, 5, true },
        };
        struct asked last[] = { { TICKET, 5135, true }, { TICKET, 4860, false }, { FREE_TICKET, 0, true } };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(never); i++)
                EXPECT(aborts(ask, &never[i]), "row %zu", i);
        for (size_t i = 0; i < ARRAY_LEN(last); i++)
                EXPECT(!aborts(ask, &last[i]), "row %zu", i);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_given_back_is_what_was_worked_out_by_hand),
                cmocka_unit_test(what_is_left_is_known_before),
                cmocka_unit_test(tickets_that_are_not_chosen_give_nothing),
                cmocka_unit_test(more_than_is_left_is_never_split),
        };

        return RUN(tests);
}
