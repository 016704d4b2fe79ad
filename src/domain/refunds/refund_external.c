/*
 * refund_external.c - the job that takes in money of a charge that went back
 * without our sending it: made in the gateway's dashboard, by us before a
 * restore cut it off, or after the gateway had refused it. The gateway says
 * what was given back of the charge; what the books have not is booked in
 * full, whatever the order holds (ledger.md, recipes 2, 3 and 11). It decides
 * about no attempt of ours that is known here: those are looked up first.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/fault.h"
#include "base/log.h"
#include "domain/house/house.h"
#include "domain/payments/payment_attempt.h"
#include "domain/refunds/refund.h"
#include "domain/refunds/refund_facts.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/refunds/refunds.sql.def"

#define ASKED_MS        2000            /* until a look-up of ours has decided */
#define UNDECIDED_MS    60000
#define UNASKED_MS      5000
#define NOT_THERE_MS    5000

/* The charge, and one record of what was given back of it. */
struct taking {
        struct task *task;
        const struct job *job;          /* its object is the charge */
        const struct gateway_record *record;
        struct uuid named;              /* the refund of ours that the record names; nil: none */
        struct str gateway, charge;     /* and the gateway's id of it */
        struct str verdict;
        struct uuid order;              /* nil: no order has the charge */
        struct uuid attempt;            /* failed: the one in the books; book: as this one, or nil */
        struct uuid refund;             /* book: it was an attempt of this, which the books have; or nil */
        int64_t amount, owed;
        enum currency currency;
        int64_t over;
        bool external;
};

/* --- the order's ------------------------------------------------------- */

/* What policy lets be given back when this is gone. */
static int64_t
left_then(struct arena *a, const struct refund_facts *f)
{
        struct giveback_ticket *then = ARENA_ARRAY(a, struct giveback_ticket, f->tickets + 1);

        for (size_t k = 0; k < f->tickets; k++) {
                const struct price_parts *g = &f->ticket[k].gives;

                then[k].holds = f->ticket[k].holds;
                then[k].holds.net -= g->net;
                then[k].holds.guest_fee -= g->guest_fee;
                then[k].holds.tax -= g->tax;
                then[k].holds.tax_on_fee -= g->tax_on_fee;
        }
        return giveback_left(then, f->tickets, f->fees_back);
}

/*
 * Up to what policy gives back it is split as ours are; above, the whole of it
 * with fees and their tax, and what the order does not hold is over.
 */
static struct giveback
split(struct taking *w, struct refund_facts *f)
{
        int64_t amount = w->record->amount.minor;
        bool fees_back = f->fees_back || amount > giveback_left(f->ticket, f->tickets, f->fees_back);
        int64_t left = giveback_left(f->ticket, f->tickets, fees_back);
        int64_t held = amount < left ? amount : left;

        w->over = amount - held;
        if (held > 0)
                return giveback_amount(w->task->arena, f->ticket, f->tickets, held, fees_back);
        for (size_t k = 0; k < f->tickets; k++)
                f->ticket[k].gives = (struct price_parts){ 0 };
        return (struct giveback){ 0 };
}

static void
gone_params(struct taking *w, const struct refund_facts *f, bool all, struct params *q)
{
        struct uuid *gone = ARENA_ARRAY(w->task->arena, struct uuid, f->tickets + 1);
        size_t n = 0;

        for (size_t k = 0; all && k < f->tickets; k++)
                if (str_is(f->ticket_status[k], "valid") || str_is(f->ticket_status[k], "used"))
                        gone[n++] = f->ticket_id[k];
        param_uuid_array(q, gone, n);
        param_z(q, all ? "refunded" : "partially_refunded");
}

/* All that the order's row and its entry say of it. */
static bool
order_book(struct taking *w, struct tx *tx, struct uuid refund, struct err *e)
{
        struct arena *a = w->task->arena;
        struct params q = params_in(a);
        struct refund_facts f;
        struct giveback g;
        struct own_parts own;
        struct posting_set entry;
        struct rows r;
        int64_t absorbed;

        refund_facts_put(tx, a, w->job->org, w->order);
        if (!refund_facts_get(tx, a, &f, e))
                return false;
        g = split(w, &f);
        absorbed = f.fees_back ? g.absorbed : 0;
        own = cover_refund(g.share - absorbed, &f.own);
        entry = recipe_post(RECIPE_refund, &(struct amounts){
                .list = g.list, .discount = g.discount, .guest_fee = g.guest_fee, .tax = g.tax,
                .absorbed_fee = absorbed, .amount = w->record->amount.minor, .share = g.share, .over = w->over,
                .own_pending = own.pending, .own_reserve = own.reserve, .own_available = own.available,
        });
        param_i64(&q, w->job->org);
        param_uuid(&q, refund);
        param_uuid(&q, w->order);
        param_i64_array(&q, (int64_t[]){ w->record->amount.minor, g.list, g.discount, g.net, g.guest_fee, g.tax,
            g.share, g.absorbed, w->over }, 9);
        param_bool(&q, f.fees_back);
        param_i64_array(&q, (int64_t[]){ own.pending, own.reserve, own.available }, 3);
        refund_gives_params(&q, a, &f);
        param_bool(&q, false);
        gone_params(w, &f, left_then(a, &f) == 0, &q);
        param_uuid(&q, uuid_new(w->job->org));
        posting_set_params(&entry, &q);
        param_bool(&q, w->external);
        param_text(&q, w->record->occurred_at);
        param_null(&q);
        param_z(&q, "jobs");
        param_text(&q, w->task->subject.request_id);
        return tx_call(tx, &stmt_refund_book, &q, &r, e);
}

/* --- any --------------------------------------------------------------- */

/* An order's has all of it in transit by now; without one, no more than is still to be given back. */
static struct posting_set
settled(struct taking *w)
{
        int64_t amount = w->record->amount.minor, owed = amount;

        if (uuid_is_nil(w->order)) {
                owed = w->owed < 0 ? 0 : amount < w->owed ? amount : w->owed;
                w->over = amount - owed;
        }
        return recipe_post(RECIPE_refund_settled_over, &(struct amounts){
                .amount = amount, .owed = owed, .over = amount - owed,
        });
}

static bool
book(struct taking *w, struct tx *tx, struct err *e)
{
        struct params q = params_in(w->task->arena);
        struct uuid id = uuid_is_nil(w->attempt) ? uuid_new(w->job->org) : w->attempt;
        struct posting_set entry;
        char reference[ID_TEXT_MAX];
        struct rows r;

        w->external = uuid_is_nil(w->attempt);
        if (w->record->amount.currency != w->currency)
                return err_set(e, ERR_INTERNAL, "the gateway gave back %s of a charge in %s",
                    currency_code(w->record->amount.currency), currency_code(w->currency));
        if (!uuid_is_nil(w->order) && uuid_is_nil(w->refund) && !order_book(w, tx, id, e))
                return false;
        entry = settled(w);
        typeid_text("ref", id, reference);
        param_i64(&q, w->job->org);
        param_uuid(&q, w->job->object);
        param_uuid(&q, id);
        param_uuid_or_null(&q, uuid_is_nil(w->order) ? w->order : uuid_is_nil(w->refund) ? id : w->refund);
        param_z(&q, reference);
        param_text(&q, w->record->transaction);
        param_text(&q, w->record->code);
        param_i64(&q, w->record->amount.minor);
        param_i64(&q, w->over);
        /* Of what no order has there may be one of ours under way as well. */
        param_bool(&q, w->external || uuid_is_nil(w->order));
        param_uuid(&q, uuid_new(w->job->org));
        posting_set_params(&entry, &q);
        param_text(&q, w->record->occurred_at);
        param_z(&q, "jobs");
        param_text(&q, w->task->subject.request_id);
        return tx_call(tx, &stmt_refund_made, &q, &r, e);
}

/* Repeatable: what the first run booked is known to the second. */
static bool
take_tx(struct tx *tx, void *arg, struct err *e)
{
        struct taking *w = arg;
        struct params p = params_in(w->task->arena);
        struct rows r;

        tx_repeatable(tx);
        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        param_text(&p, w->record->transaction);
        param_i64(&p, w->record->amount.minor);
        param_uuid_or_null(&p, w->named);
        param_bool(&p, w->record->state == RECORD_DECLINED);
        param_text(&p, w->task->subject.request_id);
        if (!tx_call(tx, &stmt_refund_judge, &p, &r, e))
                return false;
        w->verdict = row_text(&r, 0, "verdict");
        w->order = row_uuid(&r, 0, "order_id");
        w->attempt = row_uuid(&r, 0, "attempt");
        w->refund = row_uuid(&r, 0, "refund");
        w->amount = row_is_null(&r, 0, "amount") ? 0 : row_i64(&r, 0, "amount");
        w->owed = row_i64(&r, 0, "owed");
        CHECK(currency_parse(row_text(&r, 0, "currency"), &w->currency));
        return !str_is(w->verdict, "book") || book(w, tx, e);
}

/* One in the books that was not ours to send came to nothing: the books go back; an order's refund fails by its job. */
static bool
take_back(struct taking *w, struct err *e)
{
        struct payment p = {
                .org = w->job->org, .id = w->attempt, .actor = "jobs",
                .amount = { .minor = w->amount, .currency = w->currency },
        };
        struct gateway_answer a = {
                .outcome = GATEWAY_DECLINED, .code = w->record->code, .transaction = w->record->transaction,
                .decline_code = STR("generic_decline"),
        };

        if (refund_settle(w->task, &p, PAYMENT_DECLINED, true, &a, e))
                return true;
        if (e->code != ERR_STATE_CONFLICT)
                return false;
        err_clear(e);                   /* somebody else was first */
        return true;
}

static void
log_booked(const struct taking *w)
{
        char id[ID_TEXT_MAX];

        typeid_text("pay", w->job->object, id);
        log_warn(&w->task->subject, w->external ? "refund.external" : "refund.adopted", { "payment", str_of(id) },
            { "transaction", w->record->transaction });
        if (w->over > 0)
                log_error(&w->task->subject, "refund.over_captured", { "payment", str_of(id) },
                    { "transaction", w->record->transaction },
                    { "next", STR("see `boxoffice discrepancies list`: the gateway gave back more than there was") });
}

/* *decided false: it is to be asked again. */
static bool
take(struct taking *w, bool *decided, struct err *e)
{
        struct task *t = w->task;

        if (!db_tx_run(t->db, t->arena, &t->subject, take_tx, w, e))
                return false;
        FAULT(refund_taken);
        if (str_is(w->verdict, "book"))
                log_booked(w);
        *decided = !str_is(w->verdict, "asked");
        return !str_is(w->verdict, "failed") || take_back(w, e);
}

/* The refund of ours that a record names, were it this installation's. */
static struct uuid
named_by(struct task *t, const struct job *j, const struct gateway_record *r)
{
        const struct house_state *house = house_state(t);
        struct uuid id, none = { { 0 } };

        if (!typeid_parse("ref", r->reference, &id) || uuid_org(id) != j->org)
                return none;
        return r->house.n == 0 || (house != NULL && str_is(r->house, house->house)) ? id : none;
}

/* What they said of what is decided is done with. *waits_ms: for how long the rest was waited for; below 0: none. */
static bool
reports_done(struct taking *w, const struct str *done, size_t n, int64_t *waits_ms, struct err *e)
{
        struct params p = params_in(w->task->arena);
        struct rows r;

        param_i64(&p, w->job->org);
        param_text(&p, w->gateway);
        param_text(&p, w->charge);
        param_text_array(&p, done, n);
        if (!db_query(w->task->db, w->task->arena, &w->task->subject, &stmt_refund_reports_done, &p, &r, e))
                return false;
        *waits_ms = row_is_null(&r, 0, "waits_ms") ? -1 : row_i64(&r, 0, "waits_ms");
        return true;
}

/* *again_ms: when to ask for the rest, 0: there is none. What was told and is not there may come within the horizon. */
static bool
take_all(struct taking *w, const struct gateway_given *g, int64_t *again_ms, struct err *e)
{
        struct str *done = ARENA_ARRAY(w->task->arena, struct str, g->n + 1);
        int64_t waits_ms;
        size_t n = 0;

        *again_ms = 0;
        for (size_t i = 0; i < g->n; i++) {
                bool decided;

                w->record = &g->record[i];
                w->named = named_by(w->task, w->job, w->record);
                w->over = 0;
                if (w->record->state == RECORD_UNDECIDED) {
                        *again_ms = *again_ms > 0 ? *again_ms : UNDECIDED_MS;
                        continue;
                }
                if (!take(w, &decided, e))
                        return false;
                if (decided)
                        done[n++] = w->record->transaction;
                else
                        *again_ms = ASKED_MS;
        }
        if (!reports_done(w, done, n, &waits_ms, e))
                return false;
        if (*again_ms == 0 && waits_ms >= 0 && waits_ms < w->task->conf->horizon_ms)
                *again_ms = NOT_THERE_MS;
        return true;
}

bool
refund_external(struct task *t, const struct job *j, struct err *e)
{
        struct taking w = { .task = t, .job = j };
        struct gateway_given_ask ask = { 0 };
        struct gateway_given given = { .why = STR("its gateway is not set up here") };
        struct params p = params_in(t->arena);
        struct rows r;
        int64_t again_ms, ignored;

        param_i64(&p, j->org);
        param_uuid(&p, j->object);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_refund_charge, &p, &r, e))
                return false;
        if (r.n == 0)
                return job_finish(t, j, e);
        if (!row_bool(&r, 0, "captured"))       /* its own look-up is not done with it */
                return job_again(t, j, UNASKED_MS, STR("the charge is not in the books"), true, e);
        w.gateway = row_text(&r, 0, "gateway");
        ask.charge = w.charge = row_text(&r, 0, "transaction");
        ask.reference = row_text(&r, 0, "reference");
        ask.told = row_text_array(&r, t->arena, 0, "told", &ask.told_n);
        if (gateway_usable(t->conf, w.gateway))
                gateway_given_back(t, w.gateway, &ask, &given);
        if (!given.asked)
                return job_again(t, j, UNASKED_MS, given.why, false, e);
        if (!take_all(&w, &given, &again_ms, e))
                return false;
        if (again_ms == 0 && !reports_done(&w, ask.told, ask.told_n, &ignored, e))
                return false;
        return again_ms > 0 ? job_again(t, j, again_ms, STR("a refund of it is not decided yet"), false, e)
            : job_finish(t, j, e);
}
