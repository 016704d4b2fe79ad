/*
 * payment_lookup.c - what became of an attempt: of one that nobody came back
 * from, and of one whose record and the gateway's are said to differ. The job
 * runs until the gateway's records or the horizon decide.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "domain/house/house.h"
#include "domain/payments/payment_attempt.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/payments/payments.sql.def"

#define NOT_FOUNDS_FINAL        3
#define FENCE_SLACK_MS          100
#define HORIZON_SLACK_MS        100
#define BEYOND_MS               10000
#define UNASKED_MS              5000

/*
 * 2 s, 5 s, 15 s, 1 min, 2 min, then every 5 min, but once when the horizon has
 * passed; from then on quickly, because only what is not found then counts.
 */
static int64_t
next_delay_ms(const struct task *t, const struct attempt *at)
{
        static const int64_t seconds[] = { 2, 5, 15, 60, 120, 300 };
        size_t i = at->lookups < (int64_t)ARRAY_LEN(seconds) ? (size_t)at->lookups : ARRAY_LEN(seconds) - 1;
        int64_t ms = seconds[i] * 1000, horizon_in = t->conf->horizon_ms - at->age_ms;
        int64_t beyond = t->conf->horizon_ms / 16 < BEYOND_MS ? t->conf->horizon_ms / 16 : BEYOND_MS;

        if (horizon_in <= 0)
                return beyond;
        return ms < horizon_in ? ms : horizon_in + HORIZON_SLACK_MS;
}

static void
log_settled(struct task *t, const struct attempt *at)
{
        if (at->payment.unplaced)
                log_error(&t->subject, "payment.unplaced", { "payment", at->payment.reference },
                    { "detail", STR("the gateway charged it late and its order does not take it") },
                    { "next", STR("none: its money goes back by itself") });
        else
                log_info(&t->subject, "payment.resolved", { "payment", at->payment.reference },
                    { "order", at->payment.order == NULL ? STR("-") : at->order.status });
}

/* The books have given it back by another refund, or not at all: as if somebody had made it at the gateway. */
static bool
made_after_all(struct task *t, const struct attempt *at, const struct gateway_answer *a, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, at->payment.org);
        param_null(&p);
        param_z(&p, "approved");
        param_text(&p, at->charge);
        param_text(&p, a->transaction.n > 0 ? a->transaction : at->charge);
        param_i64(&p, at->payment.amount.minor);
        param_text(&p, at->payment.gateway);
        param_bool(&p, false);
        param_text(&p, t->subject.request_id);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_refund_heard, &p, &r, e))
                return false;
        if (!str_is(row_text(&r, 0, "verdict"), "known"))
                log_error(&t->subject, "payment.refunded_twice", { "refund", at->payment.reference },
                    { "transaction", a->transaction },
                    { "next", STR("none: it is booked as made at the gateway; see its order") });
        return true;
}

/* Records it and lets the job go. */
static bool
settle(struct task *t, const struct job *j, struct attempt *at, enum payment_outcome outcome,
    const struct gateway_answer *a, struct err *e)
{
        struct answer ignored;
        bool ok = at->refund
            ? refund_settle(t, &at->payment, outcome, str_is(at->state, "succeeded"), a, e)
            : payment_settle(t, &at->payment, outcome, a, &ignored, e);

        if (!ok && e->code != ERR_STATE_CONFLICT)
                return false;
        if (ok && outcome != PAYMENT_UNKNOWN)
                log_settled(t, at);
        err_clear(e);                   /* in a conflict somebody else was first: just as well */
        if (!ok && at->refund && at->payment.late && outcome == PAYMENT_SUCCEEDED && !made_after_all(t, at, a, e))
                return false;
        /* An outcome that is still unknown has its next look-up. */
        return outcome == PAYMENT_UNKNOWN || job_finish(t, j, e);
}

/* A dead sender's attempt becomes unknown, so that its key no longer waits for it. */
static bool
give_up_sender(struct task *t, const struct job *j, struct attempt *at, struct err *e)
{
        struct gateway_answer nothing = { .outcome = GATEWAY_UNKNOWN };

        return !str_is(at->state, "sending") || at->age_ms < t->conf->fence_ms ||
            settle(t, j, at, PAYMENT_UNKNOWN, &nothing, e);
}

static bool
is_ours(const struct attempt *at, const struct gateway_record *r)
{
        return r->amount.minor == at->payment.amount.minor && r->amount.currency == at->payment.amount.currency;
}

static bool
booked(const struct attempt *at)
{
        return str_is(at->state, "succeeded") || str_is(at->state, "late_approved") || str_is(at->state, "voided");
}

/*
 * The record that is the attempt: the one in our books; else, of those of our
 * amount, the first that stands; else the first that was taken and is voided.
 * NULL when there is none (yet).
 */
static const struct gateway_record *
own_record(const struct attempt *at, const struct gateway_records *r)
{
        const struct gateway_record *voided = NULL;

        for (int i = 0; i < r->n; i++) {
                const struct gateway_record *rec = &r->record[i];

                if (booked(at) ? !str_eq(rec->transaction, at->transaction) : !at->refund && !is_ours(at, rec))
                        continue;
                if (booked(at) || rec->state == RECORD_APPROVED)
                        return rec;
                if (voided == NULL && rec->captured)
                        voided = rec;
        }
        return voided;
}

/*
 * What else was captured of a charge was captured for nothing. One that is
 * voided already had been booked and given back before a restore forgot it (or
 * somebody was faster than we): booked all the same, and its return finds the
 * money back.
 */
static bool
return_others(struct task *t, const struct attempt *at, const struct gateway_records *r,
    const struct gateway_record *own, struct err *e)
{
        for (int i = 0; i < r->n && !at->refund; i++)
                if (r->record[i].captured && &r->record[i] != own && !capture_second(t, at, &r->record[i], e))
                        return false;
        return true;
}

static bool
undecided(const struct gateway_records *r)
{
        for (int i = 0; i < r->n; i++)
                if (r->record[i].state == RECORD_UNDECIDED)
                        return true;
        return false;
}

/* Only its own record can say so. */
static bool
has_failed_after(const struct attempt *at, const struct gateway_records *r)
{
        for (int i = 0; at->refund && str_is(at->state, "succeeded") && i < r->n; i++)
                if (r->record[i].state == RECORD_DECLINED && str_eq(r->record[i].transaction, at->transaction))
                        return true;
        return false;
}

/* It was accepted, and came to nothing afterwards: the money is ours to give back again. */
static bool
refund_unsettle(struct task *t, const struct job *j, struct attempt *at, struct gateway_answer *a, struct err *e)
{
        log_error(&t->subject, "payment.refund_failed", { "refund", at->payment.reference }, { "code", a->code },
            { "next", STR("none: an unplaced capture is given back again; for an order's, see refund.failed") });
        a->transaction = at->transaction;
        a->decline_code = STR("generic_decline");
        return settle(t, j, at, PAYMENT_DECLINED, a, e);
}

static bool
found(struct task *t, struct attempt *at, const struct job *j, const struct gateway_records *r, struct err *e)
{
        const struct gateway_record *own = own_record(at, r), *rec = own == NULL ? &r->record[0] : own;
        struct gateway_answer a = {
                .code = rec->code, .transaction = rec->transaction,
                .card_brand = rec->card_brand, .card_last4 = rec->card_last4,
                .card_fingerprint = rec->card_fingerprint, .occurred_at = rec->occurred_at,
        };

        if (!return_others(t, at, r, own, e))
                return false;
        if (has_failed_after(at, r))
                return refund_unsettle(t, j, at, &a, e);
        if (booked(at))
                return job_finish(t, j, e);
        if (own != NULL && own->state == RECORD_APPROVED)
                return settle(t, j, at, PAYMENT_SUCCEEDED, &a, e);
        if (undecided(r))
                return job_again(t, j, next_delay_ms(t, at), STR("the gateway has not decided"), false, e);
        if (!attempt_open(at))
                return job_finish(t, j, e);
        /* Declined, voided, or charged another amount, which goes back: nothing of it stands. */
        a.transaction = STR_NONE;
        a.decline_code = STR("generic_decline");
        return settle(t, j, at, PAYMENT_DECLINED, &a, e);
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

/*
 * Not found counts from the horizon on: what was not there before may still
 * have been on its way. No answer counts for nothing, either way.
 */
static bool
looked_up(struct task *t, const struct attempt *at, const struct gateway_records *r, int64_t *not_founds, struct err *e)
{
        struct counting c = { .params = params_in(t->arena) };

        param_i64(&c.params, at->payment.org);
        param_uuid(&c.params, at->payment.id);
        if (r->asked && r->n > 0)
                param_bool(&c.params, false);
        else if (r->asked && at->age_ms >= t->conf->horizon_ms)
                param_bool(&c.params, true);
        else
                param_null(&c.params);
        if (!db_tx_run(t->db, t->arena, &t->subject, looked_up_tx, &c, e))
                return false;
        *not_founds = c.not_founds;
        return true;
}

static void
ask(struct task *t, const struct attempt *at, struct gateway_records *r)
{
        struct gateway_step step;

        if (!gateway_usable(t->conf, at->payment.gateway)) {
                *r = (struct gateway_records){ .why = STR("its gateway is not set up here") };
                return;
        }
        if (!at->refund) {
                gateway_lookup(t, at->payment.gateway, at->payment.reference, r);
                return;
        }
        step = attempt_step(t, at);
        refund_attempt_lookup(t, at->payment.id, at->payment.gateway, &step, r);
}

/* Nothing there. What that means depends on how long ago it was sent, and on what the gateway said then. */
static bool
not_found(struct task *t, struct attempt *at, const struct job *j, int64_t not_founds, struct err *e)
{
        struct gateway_answer nothing = { .outcome = GATEWAY_NOT_SENT, .code = at->outcome_code };

        if (!attempt_open(at))
                return job_finish(t, j, e);
        if (str_is(at->state, "sending") && at->age_ms < t->conf->fence_ms)
                return job_again(t, j, t->conf->fence_ms - at->age_ms + FENCE_SLACK_MS, STR("its sender may be alive"),
                    false, e);
        if (gateway_code_is_setup(at->payment.gateway, at->outcome_code)) {
                log_error(&t->subject, "gateway.refuses_for_its_setup", { "payment", at->payment.reference },
                    { "code", at->outcome_code },
                    { "next", STR("correct the merchant account's set-up at the gateway") });
                nothing.decline_code = STR("generic_decline");
                return settle(t, j, at, PAYMENT_DECLINED, &nothing, e);
        }
        if (not_founds < NOT_FOUNDS_FINAL)
                return job_again(t, j, next_delay_ms(t, at), STR("not found yet"), false, e);
        return settle(t, j, at, PAYMENT_NOT_FOUND, &nothing, e);
}

static bool
adopt(struct task *t, const struct job *j, const char *gateway, struct str reference,
    const struct gateway_record *rec, struct err *e)
{
        struct params p = params_in(t->arena);
        struct uuid order = { { 0 } };

        if (!typeid_parse("ord", rec->order, &order) || uuid_org(order) != j->org)
                order = (struct uuid){ { 0 } };
        param_i64(&p, j->org);
        param_uuid(&p, j->object);
        param_uuid_or_null(&p, order);
        param_z(&p, gateway);
        param_text(&p, reference);
        param_i64(&p, rec->amount.minor);
        param_z(&p, currency_code(rec->amount.currency));
        param_z(&p, "jobs");
        param_text(&p, t->subject.request_id);
        log_error(&t->subject, "payment.adopted", { "payment", reference }, { "transaction", rec->transaction },
            { "detail", STR("the gateway has a charge of ours whose record is lost") },
            { "next", STR("none: it is placed on its order, or its money goes back") });
        return db_query(t->db, t->arena, &t->subject, &stmt_payment_adopt, &p, NULL, e);
}

/*
 * No record of it here. Which gateway it went to is not known either. It is
 * adopted for what stands there; then what is voided beside that is booked
 * too. Where all of it is voided nothing is owed to anybody, and nothing tells
 * whether it was booked or came to nothing: it is left alone.
 */
static bool
lost(struct task *t, const struct job *j, struct err *e)
{
        struct gateway_records *r = ARENA_NEW(t->arena, struct gateway_records);
        const struct house_state *house = house_state(t);
        char text[ID_TEXT_MAX];
        bool asked = house != NULL;

        typeid_text("pay", j->object, text);
        for (size_t g = 0; asked && gateway_names[g] != NULL; g++) {
                if (!gateway_usable(t->conf, str_of(gateway_names[g])))
                        continue;
                gateway_lookup(t, str_of(gateway_names[g]), str_of(text), r);
                asked = r->asked;
                for (int i = 0; i < r->n; i++)
                        if (r->record[i].state == RECORD_APPROVED && str_is(r->record[i].house, house->house))
                                return adopt(t, j, gateway_names[g], str_of(text), &r->record[i], e) &&
                                    payment_lookup(t, j, e);
        }
        return asked ? job_finish(t, j, e)
            : job_again(t, j, UNASKED_MS, STR("no gateway could be asked"), false, e);
}

bool
payment_lookup(struct task *t, const struct job *j, struct err *e)
{
        struct gateway_records *r = ARENA_NEW(t->arena, struct gateway_records);
        struct attempt at;
        int64_t not_founds;
        bool there;

        if (!attempt_read(t, j->org, j->object, &at, &there, e))
                return false;
        if (!there)
                return lost(t, j, e);
        if (!give_up_sender(t, j, &at, e))
                return false;
        ask(t, &at, r);
        if (!looked_up(t, &at, r, &not_founds, e))
                return false;
        if (!r->asked)
                return job_again(t, j, next_delay_ms(t, &at), r->why, false, e);
        return r->n > 0 ? found(t, &at, j, r, e) : not_found(t, &at, j, not_founds, e);
}
