/*
 * overs_cover.c - what came back to an order pays what disputes and refunds at
 * the gateway's took beyond it, the first that was booked first.
 */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "domain/refunds/refund_facts.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/disputes/disputes.sql.def"

struct covering {
        struct task *task;
        struct tx *tx;
        const struct came_back *came;
        struct refund_facts facts;
        struct posting_set entry;       /* of all together */
        bool any, refund;
};

/* One that took too much: what it gets now. */
struct over {
        struct uuid object;
        bool refund, open, fees_back;
        int64_t rest;
};

/* What was given is not held, nor had by the organizer, for the next. */
static void
leave(struct refund_facts *f, const struct own_parts *own)
{
        f->own.pending -= own->pending;
        f->own.reserve -= own->reserve;
        for (size_t k = 0; k < f->tickets; k++) {
                struct price_parts *h = &f->ticket[k].holds, *g = &f->ticket[k].gives;

                h->net -= g->net;
                h->guest_fee -= g->guest_fee;
                h->tax -= g->tax;
                h->tax_on_fee -= g->tax_on_fee;
                h->organizer_promo -= g->organizer_promo;
                h->platform_promo -= g->platform_promo;
                h->absorbed_fee -= g->absorbed_fee;
        }
}

static bool
joined(struct covering *w, const struct over *o, const struct giveback *g, const struct own_parts *own, struct err *e)
{
        struct params p = params_in(w->task->arena);
        int64_t amounts[] = {
                g->amount, g->list, g->discount, g->net, g->guest_fee, g->tax, g->share, g->absorbed,
        };
        int64_t accounts[] = { own->pending, own->reserve, own->available };

        param_i64(&p, w->came->org);
        param_uuid(&p, o->object);
        param_uuid(&p, w->came->order);
        param_i64_array(&p, amounts, ARRAY_LEN(amounts));
        param_i64_array(&p, accounts, ARRAY_LEN(accounts));
        refund_gives_params(&p, w->task->arena, &w->facts);
        return tx_call(w->tx, &stmt_dispute_joined, &p, NULL, e);
}

/* Split as a dispute's; the organizer gives as the dispute, or refund, would have had it. */
static bool
cover_one(struct covering *w, const struct over *o, struct err *e)
{
        struct refund_facts *f = &w->facts;
        int64_t left = giveback_left(f->ticket, f->tickets, true), back;
        struct own_parts own;
        struct posting_set part;
        struct giveback g;

        if (left == 0)
                return true;
        g = giveback_amount(w->task->arena, f->ticket, f->tickets, o->rest < left ? o->rest : left, true);
        back = o->refund && o->fees_back ? g.absorbed : 0;
        own = o->refund ? cover_refund(g.share - back, &f->own) : cover_dispute(g.share, &f->own);
        part = recipe_post(o->open ? RECIPE_over_covered_open : RECIPE_over_covered, &(struct amounts){
                .list = g.list, .discount = g.discount, .guest_fee = g.guest_fee, .tax = g.tax, .absorbed_fee = back,
                .amount = g.amount, .share = g.share,
                .own_pending = own.pending, .own_reserve = own.reserve, .own_available = own.available,
        });
        for (int a = 0; a < ACCOUNT_COUNT; a++)
                posting_debit(&w->entry, (enum account)a, part.amount[a]);
        w->any = true;
        w->refund = w->refund || o->refund;
        if (!joined(w, o, &g, &own, e))
                return false;
        leave(f, &own);
        return true;
}

static bool
post(struct covering *w, struct err *e)
{
        struct refund_facts *f = &w->facts;
        struct params p = params_in(w->task->arena);
        bool all = w->refund && giveback_left(f->ticket, f->tickets, f->fees_back) == 0;

        param_i64(&p, w->came->org);
        param_uuid(&p, w->came->object);
        param_uuid(&p, w->came->order);
        param_uuid(&p, uuid_new(w->came->org));
        param_text(&p, f->currency);
        posting_set_params(&w->entry, &p);
        param_text(&p, all ? STR("refunded") : STR_NONE);
        param_z(&p, w->came->actor);
        param_text(&p, w->task->subject.request_id);
        return tx_call(w->tx, &stmt_dispute_covered, &p, NULL, e);
}

bool
overs_cover(struct task *t, struct tx *tx, const struct came_back *c, struct err *e)
{
        struct covering w = { .task = t, .tx = tx, .came = c };
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, c->org);
        param_uuid(&p, c->order);
        if (!tx_call(tx, &stmt_dispute_overs, &p, &r, e))
                return false;
        if (r.n == 0)
                return true;
        refund_facts_put(tx, t->arena, c->org, c->order);
        if (!refund_facts_get(tx, t->arena, &w.facts, e))
                return false;
        for (int i = 0; i < r.n; i++) {
                struct over o = {
                        .object = row_uuid(&r, i, "object"), .refund = row_bool(&r, i, "refund"),
                        .open = row_bool(&r, i, "open"), .fees_back = row_bool(&r, i, "fees_back"),
                        .rest = row_i64(&r, i, "rest"),
                };

                if (!cover_one(&w, &o, e))
                        return false;
        }
        return !w.any || post(&w, e);
}
