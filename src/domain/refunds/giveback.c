/*
 * giveback.c - what an amount given back takes from each ticket. Pure: a
 * snapshot of what is held comes in, and nothing here knows who asked, whether
 * they may, or which accounts pay.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/money.h"
#include "domain/refunds/giveback.h"

/* What is given back in money, in the order in which ties are broken; the other parts follow net. */
enum { NET, GUEST_FEE, TAX, TAX_ON_FEE, MONEY_PARTS };

static void
money_parts(const struct price_parts *p, bool fees_back, int64_t part[MONEY_PARTS])
{
        part[NET] = p->net;
        part[GUEST_FEE] = fees_back ? p->guest_fee : 0;
        part[TAX] = p->tax;
        part[TAX_ON_FEE] = fees_back ? p->tax_on_fee : 0;
}

static int64_t
ticket_left(const struct giveback_ticket *t, bool fees_back)
{
        int64_t part[MONEY_PARTS], left = 0;

        money_parts(&t->holds, fees_back, part);
        for (size_t i = 0; i < MONEY_PARTS; i++)
                CHECK(part[i] >= 0 && amount_add(left, part[i], &left));
        return left;
}

/* All that it holds, so that nothing stays behind by rounding. */
static void
ticket_gives_rest(struct giveback_ticket *t, bool fees_back)
{
        t->gives = t->holds;
        if (!fees_back)
                t->gives.guest_fee = t->gives.tax_on_fee = 0;
}

/*
 * The discount is rounded as one and the organizer's part is its rest: list
 * stays net + discount. It can't be negative or too much, since rounding never
 * turns the larger of two parts into the smaller one.
 */
static void
ticket_follow_net(struct giveback_ticket *t)
{
        const struct price_parts *h = &t->holds;
        struct price_parts *g = &t->gives;

        if (h->net == 0)
                return;
        g->platform_promo = amount_ratio(h->platform_promo, g->net, h->net);
        g->organizer_promo = amount_ratio(h->organizer_promo + h->platform_promo, g->net, h->net) - g->platform_promo;
        g->absorbed_fee = amount_ratio(h->absorbed_fee, g->net, h->net);
}

static void
ticket_gives_amount(struct giveback_ticket *t, int64_t amount, bool fees_back)
{
        int64_t weight[MONEY_PARTS], part[MONEY_PARTS];

        money_parts(&t->holds, fees_back, weight);
        amount_split(amount, weight, MONEY_PARTS, part);
        t->gives = (struct price_parts){
                .net = part[NET], .guest_fee = part[GUEST_FEE], .tax = part[TAX], .tax_on_fee = part[TAX_ON_FEE],
        };
        ticket_follow_net(t);
}

static bool
ticket_gives_what_it_holds(const struct giveback_ticket *t)
{
        const struct price_parts *h = &t->holds, *g = &t->gives;
        const int64_t pair[][2] = {
                { g->net, h->net }, { g->guest_fee, h->guest_fee }, { g->tax, h->tax },
                { g->tax_on_fee, h->tax_on_fee }, { g->organizer_promo, h->organizer_promo },
                { g->platform_promo, h->platform_promo }, { g->absorbed_fee, h->absorbed_fee },
        };

        for (size_t i = 0; i < ARRAY_LEN(pair); i++)
                if (pair[i][0] < 0 || pair[i][0] > pair[i][1])
                        return false;
        return true;
}

static struct giveback
giveback_sum(const struct giveback_ticket *t, size_t n)
{
        struct giveback sum = { 0 };

        for (size_t i = 0; i < n; i++) {
                const struct price_parts *g = &t[i].gives;

                CHECK(ticket_gives_what_it_holds(&t[i]));
                sum.net += g->net;
                sum.guest_fee += g->guest_fee;
                sum.tax += g->tax + g->tax_on_fee;
                sum.discount += g->organizer_promo + g->platform_promo;
                sum.platform += g->platform_promo;
                sum.absorbed += g->absorbed_fee;
        }
        sum.list = sum.net + sum.discount;
        sum.share = sum.net + sum.platform;
        sum.amount = sum.net + sum.guest_fee + sum.tax;
        return sum;
}

int64_t
giveback_left(const struct giveback_ticket *t, size_t n, bool fees_back)
{
        int64_t left = 0;

        for (size_t i = 0; i < n; i++)
                CHECK(amount_add(left, ticket_left(&t[i], fees_back), &left));
        return left;
}

struct giveback
giveback_tickets(struct giveback_ticket *t, size_t n, const bool *chosen, bool fees_back)
{
        for (size_t i = 0; i < n; i++) {
                t[i].gives = (struct price_parts){ 0 };
                if (chosen[i])
                        ticket_gives_rest(&t[i], fees_back);
        }
        return giveback_sum(t, n);
}

struct giveback
giveback_amount(struct arena *a, struct giveback_ticket *t, size_t n, int64_t amount, bool fees_back)
{
        int64_t left = giveback_left(t, n, fees_back);
        int64_t *weight = ARENA_ARRAY(a, int64_t, n);
        int64_t *part = ARENA_ARRAY(a, int64_t, n);
        struct giveback sum;

        CHECK(amount <= left && (amount > 0 || left == 0));
        for (size_t i = 0; i < n; i++)
                weight[i] = ticket_left(&t[i], fees_back);
        amount_split(amount, weight, n, part);
        for (size_t i = 0; i < n; i++)
                if (amount == left)
                        ticket_gives_rest(&t[i], fees_back);
                else
                        ticket_gives_amount(&t[i], part[i], fees_back);
        sum = giveback_sum(t, n);
        CHECK(sum.amount == amount);
        return sum;
}
