/*
 * pricing.c - computing an order's components and splitting them. Works on
 * flat arrays with one element per ticket; a struct split_plan says which
 * tickets make a line.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/money.h"
#include "domain/pricing/pricing.h"

#define BPS 10000

/* Everything per ticket, in order of lines. */
struct tickets {
        struct arena *arena;
        size_t n, lines;
        const struct price_ask *ask;
        int64_t *price, *off, *paid;            /* gross */
        int64_t *list, *discount, *net, *tax, *tax_on_fee, *platform, *fixed, *guest_fee, *share, *absorbed;
};

static int64_t
sum(const int64_t *v, size_t n)
{
        int64_t total = 0;

        for (size_t i = 0; i < n; i++)
                CHECK(amount_add(total, v[i], &total));
        return total;
}

/* Over the lines by their weight, then over each line's tickets. */
static int64_t *
split(const struct tickets *t, int64_t total, const int64_t *weight)
{
        int64_t *part = ARENA_ARRAY(t->arena, int64_t, t->n);
        int64_t *line_weight = ARENA_ARRAY(t->arena, int64_t, t->lines);
        int64_t *line_part = ARENA_ARRAY(t->arena, int64_t, t->lines);
        size_t at = 0;

        for (size_t i = 0; i < t->lines; at += (size_t)t->ask[i++].quantity)
                line_weight[i] = sum(weight + at, (size_t)t->ask[i].quantity);
        amount_split(total, line_weight, t->lines, line_part);
        at = 0;
        for (size_t i = 0; i < t->lines; at += (size_t)t->ask[i++].quantity)
                amount_split(line_part[i], weight + at, (size_t)t->ask[i].quantity, part + at);
        return part;
}

static int64_t *
combine(const struct tickets *t, const int64_t *a, const int64_t *b, int sign)
{
        int64_t *out = ARENA_ARRAY(t->arena, int64_t, t->n);

        for (size_t i = 0; i < t->n; i++) {
                out[i] = a[i] + sign * b[i];
                CHECK(out[i] >= 0);
        }
        return out;
}

/* Prices and what is taken off them, ticket by ticket; bounds checked here, so that nothing below can overflow. */
static bool
tickets_fill(struct tickets *t, struct err *e)
{
        int64_t gross = 0, line;
        size_t at = 0;

        for (size_t i = 0; i < t->lines; i++) {
                const struct price_ask *ask = &t->ask[i];

                if (ask->unit_price < 0 || ask->unit_price > AMOUNT_MAX ||
                    !amount_mul(ask->unit_price, ask->quantity, &line) || !amount_add(gross, line, &gross) ||
                    gross > AMOUNT_MAX)
                        return err_field(e, "/items", FIELD_OUT_OF_RANGE, "the order's total is too large");
                for (int64_t k = 0; k < ask->quantity; k++, at++) {
                        t->price[at] = ask->unit_price;
                        t->off[at] = ask->taken_off == NULL ? 0 : ask->taken_off[k];
                        CHECK(t->off[at] >= 0 && t->off[at] <= t->price[at]);
                        t->paid[at] = t->price[at] - t->off[at];
                }
        }
        return true;
}

/* list, discount, net and tax of every ticket and of the order. */
static void
tax_inclusive(struct tickets *t, int64_t rate, struct price *out)
{
        int64_t gross = sum(t->price, t->n), paid = sum(t->paid, t->n);

        out->tax = amount_ratio(paid, rate, BPS + rate);
        out->net = paid - out->tax;
        out->list = gross - amount_ratio(gross, rate, BPS + rate);
        out->discount = out->list - out->net;
        t->tax = split(t, out->tax, t->paid);
        t->net = combine(t, t->paid, t->tax, -1);
        t->discount = split(t, out->discount, t->off);
        t->list = combine(t, t->net, t->discount, 1);
}

static void
tax_exclusive(struct tickets *t, int64_t rate, struct price *out)
{
        out->net = sum(t->paid, t->n);
        out->list = sum(t->price, t->n);
        out->discount = out->list - out->net;
        out->tax = amount_ratio(out->net, rate, BPS);
        t->net = t->paid;
        t->list = t->price;
        t->discount = t->off;
        t->tax = split(t, out->tax, t->net);
}

/* The order's discount as each code has its part in it, and the platform's part of each. */
static int64_t
funders(const struct tickets *t, const struct price_cart *cart, int64_t discount)
{
        int64_t *taken = ARENA_ARRAY(t->arena, int64_t, cart->promos), platform = 0;
        int64_t *part = ARENA_ARRAY(t->arena, int64_t, cart->promos);

        if (cart->promos == 0)
                return 0;
        for (size_t i = 0; i < cart->promos; i++)
                taken[i] = cart->promo[i].taken;
        CHECK(sum(taken, cart->promos) == sum(t->off, t->n));
        amount_split(discount, taken, cart->promos, part);
        for (size_t i = 0; i < cart->promos; i++) {
                struct price_promo *p = &cart->promo[i];

                p->discount = part[i];
                p->platform = amount_ratio(part[i], p->platform_bps, BPS);
                CHECK(amount_add(platform, p->platform, &platform));
        }
        return platform;
}

/* The fee, by whom it is paid, and the shares; the percentage part follows net, the fixed part stands on its ticket. */
static void
fees(struct tickets *t, const struct price_rules *r, int64_t platform, struct price *out)
{
        int64_t percent = amount_ratio(out->net, r->fee_percent_bps, BPS), fee;

        for (size_t i = 0; i < t->n; i++)
                t->fixed[i] = t->paid[i] > 0 ? r->fee_fixed : 0;
        fee = percent + sum(t->fixed, t->n);
        t->platform = split(t, platform, t->discount);
        t->share = combine(t, t->net, t->platform, 1);
        out->share = sum(t->share, t->n);
        if (r->fee_by_guest) {
                out->guest_fee = fee;
                t->guest_fee = combine(t, split(t, percent, t->net), t->fixed, 1);
        } else {
                out->absorbed_fee = fee < out->share ? fee : out->share;
                t->absorbed = split(t, out->absorbed_fee, t->share);
        }
        if (r->tax_on_fees && !r->tax_inclusive && r->fee_by_guest)
                out->tax_on_fee = amount_ratio(out->net + out->guest_fee, r->tax_rate_bps, BPS) - out->tax;
        t->tax_on_fee = split(t, out->tax_on_fee, t->guest_fee);
        out->reserve = amount_ratio_floor(out->share - out->absorbed_fee, r->reserve_bps, BPS);
}

static void
line_fill(const struct tickets *t, size_t at, const struct price_ask *ask, struct price_line *line)
{
        *line = (struct price_line){ .unit_price = ask->unit_price, .quantity = ask->quantity };
        line->ticket = ARENA_ARRAY(t->arena, struct price_parts, (size_t)ask->quantity);
        for (int64_t k = 0; k < ask->quantity; k++, at++) {
                line->ticket[k] = (struct price_parts){
                        .net = t->net[at],
                        .guest_fee = t->guest_fee[at],
                        .tax = t->tax[at],
                        .tax_on_fee = t->tax_on_fee[at],
                        .organizer_promo = t->discount[at] - t->platform[at],
                        .platform_promo = t->platform[at],
                        .absorbed_fee = t->absorbed[at],
                };
                line->list += t->list[at];
                line->discount += t->discount[at];
                line->net += t->net[at];
                line->fee += t->guest_fee[at];
                line->tax += t->tax[at] + t->tax_on_fee[at];
        }
        line->total = line->net + line->fee + line->tax;
}

static void
tickets_alloc(struct tickets *t)
{
        int64_t **column[] = { &t->price, &t->off, &t->paid, &t->fixed, &t->guest_fee, &t->absorbed };

        for (size_t i = 0; i < ARRAY_LEN(column); i++)
                *column[i] = ARENA_ARRAY(t->arena, int64_t, t->n);
}

bool
price_order(struct arena *a, const struct price_rules *rules, const struct price_cart *cart, struct price *out,
    struct err *e)
{
        struct tickets t = { .arena = a, .lines = cart->lines, .ask = cart->line };
        size_t at = 0;

        memset(out, 0, sizeof *out);
        CHECK(t.lines > 0);
        for (size_t i = 0; i < t.lines; i++) {
                CHECK(t.ask[i].quantity > 0 && t.ask[i].quantity <= PRICE_TICKETS_MAX);
                t.n += (size_t)t.ask[i].quantity;
        }
        if (t.n > PRICE_TICKETS_MAX)
                return err_field(e, "/items", FIELD_OUT_OF_RANGE, "too many tickets in one order");
        tickets_alloc(&t);
        if (!tickets_fill(&t, e))
                return false;
        (rules->tax_inclusive ? tax_inclusive : tax_exclusive)(&t, rules->tax_rate_bps, out);
        fees(&t, rules, funders(&t, cart, out->discount), out);
        out->tax += out->tax_on_fee;
        if (!amount_add(out->net, out->guest_fee, &out->total) || !amount_add(out->total, out->tax, &out->total) ||
            out->total > AMOUNT_MAX)
                return err_field(e, "/items", FIELD_OUT_OF_RANGE, "the order's total is too large");
        out->tickets = (int64_t)t.n;
        out->lines = t.lines;
        out->line = ARENA_ARRAY(a, struct price_line, t.lines);
        for (size_t i = 0; i < t.lines; at += (size_t)t.ask[i++].quantity)
                line_fill(&t, at, &t.ask[i], &out->line[i]);
        return true;
}
