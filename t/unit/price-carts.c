/*
 * price-carts.c - prices the carts that stand on its standard input, a line
 * of numbers each, and prints a line for each: what 450-*.t compares with an
 * implementation of its own.
 *
 * In:  currency, percent_bps, fixed_amount, guest pays (1, 0), tax_bps, inclusive, on_fees, reserve_bps;
 *      lines, for each: unit price, quantity, type;
 *      promos, for each: kind (0 percent, 1 per order, 2 per ticket), value, platform_bps, min_amount, min_tickets,
 *      types, for each: type.
 * Out: the order; what each promo took and the platform's part of it, - where it counts for nothing; each line with its
 * tickets; the sale's postings; the total in decimals. Or "refused".
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/money.h"
#include "domain/ledger/ledger.h"
#include "domain/pricing/pricing.h"
#include "domain/promos/promo.h"

#include <inttypes.h>

#define CART_ARENA_CAP  ((size_t)32 * 1024 * 1024)

struct cart {
        char currency[4];
        struct price_rules rules;
        size_t lines, promos;
        struct promo_line *line;
        struct promo *promo;
};

static int64_t
number(void)
{
        int64_t n;

        CHECK(scanf("%" SCNd64, &n) == 1);
        return n;
}

static struct uuid
type_read(void)
{
        return (struct uuid){ .b = { [15] = (unsigned char)number() } };
}

static void
promo_read(struct arena *a, struct promo *p)
{
        int64_t kind = number();
        int64_t value = number();
        struct uuid *types;

        *p = (struct promo){
                .percent_bps = kind == 0 ? value : 0, .fixed_amount = kind == 0 ? 0 : value, .per_ticket = kind == 2,
        };
        p->platform_bps = number();
        p->min_order_amount = number();
        p->min_tickets = number();
        p->types_n = (size_t)number();
        p->types = types = ARENA_ARRAY(a, struct uuid, p->types_n);
        for (size_t i = 0; i < p->types_n; i++)
                types[i] = type_read();
}

static bool
cart_read(struct arena *a, struct cart *c)
{
        if (scanf("%3s", c->currency) != 1)
                return false;
        c->rules = (struct price_rules){ .fee_percent_bps = number() };
        c->rules.fee_fixed = number();
        c->rules.fee_by_guest = number() == 1;
        c->rules.tax_rate_bps = number();
        c->rules.tax_inclusive = number() == 1;
        c->rules.tax_on_fees = number() == 1;
        c->rules.reserve_bps = number();
        c->lines = (size_t)number();
        c->line = ARENA_ARRAY(a, struct promo_line, c->lines);
        for (size_t i = 0; i < c->lines; i++) {
                c->line[i].unit_price = number();
                c->line[i].quantity = number();
                c->line[i].type = type_read();
                c->line[i].off = ARENA_ARRAY(a, int64_t, (size_t)c->line[i].quantity);
        }
        c->promos = (size_t)number();
        c->promo = ARENA_ARRAY(a, struct promo, c->promos);
        for (size_t i = 0; i < c->promos; i++)
                promo_read(a, &c->promo[i]);
        return true;
}

static void
print(int64_t n)
{
        printf("%" PRId64 " ", n);
}

static void
print_lines(const struct price *p)
{
        for (size_t l = 0; l < p->lines; l++) {
                const struct price_line *line = &p->line[l];
                const int64_t sums[] = { line->list, line->discount, line->net, line->fee, line->tax, line->total };

                printf("| ");
                for (size_t i = 0; i < ARRAY_LEN(sums); i++)
                        print(sums[i]);
                for (int64_t k = 0; k < line->quantity; k++) {
                        const struct price_parts *t = &line->ticket[k];
                        const int64_t parts[] = {
                                t->net, t->guest_fee, t->tax, t->tax_on_fee, t->organizer_promo, t->platform_promo,
                                t->absorbed_fee,
                        };

                        printf(", ");
                        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
                                print(parts[i]);
                }
        }
}

static void
print_sale(const struct cart *c, const struct price *p)
{
        struct posting_set s = recipe_post(RECIPE_sale, &(struct amounts){
                .list = p->list, .discount = p->discount, .guest_fee = p->guest_fee, .absorbed_fee = p->absorbed_fee,
                .tax = p->tax, .share = p->share, .reserve = p->reserve, .total = p->total,
        });
        struct money total = { .minor = p->total };
        char text[MONEY_TEXT_MAX];

        printf("| ");
        for (int a = 0; a < ACCOUNT_COUNT; a++)
                if (s.amount[a] != 0)
                        printf("%s %" PRId64 " ", account_name((enum account)a), s.amount[a]);
        CHECK(currency_parse(str_of(c->currency), &total.currency));
        money_decimal(total, text);
        printf("| %s %s\n", text, c->currency);
}

static void
cart_price(struct arena *a, struct cart *c)
{
        struct price_ask *ask = ARENA_ARRAY(a, struct price_ask, c->lines);
        struct price_promo *part = ARENA_ARRAY(a, struct price_promo, c->promos + 1);
        bool *counts = ARENA_ARRAY(a, bool, c->promos + 1);
        struct price_cart cart = { .line = ask, .lines = c->lines, .promo = part };
        struct err e = { .code = ERR_NONE };
        struct price p;

        for (size_t i = 0; i < c->promos; i++) {
                struct err refused = { .code = ERR_NONE };
                struct price_promo *to = &part[cart.promos];

                counts[i] = promo_apply(a, &c->promo[i], c->line, c->lines, &to->taken, &refused);
                CHECK(counts[i] || refused.code == ERR_PROMO_NOT_APPLICABLE);
                to->platform_bps = c->promo[i].platform_bps;
                cart.promos += counts[i];
        }
        for (size_t i = 0; i < c->lines; i++)
                ask[i] = (struct price_ask){ c->line[i].unit_price, c->line[i].quantity, c->line[i].off };
        if (!price_order(a, &c->rules, &cart, &p, &e)) {
                CHECK(e.code == ERR_INVALID_REQUEST);
                printf("refused\n");
                return;
        }
        {
                const int64_t sums[] = {
                        p.list, p.discount, p.net, p.guest_fee, p.tax, p.total, p.share, p.absorbed_fee, p.reserve,
                };

                for (size_t i = 0; i < ARRAY_LEN(sums); i++)
                        print(sums[i]);
        }
        printf("| ");
        for (size_t i = 0, at = 0; i < c->promos; i++)
                if (counts[i]) {
                        print(part[at].taken);
                        print(part[at++].platform);
                } else
                        printf("- ");
        print_lines(&p);
        print_sale(c, &p);
}

int
main(void)
{
        struct arena *a = arena_new(CART_ARENA_CAP);
        struct cart c;

        (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);            /* so that a cart that aborts is known by its place */
        while (cart_read(a, &c)) {
                cart_price(a, &c);
                arena_reset(a);
        }
        arena_free(a);
        return ferror(stdin) || fflush(stdout) != 0;
}
