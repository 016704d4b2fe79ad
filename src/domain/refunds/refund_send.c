/*
 * refund_send.c - the job that carries a refund to the gateway: an attempt is
 * recorded, sent, and its outcome recorded; one that nobody knows the outcome
 * of is looked up, not sent again. What the gateway refuses is failed here.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/fault.h"
#include "base/log.h"
#include "domain/disputes/dispute.h"
#include "domain/payments/payment_attempt.h"
#include "domain/refunds/refund.h"
#include "domain/refunds/refund_facts.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/refunds/refunds.sql.def"

#define WAITS_MS        2000            /* while an attempt is looked up */
#define RETRY_FIRST_MS  INT64_C(5000)
#define RETRY_MOST_MS   INT64_C(3600000)

struct sending {
        struct task *task;
        const struct job *job;
        struct uuid attempt;            /* recorded */
        struct str reference, verdict, gateway;
        struct uuid order;
        int64_t tries;                  /* made before this one */
        bool failed;                    /* set by fail_tx: it was ours to fail */
        struct gateway_step step;
};

/*
 * Repeatable: a second run finds the first one's record, sends nothing, and
 * leaves it to the look-up, as if the first had died.
 */
static bool
try_tx(struct tx *tx, void *arg, struct err *e)
{
        struct sending *w = arg;
        struct task *t = w->task;
        struct params p = params_in(t->arena);
        char order[ID_TEXT_MAX], first[ID_TEXT_MAX], later[ID_TEXT_MAX];
        struct uuid attempt = uuid_new(w->job->org);
        struct rows r;

        tx_repeatable(tx);
        typeid_text("ref", w->job->object, first);
        typeid_text("ref", attempt, later);
        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        param_uuid(&p, attempt);
        param_z(&p, first);
        param_z(&p, later);
        param_i64(&p, t->conf->fence_ms);       /* nobody looks before the sender is dead or done */
        param_z(&p, "jobs");
        param_text(&p, t->subject.request_id);
        if (!tx_call(tx, &stmt_refund_try, &p, &r, e))
                return false;
        w->verdict = row_text(&r, 0, "verdict");
        w->order = row_uuid(&r, 0, "order_id");
        w->attempt = row_uuid(&r, 0, "attempt");
        w->reference = row_text(&r, 0, "reference");
        if (!str_is(w->verdict, "begun"))
                return true;
        w->gateway = row_text(&r, 0, "gateway");
        w->tries = row_i64(&r, 0, "tries");
        typeid_text("ord", w->order, order);
        w->step = (struct gateway_step){
                .reference = w->reference, .transaction = row_text(&r, 0, "transaction"),
                .whole = row_bool(&r, 0, "whole"),
                .amount.minor = row_i64(&r, 0, "amount"), .order = str_dup(t->arena, str_of(order)),
        };
        CHECK(currency_parse(row_text(&r, 0, "currency"), &w->step.amount.currency));
        return true;
}

/* --- refused ----------------------------------------------------------- */

/* What the refund took from the organizer goes back by recipe 8. */
static void
fail_params(struct task *t, const struct job *j, const struct refund *r, const struct refund_facts *f, struct params *q)
{
        struct own_taken was = f->taken;
        struct own_parts back;
        struct posting_set entry;

        was.reserve = r->own_reserve;
        back = cover_return(r->own_pending + r->own_reserve + r->own_available, &was);
        entry = recipe_post(RECIPE_refund_failed, &(struct amounts){
                .list = r->list, .discount = r->discount, .guest_fee = r->guest_fee, .tax = r->tax,
                .absorbed_fee = r->fees_back ? r->absorbed_fee : 0, .amount = r->amount, .share = r->share,
                .over = r->over,
                .own_pending = back.pending, .own_reserve = back.reserve, .own_available = back.available,
        });
        param_i64(q, j->org);
        param_uuid(q, j->object);
        param_uuid(q, uuid_new(j->org));
        posting_set_params(&entry, q);
        /* One at the gateway's may have had nothing of the order. */
        if (r->list == 0 && r->over > 0 && f->live_refunds > 1)
                param_text(q, f->status);
        else
                param_z(q, f->live_refunds > 1 ? "partially_refunded" : "paid");
        param_z(q, "jobs");
        param_text(q, t->subject.request_id);
}

static bool
fail_tx(struct tx *tx, void *arg, struct err *e)
{
        struct sending *w = arg;
        struct task *t = w->task;
        struct params p = params_in(t->arena);
        struct refund_facts f;
        struct refund r;
        struct rows rows;

        tx_repeatable(tx);
        w->failed = false;
        refund_facts_put(tx, t->arena, w->job->org, w->order);
        if (!refund_facts_get(tx, t->arena, &f, e) || !refund_read(t, tx, w->job->org, w->job->object, &r, e))
                return false;
        if (str_is(r.status, "failed"))
                return true;            /* somebody was first */
        fail_params(t, w->job, &r, &f, &p);
        if (!tx_call(tx, &stmt_refund_fail, &p, &rows, e))
                return false;
        w->failed = row_bool(&rows, 0, "failed");
        return !w->failed || overs_cover(t, tx, &(struct came_back){
                .org = w->job->org, .order = w->order, .object = w->job->object, .actor = "jobs" }, e);
}

static bool
fail(struct sending *w, struct err *e)
{
        struct task *t = w->task;
        char id[ID_TEXT_MAX];

        if (!db_tx_run(t->db, t->arena, &t->subject, fail_tx, w, e))
                return false;
        typeid_text("ref", w->job->object, id);
        if (w->failed)
                log_error(&t->subject, "refund.failed", { "refund", str_of(id) },
                    { "next", STR("the guest has no money yet: refund again, or settle it with them") });
        return job_finish(t, w->job, e);
}

/* Nothing left us: again, later each time, by attempts that are kept. */
static bool
try_later(struct sending *w, const struct gateway_answer *a, struct err *e)
{
        struct task *t = w->task;
        char id[ID_TEXT_MAX];

        typeid_text("ref", w->job->object, id);
        log_error(&t->subject, "refund.not_sent", { "refund", str_of(id) }, { "detail", a->why },
            { "next", STR("none: it is tried again; is its gateway set up and in reach?") });
        return job_again(t, w->job, job_backoff_ms(w->tries + 1, RETRY_FIRST_MS, RETRY_MOST_MS), a->why, false, e);
}

bool
refund_send(struct task *t, const struct job *j, struct err *e)
{
        struct sending w = { .task = t, .job = j };
        struct gateway_answer a = { .outcome = GATEWAY_UNKNOWN };
        struct payment attempt = { .org = j->org, .actor = "jobs" };

        if (!db_tx_run(t->db, t->arena, &t->subject, try_tx, &w, e))
                return false;
        if (str_is(w.verdict, "done"))
                return job_finish(t, j, e);
        if (str_is(w.verdict, "failed"))
                return fail(&w, e);
        if (str_is(w.verdict, "waits"))
                return job_again(t, j, WAITS_MS, STR("an attempt is looked up"), false, e);
        refund_attempt_send(t, w.attempt, w.gateway, &w.step, &a);
        attempt.id = w.attempt;
        attempt.amount = w.step.amount;
        if (!refund_settle(t, &attempt, payment_outcome_of(a.outcome), false, &a, e)) {
                if (e->code != ERR_STATE_CONFLICT)
                        return false;
                err_clear(e);           /* a look-up was first: the next run sees what it found */
                return job_again(t, j, 0, STR("its outcome was found meanwhile"), false, e);
        }
        FAULT(refund_settled);
        switch (a.outcome) {
        case GATEWAY_SUCCEEDED:
                return job_finish(t, j, e);
        case GATEWAY_DECLINED:
                return fail(&w, e);
        case GATEWAY_UNKNOWN:
                return job_again(t, j, WAITS_MS, STR("an attempt is looked up"), false, e);
        case GATEWAY_NOT_SENT:
                return try_later(&w, &a, e);
        }
        NEVER("gateway outcome");
}
