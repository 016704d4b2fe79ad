/*
 * payment_return.c - the job that gives an unplaced capture's money back: one
 * attempt after the other, each recorded before it is sent, until the money is
 * back. Its process has a fence of its own.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/fault.h"
#include "base/log.h"
#include "domain/payments/payment_attempt.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/payments/payments.sql.def"

#define WAITS_MS        2000            /* while another attempt is looked up */
#define DISPUTED_MS     3600000         /* its end asks at once */
#define RETRY_FIRST_MS  INT64_C(5000)
#define RETRY_MOST_MS   INT64_C(3600000)

struct returning {
        struct task *task;
        const struct job *job;
        struct uuid refund;
        struct str reference;
        struct str verdict, gateway;
        int64_t tries;                  /* made before this one */
        struct gateway_step step;
};

/* Repeatable: a second run finds its own record and goes on with it. */
static bool
begin_tx(struct tx *tx, void *arg, struct err *e)
{
        struct returning *w = arg;
        struct task *t = w->task;
        struct params p = params_in(t->arena);
        char order[ID_TEXT_MAX];
        struct rows r;

        tx_repeatable(tx);
        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        param_uuid(&p, w->refund);
        param_text(&p, w->reference);
        param_i64(&p, t->conf->fence_ms);       /* nobody looks before the sender is dead or done */
        param_z(&p, "jobs");
        param_text(&p, t->subject.request_id);
        if (!tx_call(tx, &stmt_return_begin, &p, &r, e))
                return false;
        CHECK(r.n == 1);
        w->verdict = row_text(&r, 0, "verdict");
        w->gateway = row_text(&r, 0, "gateway");
        w->tries = row_i64(&r, 0, "tries");
        w->step = (struct gateway_step){
                .reference = w->reference, .transaction = row_text(&r, 0, "transaction"),
                .whole = row_bool(&r, 0, "whole"), .amount.minor = row_i64(&r, 0, "amount"), .order = STR(""),
        };
        CHECK(currency_parse(row_text(&r, 0, "currency"), &w->step.amount.currency));
        if (!row_is_null(&r, 0, "order_id")) {
                typeid_text("ord", row_uuid(&r, 0, "order_id"), order);
                w->step.order = str_dup(t->arena, str_of(order));
        }
        return true;
}

/* What the guest has by a dispute is not given back (recipe 11); of a rest there is a new job. */
static bool
had_tx(struct tx *tx, void *arg, struct err *e)
{
        struct returning *w = arg;
        struct task *t = w->task;
        struct params p = params_in(t->arena);
        struct posting_set entry = recipe_post(RECIPE_over_covered_owed,
            &(struct amounts){ .owed = w->step.amount.minor });

        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        param_uuid(&p, uuid_new(w->job->org));
        posting_set_params(&entry, &p);
        param_z(&p, "jobs");
        param_text(&p, t->subject.request_id);
        return tx_call(tx, &stmt_dispute_return_had, &p, NULL, e);
}

bool
capture_return(struct task *t, const struct job *j, struct err *e)
{
        struct returning w = { .task = t, .job = j, .refund = uuid_new(j->org) };
        struct gateway_answer a = { .outcome = GATEWAY_UNKNOWN };
        struct payment refund = { .org = j->org, .id = w.refund, .actor = "jobs" };
        char text[ID_TEXT_MAX];

        typeid_text("ref", w.refund, text);
        w.reference = str_of(text);
        if (!db_tx_run(t->db, t->arena, &t->subject, begin_tx, &w, e))
                return false;
        if (str_is(w.verdict, "done"))
                return job_finish(t, j, e);
        if (str_is(w.verdict, "waits"))
                return job_again(t, j, WAITS_MS, STR("a refund of it is looked up"), false, e);
        if (str_is(w.verdict, "disputed"))
                return job_again(t, j, DISPUTED_MS, STR("it is disputed"), false, e);
        if (str_is(w.verdict, "had"))
                return db_tx_run(t->db, t->arena, &t->subject, had_tx, &w, e) && job_finish(t, j, e);
        refund_attempt_send(t, w.refund, w.gateway, &w.step, &a);
        refund.amount = w.step.amount;
        if (!refund_settle(t, &refund, payment_outcome_of(a.outcome), false, &a, e)) {
                if (e->code != ERR_STATE_CONFLICT)
                        return false;
                err_clear(e);           /* a look-up was first: the next run sees what it found */
                return job_again(t, j, WAITS_MS, STR("its outcome was found meanwhile"), false, e);
        }
        FAULT(refund_settled);
        switch (a.outcome) {
        case GATEWAY_SUCCEEDED:
                log_info(&t->subject, "capture.returned", { "refund", w.reference }, { "charge", w.step.transaction });
                return job_finish(t, j, e);
        case GATEWAY_UNKNOWN:
                return job_again(t, j, WAITS_MS, STR("a refund of it is looked up"), false, e);
        case GATEWAY_DECLINED:
        case GATEWAY_NOT_SENT:
                log_error(&t->subject, "capture.not_returned", { "refund", w.reference },
                    { "charge", w.step.transaction }, { "code", a.code }, { "detail", a.why },
                    { "next", STR("none: it is tried again; if it comes again, give the money back there") });
                /* What the gateway refuses for want of balance takes its time. */
                return job_again(t, j, job_backoff_ms(w.tries + 1, RETRY_FIRST_MS, RETRY_MOST_MS), a.why,
                    a.outcome == GATEWAY_DECLINED, e);
        }
        NEVER("gateway outcome");
}
