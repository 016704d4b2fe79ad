/*
 * payment_lookup.c - what became of an attempt that nobody came back from.
 * The job runs until the gateway's records or the horizon decide.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "domain/payments/payment.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/payments/payments.sql.def"

#define NOT_FOUNDS_FINAL        3

/* The attempt as the database has it. */
struct attempt {
        struct payment payment;
        struct order order;
        struct str state;
        struct money amount;
        int64_t age_ms, lookups;
};

static bool
attempt_read(struct task *t, const struct job *j, struct attempt *at, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, j->org);
        param_uuid(&p, j->object);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_payment_get, &p, &r, e))
                return false;
        if (r.n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such payment");
        at->state = row_text(&r, 0, "state");
        at->age_ms = row_i64(&r, 0, "age_ms");
        at->lookups = row_i64(&r, 0, "lookups");
        at->amount.minor = row_i64(&r, 0, "amount");
        CHECK(currency_parse(row_text(&r, 0, "currency"), &at->amount.currency));
        at->payment = (struct payment){
                .order = &at->order,
                .id = j->object,
                .reference = row_text(&r, 0, "reference"),
                .gateway = row_text(&r, 0, "gateway"),
                .status_when_paid = (int)row_i64(&r, 0, "idem_status"),
                .actor = "jobs",
        };
        if (!row_is_null(&r, 0, "idem_org") && !idem_load(t, (int32_t)row_i64(&r, 0, "idem_org"),
            row_uuid(&r, 0, "idem_principal"), row_text(&r, 0, "idem_key"), &at->payment.idem, e))
                return false;
        return order_find(t, j->org, row_uuid(&r, 0, "order_id"), &at->order, e);
}

/* 2 s, 5 s, 15 s, 1 min, 2 min, then every 5 min; at most a quarter of the horizon, which is short in a sandbox. */
static int64_t
next_delay_ms(const struct task *t, int64_t lookups)
{
        static const int64_t seconds[] = { 2, 5, 15, 60, 120, 300 };
        size_t i = lookups < (int64_t)ARRAY_LEN(seconds) ? (size_t)lookups : ARRAY_LEN(seconds) - 1;
        int64_t ms = seconds[i] * 1000, most = t->conf->horizon_ms / 4;

        return ms < most ? ms : most;
}

static bool
settle(struct task *t, struct attempt *at, enum payment_outcome outcome, const struct gateway_answer *a, struct err *e)
{
        struct answer ignored;

        if (payment_settle(t, &at->payment, outcome, a, &ignored, e)) {
                log_info(&t->subject, "payment.resolved", { "payment", at->payment.reference },
                    { "order", at->order.status });
                return true;
        }
        if (e->code != ERR_STATE_CONFLICT)
                return false;
        err_clear(e);           /* somebody else was first: just as well */
        return true;
}

/* A dead sender's attempt becomes unknown, so that its key no longer waits for it. */
static bool
give_up_sender(struct task *t, struct attempt *at, struct err *e)
{
        struct gateway_answer nothing = { .outcome = GATEWAY_UNKNOWN };

        return !str_is(at->state, "sending") || settle(t, at, PAYMENT_UNKNOWN, &nothing, e);
}

/* The record that decides: the first approved one, else one that may yet be, else the first. */
static const struct gateway_record *
deciding_record(struct task *t, const struct attempt *at, const struct gateway_records *r)
{
        const struct gateway_record *chosen = &r->record[0];
        int approved = 0;

        for (int i = 0; i < r->n; i++) {
                if (r->record[i].state == RECORD_UNDECIDED && approved == 0)
                        chosen = &r->record[i];
                if (r->record[i].state != RECORD_APPROVED)
                        continue;
                if (approved++ == 0)
                        chosen = &r->record[i];
                else
                        log_error(&t->subject, "payment.charged_twice", { "payment", at->payment.reference },
                            { "transaction", r->record[i].transaction },
                            { "next", STR("void this transaction at the gateway") });
        }
        return chosen;
}

static bool
found(struct task *t, struct attempt *at, const struct job *j, const struct gateway_records *r, struct err *e)
{
        const struct gateway_record *rec = deciding_record(t, at, r);
        struct gateway_answer a = {
                .code = rec->code, .transaction = rec->transaction,
                .card_brand = rec->card_brand, .card_last4 = rec->card_last4, .occurred_at = rec->occurred_at,
        };

        if (rec->state == RECORD_UNDECIDED)
                return job_again(t, j, next_delay_ms(t, at->lookups), STR("the gateway has not decided"), false, e);
        if (rec->state != RECORD_APPROVED) {
                a.decline_code = STR("generic_decline");
                return settle(t, at, PAYMENT_DECLINED, &a, e);
        }
        if (rec->amount.minor != at->amount.minor || rec->amount.currency != at->amount.currency) {
                log_error(&t->subject, "payment.amount_differs", { "payment", at->payment.reference },
                    { "transaction", rec->transaction }, { "next", STR("compare with the gateway by hand") });
                return job_again(t, j, next_delay_ms(t, at->lookups), STR("the gateway's amount is not ours"), true, e);
        }
        return settle(t, at, PAYMENT_SUCCEEDED, &a, e);
}

struct counting {
        struct params params;
        int64_t not_founds;
};

/* Not repeatable: one answer of the gateway must not count twice. */
static bool
looked_up_tx(struct tx *tx, void *arg, struct err *e)
{
        struct counting *c = arg;
        struct rows r;

        if (!tx_call(tx, &stmt_payment_looked_up, &c->params, &r, e))
                return false;
        c->not_founds = row_i64(&r, 0, "not_founds");
        return true;
}

static bool
looked_up(struct task *t, const struct job *j, bool not_found, int64_t *not_founds, struct err *e)
{
        struct counting c = { .params = params_in(t->arena) };

        param_i64(&c.params, j->org);
        param_uuid(&c.params, j->object);
        param_bool(&c.params, not_found);
        if (!db_tx_run(t->db, t->arena, &t->subject, looked_up_tx, &c, e))
                return false;
        *not_founds = c.not_founds;
        return true;
}

bool
payment_lookup(struct task *t, const struct job *j, struct err *e)
{
        struct gateway_records *r = ARENA_NEW(t->arena, struct gateway_records);
        struct attempt at = { .age_ms = 0 };
        struct gateway_answer nothing = { .outcome = GATEWAY_NOT_SENT };
        int64_t not_founds;

        if (!attempt_read(t, j, &at, e))
                return false;
        if (!str_is(at.state, "sending") && !str_is(at.state, "unknown"))
                return job_finish(t, j, e);
        if (str_is(at.state, "sending") && at.age_ms < t->conf->fence_ms)
                return job_again(t, j, t->conf->fence_ms - at.age_ms + 100, STR("its sender may be alive"), false, e);
        if (!give_up_sender(t, &at, e))
                return false;
        gateway_lookup(t, at.payment.gateway, at.payment.reference, r);
        if (!looked_up(t, j, r->asked && r->n == 0, &not_founds, e))
                return false;
        if (!r->asked)
                return job_again(t, j, next_delay_ms(t, at.lookups), r->why, false, e);
        if (r->n > 0)
                return found(t, &at, j, r, e);
        if (at.age_ms < t->conf->horizon_ms || not_founds < NOT_FOUNDS_FINAL)
                return job_again(t, j, next_delay_ms(t, at.lookups), STR("not found yet"), false, e);
        return settle(t, &at, PAYMENT_NOT_FOUND, &nothing, e);
}
