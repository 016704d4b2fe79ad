/*
 * payment_trace.c - the job that asks the gateway of which charges refunds are
 * that it told of without saying so. From there on they are heard as any other.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/log.h"
#include "domain/payments/payment.h"
#include "domain/payments/payment_hear.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/payments/payments.sql.def"

#define AT_ONCE         16
#define NOT_THERE_MS    5000            /* its list may be behind what it told */

static bool
report_done(struct task *t, int32_t org, struct str gateway, struct str transaction, struct err *e)
{
        struct params p = params_in(t->arena);

        param_i64(&p, org);
        param_text(&p, gateway);
        param_z(&p, "");
        param_text_array(&p, &transaction, 1);
        return db_query(t->db, t->arena, &t->subject, &stmt_refund_reports_done, &p, NULL, e);
}

/* It is there: what it says of its charge is heard. */
static bool
hear(struct task *t, struct str gateway, const struct gateway_record *r, struct err *e)
{
        struct gateway_event ev = {
                .gateway = gateway, .id = t->subject.request_id, .subject = SUBJECT_REFUND, .state = r->state,
                .transaction = r->transaction, .charge = r->charge, .reference = r->reference, .order = r->order,
                .house = r->house, .amount = r->amount,
        };
        struct heard heard;

        return payment_hear(t, &ev, false, &heard, e);
}

/* *done false: the gateway does not say, or has no such refund yet. */
static bool
find(struct task *t, int32_t org, const struct rows *r, int i, bool *done, struct err *e)
{
        struct gateway_records *found = ARENA_NEW(t->arena, struct gateway_records);
        struct str gateway = row_text(r, i, "gateway"), transaction = row_text(r, i, "transaction");
        bool usable = gateway_usable(t->conf, gateway), given_up;

        if (usable)
                gateway_find_refund(t, gateway, transaction, found);
        /* Not while it can't be asked: that says nothing. */
        given_up = (found->asked || !usable) && row_i64(r, i, "age_ms") > t->conf->horizon_ms;
        *done = found->asked && found->n > 0 && found->record[0].state != RECORD_UNDECIDED;
        if (*done && found->record[0].charge.n > 0 && !hear(t, gateway, &found->record[0], e))
                return false;
        if (!*done && given_up)
                log_error(&t->subject, "refund.not_found", { "gateway", gateway }, { "transaction", transaction },
                    { "next", STR("look there what it is: the gateway told of it, and does not know it") });
        *done = *done || given_up;
        return !*done || report_done(t, org, gateway, transaction, e);
}

bool
refund_trace(struct task *t, const struct job *j, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;
        bool all = true;

        param_i64(&p, j->org);
        param_i64(&p, AT_ONCE);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_refund_reports_new, &p, &r, e))
                return false;
        for (int i = 0; i < r.n; i++) {
                bool done;

                if (!find(t, j->org, &r, i, &done, e))
                        return false;
                all = all && done;
        }
        if (!all)
                return job_again(t, j, NOT_THERE_MS, STR("the gateway does not know of one yet"), false, e);
        return r.n == AT_ONCE ? job_again(t, j, 0, STR("there are more"), false, e) : job_finish(t, j, e);
}
