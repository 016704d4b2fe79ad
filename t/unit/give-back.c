/*
 * give-back.c - lives of orders that stand on its standard input, a line each,
 * and what each step took from the tickets and posted: what 470-*.t compares
 * with implementations of its own.
 *
 * In:  order's reserve, whether policy gives fees back (1, 0); tickets, for each its seven parts; steps as letters with
 *      numbers (t/lib/OrderBooks.pm has the table), and a full stop.
 * Out: the sale's postings; then for each step what the tickets gave, where it is one that takes, and its postings.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/ledger/ledger.h"
#include "domain/refunds/giveback.h"

#include <inttypes.h>

#define LIFE_ARENA_CAP  ((size_t)32 * 1024 * 1024)
#define TAKEN_MAX       256
#define DISPUTE_FEE     1500

/* By a refund or dispute. */
struct taken {
        struct price_parts *gives;
        struct amounts posted;
        int64_t from_organizer;
};

struct life {
        struct arena *arena;
        struct giveback_ticket *t;
        bool *chosen;
        size_t n, taken_n;
        bool fees_back, matured, reserve_released;
        struct taken taken[TAKEN_MAX];
        struct posting_set books;
        int64_t went, came;             /* out of the organizer's available and into it, but for passed-on fees */
};

static int64_t
number(void)
{
        int64_t n;

        CHECK(scanf("%" SCNd64, &n) == 1);
        return n;
}

static struct price_parts
parts_read(void)
{
        struct price_parts p;
        int64_t *const part[] = {
                &p.net, &p.guest_fee, &p.tax, &p.tax_on_fee, &p.organizer_promo, &p.platform_promo, &p.absorbed_fee,
        };

        for (size_t i = 0; i < ARRAY_LEN(part); i++)
                *part[i] = number();
        return p;
}

static struct price_parts
plus(const struct price_parts *p, const struct price_parts *q, int sign)
{
        return (struct price_parts){
                p->net + sign * q->net, p->guest_fee + sign * q->guest_fee, p->tax + sign * q->tax,
                p->tax_on_fee + sign * q->tax_on_fee, p->organizer_promo + sign * q->organizer_promo,
                p->platform_promo + sign * q->platform_promo, p->absorbed_fee + sign * q->absorbed_fee,
        };
}

static void
post(struct life *l, enum recipe r, const struct amounts *a)
{
        struct posting_set s = recipe_post(r, a);

        CHECK(posting_balances(&s));
        for (int i = 0; i < ACCOUNT_COUNT; i++) {
                l->books.amount[i] += s.amount[i];
                if (s.amount[i] != 0)
                        printf("%s %" PRId64 " ", account_name((enum account)i), s.amount[i]);
        }
        printf("| ");
}

static int64_t
credit(const struct life *l, enum account a)
{
        return -l->books.amount[a];
}

static void
amounts_own(struct amounts *a, const struct own_parts *own)
{
        a->own_pending = own->pending;
        a->own_reserve = own->reserve;
        a->own_available = own->available;
}

static void
print_gives(const struct life *l)
{
        for (size_t i = 0; i < l->n; i++) {
                const struct price_parts *g = &l->t[i].gives;

                printf("%s%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " ",
                    i == 0 ? "" : ", ", g->net, g->guest_fee, g->tax, g->tax_on_fee, g->organizer_promo,
                    g->platform_promo, g->absorbed_fee);
        }
        printf(": ");
}

/* The tickets have given: keeps what they gave, and posts it. */
static void
take(struct life *l, enum recipe r, const struct giveback *g)
{
        struct own_parts own = {
                .pending = credit(l, ACCOUNT_organizer_pending), .reserve = credit(l, ACCOUNT_organizer_reserve),
        };
        struct taken *k = &l->taken[l->taken_n++];

        CHECK(l->taken_n <= TAKEN_MAX);
        k->gives = ARENA_ARRAY(l->arena, struct price_parts, l->n);
        k->posted = (struct amounts){
                .list = g->list, .discount = g->discount, .guest_fee = g->guest_fee, .tax = g->tax, .share = g->share,
                .absorbed_fee = r == RECIPE_refund && l->fees_back ? g->absorbed : 0, .amount = g->amount,
                .fee = DISPUTE_FEE,
        };
        k->from_organizer = k->posted.share - k->posted.absorbed_fee;
        own = (r == RECIPE_refund ? cover_refund : cover_dispute)(k->from_organizer, &own);
        amounts_own(&k->posted, &own);
        l->went += own.available;
        for (size_t i = 0; i < l->n; i++) {
                k->gives[i] = l->t[i].gives;
                l->t[i].holds = plus(&l->t[i].holds, &l->t[i].gives, -1);
        }
        print_gives(l);
        post(l, r, &k->posted);
}

static void
come_back(struct life *l, enum recipe r, struct taken *k)
{
        struct amounts a = k->posted;
        struct own_parts own = cover_return(k->from_organizer, &(struct own_taken){
                .available = l->went, .came_available = l->came, .reserve = k->posted.own_reserve,
                .matured = l->matured, .reserve_released = l->reserve_released,
        });

        for (size_t i = 0; i < l->n; i++)
                l->t[i].holds = plus(&l->t[i].holds, &k->gives[i], 1);
        amounts_own(&a, &own);
        l->came += own.available;
        post(l, r, &a);
}

static void
move(struct life *l, enum recipe r, enum account from, bool *done)
{
        struct amounts a = { .amount = credit(l, from) };

        l->came += a.amount;
        *done = true;
        post(l, r, &a);
}

static void
take_amount(struct life *l, enum recipe r, int64_t amount, bool fees_back)
{
        struct giveback g = giveback_amount(l->arena, l->t, l->n, amount, fees_back);

        take(l, r, &g);
}

static void
take_tickets(struct life *l)
{
        struct giveback g;

        for (size_t i = 0; i < l->n; i++)
                l->chosen[i] = false;
        for (int64_t n = number(); n > 0; n--)
                l->chosen[number()] = true;
        g = giveback_tickets(l->t, l->n, l->chosen, l->fees_back);
        take(l, RECIPE_refund, &g);
}

/* Made at the gateway's: above what policy gives back it is split with fees. */
static void
take_external(struct life *l)
{
        int64_t amount = number();

        take_amount(l, RECIPE_refund, amount, l->fees_back || amount > giveback_left(l->t, l->n, false));
}

static struct taken *
taken(struct life *l)
{
        size_t k = (size_t)number();

        CHECK(k < l->taken_n);
        return &l->taken[k];
}

static bool
step(struct life *l)
{
        char letter;

        CHECK(scanf(" %c", &letter) == 1);
        switch (letter) {
        case 'A': take_amount(l, RECIPE_refund, number(), l->fees_back); break;
        case 'T': take_tickets(l); break;
        case 'X': take_external(l); break;
        case 'D': take_amount(l, RECIPE_dispute_opened, number(), true); break;
        case 'S': post(l, RECIPE_refund_settled, &taken(l)->posted); break;
        case 'F': come_back(l, RECIPE_refund_failed, taken(l)); break;
        case 'U': post(l, RECIPE_refund_unsettled, &taken(l)->posted); break;
        case 'L': post(l, RECIPE_dispute_lost, &taken(l)->posted); break;
        case 'W': come_back(l, RECIPE_dispute_won, taken(l)); break;
        case 'V': post(l, RECIPE_dispute_reversed, &taken(l)->posted); break;
        case 'P': post(l, RECIPE_dispute_fee_passed, &taken(l)->posted); break;
        case 'Q': post(l, RECIPE_dispute_fee_returned, &taken(l)->posted); break;
        case 'M': move(l, RECIPE_matured, ACCOUNT_organizer_pending, &l->matured); break;
        case 'R': move(l, RECIPE_reserve_released, ACCOUNT_organizer_reserve, &l->reserve_released); break;
        default: return false;
        }
        return true;
}

/* All that the tickets hold is what the order sold. */
static void
sell(struct life *l, int64_t reserve)
{
        struct amounts a = { .reserve = reserve };

        for (size_t i = 0; i < l->n; i++) {
                const struct price_parts *p = &l->t[i].holds;

                a.discount += p->organizer_promo + p->platform_promo;
                a.list += p->net + p->organizer_promo + p->platform_promo;
                a.guest_fee += p->guest_fee;
                a.absorbed_fee += p->absorbed_fee;
                a.tax += p->tax + p->tax_on_fee;
                a.share += p->net + p->platform_promo;
                a.total += p->net + p->guest_fee + p->tax + p->tax_on_fee;
        }
        post(l, RECIPE_sale, &a);
}

int
main(void)
{
        struct arena *a = arena_new(LIFE_ARENA_CAP);
        int64_t reserve;

        (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);            /* so that a life that aborts is known by its place */
        while (scanf("%" SCNd64, &reserve) == 1) {
                struct life l = { .arena = a, .fees_back = number() == 1 };

                l.n = (size_t)number();
                l.t = ARENA_ARRAY(a, struct giveback_ticket, l.n);
                l.chosen = ARENA_ARRAY(a, bool, l.n);
                for (size_t i = 0; i < l.n; i++)
                        l.t[i].holds = parts_read();
                sell(&l, reserve);
                while (step(&l))
                        continue;
                printf("\n");
                arena_reset(a);
        }
        arena_free(a);
        return ferror(stdin) || fflush(stdout) != 0;
}
