/* payment_attempt.c - attempts read back, and what is recorded of those that nobody waits for. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "base/secret.h"
#include "domain/house/house.h"
#include "domain/payments/payment_attempt.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/payments/payments.sql.def"

bool
attempt_open(const struct attempt *at)
{
        return str_is(at->state, "sending") || str_is(at->state, "unknown");
}

static bool
order_load(struct task *t, struct attempt *at, const struct rows *r, struct err *e)
{
        at->payment.order = NULL;
        if (row_is_null(r, 0, "order_id"))
                return true;
        at->payment.order = &at->order;
        return order_find(t, at->payment.org, row_uuid(r, 0, "order_id"), &at->order, e);
}

bool
attempt_read(struct task *t, int32_t org, struct uuid id, struct attempt *at, bool *found, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        memset(at, 0, sizeof *at);
        param_i64(&p, org);
        param_uuid(&p, id);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_payment_get, &p, &r, e))
                return false;
        *found = r.n > 0;
        if (!*found)
                return true;
        at->refund = str_is(row_text(&r, 0, "kind"), "refund");
        at->whole = at->refund && row_bool(&r, 0, "whole");
        at->state = row_text(&r, 0, "state");
        at->outcome_code = row_text(&r, 0, "outcome_code");
        at->transaction = row_text(&r, 0, "gateway_transaction");
        at->charge = row_text(&r, 0, "capture_transaction");
        at->age_ms = row_i64(&r, 0, "age_ms");
        at->lookups = row_i64(&r, 0, "lookups");
        at->payment = (struct payment){
                .org = org,
                .id = id,
                .amount.minor = row_i64(&r, 0, "amount"),
                .reference = row_text(&r, 0, "reference"),
                .gateway = row_text(&r, 0, "gateway"),
                .status_when_paid = row_is_null(&r, 0, "idem_status") ? 200 : (int)row_i64(&r, 0, "idem_status"),
                .actor = "jobs",
        };
        CHECK(currency_parse(row_text(&r, 0, "currency"), &at->payment.amount.currency));
        if (!row_is_null(&r, 0, "idem_org") && !idem_load(t, (int32_t)row_i64(&r, 0, "idem_org"),
            row_uuid(&r, 0, "idem_principal"), row_text(&r, 0, "idem_key"), &at->payment.idem, e))
                return false;
        at->payment.late = !attempt_open(at);
        return order_load(t, at, &r, e);
}

struct gateway_step
attempt_step(struct task *t, const struct attempt *at)
{
        const struct house_state *house = house_state(t);
        char order[ID_TEXT_MAX];
        struct gateway_step s = {
                .reference = at->payment.reference, .transaction = at->charge, .amount = at->payment.amount,
                .whole = at->whole, .order = STR(""), .house = house == NULL ? STR("") : str_of(house->house),
        };

        if (at->payment.order != NULL) {
                typeid_text("ord", at->payment.order->id, order);
                s.order = str_dup(t->arena, str_of(order));
        }
        return s;
}

struct recording {
        const struct stmt *stmt;
        struct params params;
        bool fresh;                     /* of capture_second */
};

/* Neither changes anything the second time: one finds a conflict, the other its row. */
static bool
record_tx(struct tx *tx, void *arg, struct err *e)
{
        struct recording *w = arg;
        struct rows r;

        tx_repeatable(tx);
        if (!tx_call(tx, w->stmt, &w->params, &r, e))
                return false;
        w->fresh = w->stmt == &stmt_capture_second && row_bool(&r, 0, "fresh");
        return true;
}

void
payment_outcome_put(struct params *q, const struct payment *p, enum payment_outcome outcome,
    const struct gateway_answer *a)
{
        param_i64(q, p->org);
        param_uuid(q, p->id);
        param_z(q, payment_outcome_state(outcome));
        param_text(q, a->code);
        param_text(q, a->decline_code);
        param_text(q, a->transaction);
        param_text(q, a->card_brand);
        param_text(q, a->card_last4);
}

void
payment_card_put(struct arena *a, struct params *q, struct str gateway, struct str fingerprint)
{
        char *hash;

        if (fingerprint.p == NULL) {
                param_null(q);
                return;
        }
        hash = arena_alloc(a, SHA256_SIZE);
        sha256(str_fmt(a, "%.*s %.*s", STR_ARG(gateway), STR_ARG(fingerprint)), (unsigned char *)hash);
        param_bytes(q, (struct str){ hash, SHA256_SIZE });
}

bool
refund_settle(struct task *t, const struct payment *p, enum payment_outcome outcome, bool failed_after,
    const struct gateway_answer *a, struct err *e)
{
        struct recording w = { .stmt = &stmt_payment_settle, .params = params_in(t->arena) };
        struct posting_set settled = recipe_post(failed_after ? RECIPE_refund_unsettled : RECIPE_refund_settled,
            &(struct amounts){ .amount = p->amount.minor });
        struct params *q = &w.params;

        payment_outcome_put(q, p, outcome, a);
        param_null(q);
        param_null(q);
        param_uuid(q, uuid_new(p->org));
        posting_set_params(&settled, q);
        param_i64(q, PAYMENT_LOOKUP_FIRST_MS);
        param_z(q, p->actor);
        param_text(q, t->subject.request_id);
        param_text(q, a->occurred_at);
        for (int i = 0; i < 4; i++)
                param_null(q);
        return db_tx_run(t->db, t->arena, &t->subject, record_tx, &w, e);
}

bool
capture_second(struct task *t, const struct attempt *at, const struct gateway_record *r, struct err *e)
{
        struct recording w = { .stmt = &stmt_capture_second, .params = params_in(t->arena) };
        struct posting_set unplaced = recipe_post(RECIPE_unplaced_capture,
            &(struct amounts){ .amount = r->amount.minor });
        struct params *q = &w.params;

        param_i64(q, at->payment.org);
        param_uuid(q, at->payment.id);
        param_uuid(q, uuid_new(at->payment.org));
        param_text(q, str_fmt(t->arena, "%.*s#%.*s", STR_ARG(at->payment.reference), STR_ARG(r->transaction)));
        param_text(q, r->transaction);
        param_i64(q, r->amount.minor);
        param_z(q, currency_code(r->amount.currency));
        param_text(q, r->code);
        param_text(q, r->card_brand);
        param_text(q, r->card_last4);
        param_uuid(q, uuid_new(at->payment.org));
        posting_set_params(&unplaced, q);
        param_z(q, "jobs");
        param_text(q, t->subject.request_id);
        param_text(q, r->occurred_at);
        payment_card_put(t->arena, q, at->payment.gateway, r->card_fingerprint);
        if (!db_tx_run(t->db, t->arena, &t->subject, record_tx, &w, e))
                return false;
        if (w.fresh)
                log_error(&t->subject, "payment.charged_twice", { "payment", at->payment.reference },
                    { "transaction", r->transaction }, { "next", STR("none: its money goes back by itself") });
        return true;
}

bool
payment_decide(struct task *t, struct uuid id, bool succeeded, struct str transaction, const char *reason,
    struct err *e)
{
        enum payment_outcome outcome = succeeded ? PAYMENT_SUCCEEDED : PAYMENT_DECLINED;
        struct gateway_answer a = {
                .code = str_fmt(t->arena, "operator: %s", reason), .transaction = succeeded ? transaction : STR_NONE,
                .decline_code = succeeded ? STR_NONE : STR("generic_decline"),
        };
        struct attempt at;
        struct answer ignored;
        bool found;

        if (!attempt_read(t, uuid_org(id), id, &at, &found, e))
                return false;
        if (!found)
                return err_set(e, ERR_NOT_FOUND, "there is no such payment");
        if (!attempt_open(&at))
                return err_set(e, ERR_STATE_CONFLICT, "the payment is %.*s already", STR_ARG(at.state));
        at.payment.actor = "operator";
        return at.refund ? refund_settle(t, &at.payment, outcome, false, &a, e)
            : payment_settle(t, &at.payment, outcome, &a, &ignored, e);
}
