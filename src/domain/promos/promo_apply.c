/* promo_apply.c - what a code takes off, and whether it may. Pure. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/money.h"
#include "domain/promos/promo.h"

#define BPS 10000

bool
promo_usable(const struct promo *p, struct err *e)
{
        if (!p->active)
                return err_set(e, ERR_PROMO_EXPIRED, "the code was switched off");
        if (p->ended)
                return err_set(e, ERR_PROMO_EXPIRED, "the code's time is over");
        if (!p->for_event)
                return err_set(e, ERR_PROMO_NOT_APPLICABLE, "the code is not for this event");
        if (!p->started)
                return err_set(e, ERR_PROMO_NOT_APPLICABLE, "the code's time has not come yet");
        if (!p->uses_left || (p->limited_budget && p->budget_left <= 0))
                return err_set(e, ERR_PROMO_EXHAUSTED, "the code is used up");
        if (!p->guest_may)
                return err_set(e, ERR_PROMO_GUEST_LIMIT, "this guest has used the code as often as it allows");
        return true;
}

static bool
among(const struct uuid *v, size_t n, struct uuid x)
{
        for (size_t i = 0; i < n; i++)
                if (uuid_eq(v[i], x))
                        return true;
        return false;
}

bool
promo_opens(const struct promo *p, struct uuid type)
{
        return among(p->opens, p->opens_n, type);
}

static bool
eligible(const struct promo *p, const struct promo_line *line)
{
        return p->types_n == 0 || among(p->types, p->types_n, line->type);
}

/* Whether there is enough of what the code counts for, before any discount. */
static bool
enough(const struct promo *p, const struct promo_line *lines, size_t n, struct err *e)
{
        int64_t list = 0, tickets = 0, line;

        for (size_t i = 0; i < n; i++) {
                if (!eligible(p, &lines[i]))
                        continue;
                CHECK(amount_mul(lines[i].unit_price, lines[i].quantity, &line) && amount_add(list, line, &list));
                tickets += lines[i].quantity;
        }
        if (tickets == 0)
                return err_set(e, ERR_PROMO_NOT_APPLICABLE, "the code is not for these ticket types");
        if (tickets < p->min_tickets)
                return err_set(e, ERR_PROMO_NOT_APPLICABLE, "the code takes %lld tickets that it is for, at least",
                    (long long)p->min_tickets);
        if (list < p->min_order_amount)
                return err_set(e, ERR_PROMO_NOT_APPLICABLE, "the code takes tickets for %lld that it is for, at least",
                    (long long)p->min_order_amount);
        return true;
}

static int64_t
line_left(const struct promo_line *line)
{
        int64_t left = 0;

        for (int64_t k = 0; k < line->quantity; k++)
                left += line->unit_price - line->off[k];
        return left;
}

/* Over the line's tickets by what each still costs: none gets more than that. */
static void
take_off_line(struct arena *a, struct promo_line *line, int64_t amount)
{
        size_t n = (size_t)line->quantity;
        int64_t *left = ARENA_ARRAY(a, int64_t, n), *part = ARENA_ARRAY(a, int64_t, n);

        for (size_t k = 0; k < n; k++)
                left[k] = line->unit_price - line->off[k];
        amount_split(amount, left, n, part);
        for (size_t k = 0; k < n; k++) {
                line->off[k] += part[k];
                CHECK(line->off[k] <= line->unit_price);
        }
}

static int64_t
take_per_order(struct arena *a, const struct promo *p, struct promo_line *lines, size_t n)
{
        int64_t *left = ARENA_ARRAY(a, int64_t, n), *part = ARENA_ARRAY(a, int64_t, n), whole = 0, taken;

        for (size_t i = 0; i < n; i++) {
                left[i] = eligible(p, &lines[i]) ? line_left(&lines[i]) : 0;
                whole += left[i];
        }
        taken = p->percent_bps > 0 ? amount_ratio(whole, p->percent_bps, BPS) :
            p->fixed_amount < whole ? p->fixed_amount : whole;
        amount_split(taken, left, n, part);
        for (size_t i = 0; i < n; i++)
                take_off_line(a, &lines[i], part[i]);
        return taken;
}

static int64_t
take_per_ticket(const struct promo *p, struct promo_line *lines, size_t n)
{
        int64_t taken = 0;

        for (size_t i = 0; i < n; i++) {
                if (!eligible(p, &lines[i]))
                        continue;
                for (int64_t k = 0; k < lines[i].quantity; k++) {
                        int64_t left = lines[i].unit_price - lines[i].off[k];
                        int64_t off = p->fixed_amount < left ? p->fixed_amount : left;

                        lines[i].off[k] += off;
                        taken += off;
                }
        }
        return taken;
}

bool
promo_apply(struct arena *a, const struct promo *p, struct promo_line *lines, size_t n, int64_t *taken, struct err *e)
{
        *taken = 0;
        if (!enough(p, lines, n, e))
                return false;
        if (p->percent_bps > 0 || (p->fixed_amount > 0 && !p->per_ticket))
                *taken = take_per_order(a, p, lines, n);
        else if (p->fixed_amount > 0)
                *taken = take_per_ticket(p, lines, n);
        return true;
}
