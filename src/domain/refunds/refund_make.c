/*
 * refund_make.c - accepts a refund, in one transaction: facts under the order's
 * lock, what is given back and by whom, the entry.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/refunds/refund.h"
#include "domain/refunds/refund_facts.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/refunds/refunds.sql.def"

struct making {
        struct task *task;
        const struct refund_ask *ask;
        struct tx *tx;
        struct uuid id;
        struct refund_facts facts;
        bool *chosen;                   /* by ticket: it was named */
        bool *gone;                     /* by ticket: it is valid no more */
        struct giveback gives;
        struct own_parts own;
        struct str to;                  /* the order's status then */
};

static bool
is_gone(struct str status)
{
        return str_is(status, "refunded") || str_is(status, "void");
}

static bool
by_guest(const struct making *w)
{
        return !uuid_is_nil(w->ask->guest);
}

static bool
refundable(const struct making *w, struct err *e)
{
        const struct refund_facts *f = &w->facts;
        bool refunded = str_is(f->status, "refunded"), left = giveback_left(f->ticket, f->tickets, f->fees_back) > 0;

        if (by_guest(w) && !uuid_eq(w->ask->guest, f->guest) && !uuid_eq(w->ask->guest, f->person))
                return err_set(e, ERR_NOT_FOUND, "there is no such order");
        /* A dispute doesn't change the status: one that was won since leaves something again. */
        if ((refunded && !left && f->contested == 0) || str_is(f->status, "expired") ||
            str_is(f->status, "cancelled"))
                return err_set(e, ERR_NOTHING_LEFT, "the order is %.*s", STR_ARG(f->status));
        if (!refunded && !str_is(f->status, "paid") && !str_is(f->status, "partially_refunded"))
                return err_set(e, ERR_STATE_CONFLICT, "the order is %.*s, not paid", STR_ARG(f->status));
        if (!f->captured && f->total > 0)
                return err_set(e, ERR_STATE_CONFLICT, "the order has no charge to give back from");
        if (by_guest(w) && !f->window_open)
                return err_set(e, ERR_REFUND_WINDOW_CLOSED, "the time in which guests may ask for their money is over");
        return true;
}

static void
complain_ticket(size_t at, const char *why, struct err *e)
{
        char pointer[32];

        (void)snprintf(pointer, sizeof pointer, "/tickets/%zu", at);
        (void)err_field(e, pointer, FIELD_UNKNOWN_VALUE, why);
}

/* The tickets that are named, each once, each of this order and not refunded yet. */
static bool
choose(struct making *w, struct err *e)
{
        const struct refund_facts *f = &w->facts;
        char text[ID_TEXT_MAX];

        for (size_t i = 0; i < w->ask->tickets_n; i++) {
                size_t k = 0;

                while (k < f->tickets && !uuid_eq(f->ticket_id[k], w->ask->tickets[i]))
                        k++;
                if (k == f->tickets || w->chosen[k])
                        complain_ticket(i, k == f->tickets ? "is no ticket of this order" : "is named twice", e);
                else
                        w->chosen[k] = true;
        }
        if (e->code != ERR_NONE)
                return false;
        for (size_t k = 0; k < f->tickets; k++) {
                typeid_text("tix", f->ticket_id[k], text);
                if (w->chosen[k] && is_gone(f->ticket_status[k]))
                        return err_set(e, ERR_TICKET_NOT_REFUNDABLE, "ticket %s is %.*s", text,
                            STR_ARG(f->ticket_status[k]));
        }
        return true;
}

/*
 * Who was let in can't have the money back by itself, while the event takes
 * place; an amount comes off every ticket.
 */
static bool
unused(const struct making *w, struct err *e)
{
        for (size_t k = 0; by_guest(w) && !w->facts.frozen && k < w->facts.tickets; k++)
                if (str_is(w->facts.ticket_status[k], "used") && (w->ask->tickets_n == 0 || w->chosen[k]))
                        return err_set(e, ERR_TICKET_NOT_REFUNDABLE, "a ticket of it is used: ask the organizer");
        return true;
}

/* What is asked for is more than what is left: because of a dispute, or at all. */
static bool
too_much(const struct making *w, int64_t left, struct err *e)
{
        if (w->ask->amount <= left + w->facts.contested)
                return err_set(e, ERR_ORDER_DISPUTED, "%lld are left; %lld are disputed", (long long)left,
                    (long long)w->facts.contested);
        return err_set(e, ERR_REFUND_EXCEEDS_REFUNDABLE, "%lld can be given back at most", (long long)left);
}

static bool
any_valid(const struct making *w)
{
        for (size_t k = 0; k < w->facts.tickets; k++)
                if (!w->gone[k] && !is_gone(w->facts.ticket_status[k]))
                        return true;
        return false;
}

/* What these tickets hold; when that is all that is left, it takes every ticket's rest. */
static bool
split_tickets(struct making *w, int64_t left, struct err *e)
{
        struct refund_facts *f = &w->facts;

        if (!choose(w, e) || !unused(w, e))
                return false;
        w->gives = giveback_tickets(f->ticket, f->tickets, w->chosen, f->fees_back);
        memcpy(w->gone, w->chosen, f->tickets * sizeof *w->gone);
        if (w->gives.amount == left && left > 0)
                w->gives = giveback_amount(w->task->arena, f->ticket, f->tickets, left, f->fees_back);
        return true;
}

static bool
split_amount(struct making *w, int64_t left, struct err *e)
{
        struct refund_facts *f = &w->facts;

        if (w->ask->amount > left && (left > 0 || f->contested > 0))
                return too_much(w, left, e);
        if (left == 0 && f->contested == 0 && (w->ask->amount > 0 || !any_valid(w)))
                return err_set(e, ERR_NOTHING_LEFT, "nothing of the order is left to be given back");
        if (!unused(w, e))
                return false;
        w->gives = giveback_amount(w->task->arena, f->ticket, f->tickets,
            w->ask->amount > 0 && left > 0 ? w->ask->amount : left, f->fees_back);
        return true;
}

/* Nothing is given back, though something was paid: a dispute has it, and that is no gift. */
static bool
is_disputed_away(const struct making *w)
{
        const struct refund_facts *f = &w->facts;

        if (f->disputed == 0 || w->gives.amount > 0)
                return false;
        if (w->ask->tickets_n == 0)
                return true;
        for (size_t k = 0; k < f->tickets; k++)
                if (w->chosen[k] && f->ticket_paid[k] > 0)
                        return true;
        return false;
}

/* The order is refunded when no money of it can go back any more, and no ticket is left that cost none. */
static bool
split(struct making *w, struct err *e)
{
        struct refund_facts *f = &w->facts;
        int64_t left = giveback_left(f->ticket, f->tickets, f->fees_back);
        bool all;

        if (!(w->ask->tickets_n > 0 ? split_tickets(w, left, e) : split_amount(w, left, e)))
                return false;
        if (w->gives.amount > f->total - f->refunded - f->disputed || is_disputed_away(w))
                return f->contested > 0 ? err_set(e, ERR_ORDER_DISPUTED, "the rest of the order is disputed") :
                    err_set(e, ERR_NOTHING_LEFT, "the guest has the rest of the order by a dispute");
        all = w->gives.amount == left && (left > 0 || w->ask->tickets_n == 0);
        for (size_t k = 0; all && k < f->tickets; k++)
                w->gone[k] = !is_gone(f->ticket_status[k]);
        w->to = all || (w->gives.amount == left && !any_valid(w)) ? STR("refunded") : STR("partially_refunded");
        return true;
}

/* From which of the organizer's accounts it comes, and whether it may. */
static bool
cover(struct making *w, struct err *e)
{
        const struct refund_facts *f = &w->facts;
        int64_t back = f->fees_back ? w->gives.absorbed : 0, needs = w->gives.share - w->gives.absorbed;
        struct params p = params_in(w->task->arena);
        struct rows r;
        int64_t available;

        w->own = cover_refund(w->gives.share - back, &f->own);
        if (f->allow_negative || !f->stands || needs <= f->own.pending + f->own.reserve)
                return true;
        param_i64(&p, w->ask->org);
        param_text(&p, f->currency);
        if (!tx_call(w->tx, &stmt_refund_available, &p, &r, e))
                return false;
        available = row_i64(&r, 0, "available");
        if (needs <= f->own.pending + f->own.reserve + (available > 0 ? available : 0))
                return true;
        return err_set(e, ERR_INSUFFICIENT_ORGANIZER_BALANCE,
            "the organizer would give %lld: the order has %lld of it, and %lld are available", (long long)needs,
            (long long)(f->own.pending + f->own.reserve), (long long)available);
}

static struct refund
refund_of(const struct making *w)
{
        const struct giveback *g = &w->gives;
        struct refund r = {
                .id = w->id, .order = w->ask->order, .organizer = w->facts.organizer, .status = STR("preview"),
                .currency = w->facts.currency, .reason = w->ask->reason, .created_at = w->facts.at,
                .amount = g->amount, .list = g->list, .discount = g->discount, .net = g->net,
                .guest_fee = g->guest_fee, .tax = g->tax, .share = g->share, .absorbed_fee = g->absorbed,
                .own_pending = w->own.pending, .own_reserve = w->own.reserve, .own_available = w->own.available,
                .fees_back = w->facts.fees_back,
        };

        r.tickets = ARENA_ARRAY(w->task->arena, struct uuid, w->facts.tickets + 1);
        for (size_t k = 0; k < w->facts.tickets; k++)
                if (w->gone[k])
                        r.tickets[r.tickets_n++] = w->facts.ticket_id[k];
        return r;
}

static bool
record(struct making *w, struct refund *r, struct err *e)
{
        struct task *t = w->task;
        struct params q = params_in(t->arena);
        int64_t amounts[] = {
                r->amount, r->list, r->discount, r->net, r->guest_fee, r->tax, r->share, r->absorbed_fee,
        };
        int64_t own[] = { r->own_pending, r->own_reserve, r->own_available };
        struct posting_set entry = recipe_post(RECIPE_refund, &(struct amounts){
                .list = r->list, .discount = r->discount, .guest_fee = r->guest_fee, .tax = r->tax,
                .absorbed_fee = r->fees_back ? r->absorbed_fee : 0, .amount = r->amount, .share = r->share,
                .own_pending = r->own_pending, .own_reserve = r->own_reserve, .own_available = r->own_available,
        });
        struct rows rows;

        param_i64(&q, w->ask->org);
        param_uuid(&q, r->id);
        param_uuid(&q, r->order);
        param_i64_array(&q, amounts, ARRAY_LEN(amounts));
        param_bool(&q, r->fees_back);
        param_i64_array(&q, own, ARRAY_LEN(own));
        refund_gives_params(&q, t->arena, &w->facts);
        param_bool(&q, w->ask->tickets_n > 0);
        param_uuid_array(&q, r->tickets, r->tickets_n);
        param_text(&q, w->to);
        param_uuid(&q, uuid_new(w->ask->org));
        posting_set_params(&entry, &q);
        param_text(&q, r->reason);
        param_z(&q, w->ask->actor);
        param_text(&q, t->subject.request_id);
        if (!tx_call(w->tx, &stmt_refund_open, &q, &rows, e))
                return false;
        r->status = row_text(&rows, 0, "status");
        r->created_at = row_time(&rows, t->arena, 0, "created_at");
        return true;
}

bool
refund_make_in(struct task *t, struct tx *tx, const struct refund_ask *ask, struct refund *out, struct err *e)
{
        struct making w = { .task = t, .ask = ask, .tx = tx };

        refund_facts_put(tx, t->arena, ask->org, ask->order);
        if (!refund_facts_get(tx, t->arena, &w.facts, e))
                return false;
        w.chosen = ARENA_ARRAY(t->arena, bool, w.facts.tickets + 1);
        w.gone = ARENA_ARRAY(t->arena, bool, w.facts.tickets + 1);
        if (!refundable(&w, e) || !split(&w, e) || !cover(&w, e))
                return false;
        if (!ask->preview)
                w.id = uuid_is_nil(ask->id) ? uuid_new(ask->org) : ask->id;
        *out = refund_of(&w);
        return ask->preview || record(&w, out, e);
}

static bool
make_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        const struct refund_ask *ask = arg;
        struct refund r;

        if (!refund_make_in(t, tx, ask, &r, e))
                return false;
        *out = (struct answer){
                .status = ask->preview ? 200 : 201, .body = refund_view(t->arena, &r, !uuid_is_nil(ask->guest)),
        };
        return true;
}

bool
refund_make(struct task *t, const struct refund_ask *ask, struct answer *out, struct err *e)
{
        struct refund_ask asked = *ask;

        return idem_run(t, &ask->idem, make_run, &asked, out, e);
}
