/*
 * order_pay.c - paying an order that is held, by its own call or by the
 * repeated key of the call that made it; and cancelling one.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/orders/order_price.h"
#include "domain/payments/payment.h"
#include "io/db.h"
#include "io/fence.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/orders/orders.sql.def"

#define PAYMENT_RETRY_SECONDS   2

static void
order_params(struct params *p, const struct task *t, int32_t org, struct uuid order, const char *actor)
{
        param_i64(p, org);
        param_uuid(p, order);
        param_z(p, actor);
        param_text(p, t->subject.request_id);
}

/* Held -> processing, with a new attempt recorded, in the transaction's last wait. */
static bool
begin(struct task *t, struct tx *tx, const struct order_resuming *r, struct str gateway, struct err *e)
{
        struct params p = params_in(t->arena);

        order_params(&p, t, r->org, r->order, r->actor);
        tx_put(tx, &stmt_order_pay, &p);
        *r->payment = payment_new(t, r->out, gateway, r->idem, r->status_when_paid, r->actor);
        payment_begin_put(t, tx, r->payment);
        tx_commit(tx);
        *r->send = true;
        if (tx_get(tx, NULL, e))
                return true;
        if (e->code == ERR_PAYMENT_IN_PROGRESS)
                e->retry_after_seconds = PAYMENT_RETRY_SECONDS;
        return false;
}

bool
order_resume(struct task *t, struct tx *tx, const struct order_resuming *r, struct err *e)
{
        *r->send = false;
        if (!order_read(t, tx, r->org, r->order, r->out, e))
                return false;
        if (r->mine && payment_again(t, r->out, r->idem, r->status_when_paid, r->actor, r->payment))
                return *r->send = true;
        if (str_is(r->out->status, "held") && r->payment_token.p != NULL)
                return begin(t, tx, r, r->out->gateway, e);
        if (str_is(r->out->status, "expired") || str_is(r->out->status, "cancelled"))
                return err_set(e, ERR_ORDER_EXPIRED, "the order that this key made is %.*s", STR_ARG(r->out->status));
        /* Under way, or over without a stored answer: the order as it is, and the key stays open. */
        *r->answer = (struct answer){
                .status = str_is(r->out->status, "processing") ? 202 : r->status_when_paid,
                .body = order_view(t->arena, r->out, r->idem->browser, r->idem->browser),
                .replayed = true,
        };
        idem_finish_put(t, tx, r->idem, NULL);
        return true;
}

struct paying {
        struct task *task;
        const struct order_pay_ask *ask;
        struct order order;
        struct payment payment;
        bool send;
        struct answer *out;
};

static bool
pay_tx(struct tx *tx, void *arg, struct err *e)
{
        struct paying *w = arg;
        struct task *t = w->task;
        enum idem_verdict verdict;
        struct uuid object;
        struct order_resuming r = {
                .org = w->ask->org, .order = w->ask->order, .payment_token = w->ask->payment_token,
                .idem = &w->ask->idem, .actor = w->ask->actor, .status_when_paid = 200,
                .out = &w->order, .payment = &w->payment, .send = &w->send, .answer = w->out,
        };

        w->send = false;
        idem_claim_put(t, tx, &w->ask->idem, w->ask->order);
        order_read_put(t, tx, r.org, r.order);
        if (!idem_claim_get(t, tx, &w->ask->idem, &verdict, &object, w->out, e) ||
            !order_read_get(t, tx, r.org, &w->order, e))
                return false;
        switch (verdict) {
        case IDEM_REPLAY:
                return true;
        case IDEM_MINE:
        case IDEM_OPEN:
                r.mine = verdict == IDEM_MINE;
                return order_resume(t, tx, &r, e);
        case IDEM_FRESH:
                /* Whatever the order is but held is refused by order_pay, with the reason. */
                return begin(t, tx, &r, w->order.gateway, e);
        }
        NEVER("idempotency verdict");
}

bool
order_pay(struct task *t, const struct order_pay_ask *ask, struct answer *out, struct err *e)
{
        struct paying w = { .task = t, .ask = ask, .out = out };
        bool ok;

        memset(out, 0, sizeof *out);
        fence_arm(t->fence, t->conf->fence_ms);
        ok = db_tx_run(t->db, t->arena, &t->subject, pay_tx, &w, e);
        if (ok && w.send)
                payment_send(t, &w.payment, ask->payment_token, out);
        fence_disarm(t->fence);
        return ok;
}

static bool
cancel_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        const struct order_cancel_ask *ask = arg;
        struct params p = params_in(t->arena);
        struct order o;

        order_params(&p, t, ask->org, ask->order, ask->actor);
        if (!tx_call(tx, &stmt_order_cancel, &p, NULL, e) || !order_read(t, tx, ask->org, ask->order, &o, e))
                return false;
        *out = (struct answer){ .status = 200, .body = order_view(t->arena, &o, ask->guest, ask->idem.browser) };
        return true;
}

bool
order_cancel(struct task *t, const struct order_cancel_ask *ask, struct answer *out, struct err *e)
{
        struct order_cancel_ask copy = *ask;

        return idem_run(t, &ask->idem, cancel_run, &copy, out, e);
}

bool
order_expire(struct task *t, const struct job *j, struct err *e)
{
        return job_function(t, j, &stmt_order_expire, e);
}
