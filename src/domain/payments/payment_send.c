/*
 * payment_send.c - the one place that sends a charge. Between transaction A
 * (recorded) and B (outcome) no transaction is open, and the fence is armed:
 * if this process stops here for too long it is killed, never late.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "domain/house/house.h"
#include "domain/payments/payment.h"
#include "io/fence.h"
#include "io/task.h"

enum payment_outcome
payment_outcome_of(enum gateway_outcome g)
{
        switch (g) {
        case GATEWAY_SUCCEEDED: return PAYMENT_SUCCEEDED;
        case GATEWAY_DECLINED:  return PAYMENT_DECLINED;
        case GATEWAY_NOT_SENT:  return PAYMENT_NOT_SENT;
        case GATEWAY_UNKNOWN:   return PAYMENT_UNKNOWN;
        }
        return PAYMENT_UNKNOWN;
}

static void
sale(struct task *t, const struct payment *p, struct str token, struct gateway_answer *a)
{
        struct gateway_charge c = { .reference = p->reference, .payment_token = token, .amount = p->amount };
        const struct house_state *house = house_state(t);
        char order[ID_TEXT_MAX];

        if (!fence_may_send(t->fence, t->conf->call_deadline_ms)) {
                *a = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = STR("too late before the fence") };
                return;
        }
        if (!gateway_usable(t->conf, p->gateway)) {
                *a = (struct gateway_answer){
                        .outcome = GATEWAY_NOT_SENT, .why = STR("its gateway is not set up here"),
                };
                return;
        }
        typeid_text("ord", p->order->id, order);
        c.order = str_dup(t->arena, str_of(order));
        c.house = house == NULL ? STR("") : str_of(house->house);
        gateway_sale(t, p->gateway, &c, a);
}

/*
 * The outcome could not be recorded now. Either it stands already (our own
 * COMMIT, whose answer was lost): then the key has the answer, or the order
 * says what became of it. Or the database is gone: the order is told to be
 * under way, and the look-up records what became of it.
 */
static void
answer_unrecorded(struct task *t, struct payment *p, const struct err *why, struct answer *out)
{
        struct err e = { .code = ERR_NONE };

        if (why->code == ERR_STATE_CONFLICT && idem_answer(t, &p->idem, out)) {
                out->replayed = false;
                return;
        }
        log_error(&t->subject, "payment.outcome_not_recorded", { "payment", p->reference },
            { "detail", str_of(why->detail) }, { "next", STR("none: the look-up records it") });
        if (why->code == ERR_STATE_CONFLICT && order_find(t, p->order->org, p->order->id, p->order, &e) &&
            str_is(p->order->status, "held"))
                *out = payment_answer_not_sent(t, p);
        else
                *out = (struct answer){
                        .status = 202, .body = order_view(t->arena, p->order, p->idem.browser, p->idem.browser),
                };
}

void
payment_send(struct task *t, struct payment *p, struct str token, struct answer *out)
{
        struct gateway_answer a = { .outcome = GATEWAY_UNKNOWN };
        struct err e = { .code = ERR_NONE };
        enum payment_outcome outcome;

        FAULT(payment_recorded);
        sale(t, p, token, &a);
        FAULT(payment_answered);
        outcome = payment_outcome_of(a.outcome);
        if (outcome == PAYMENT_UNKNOWN || outcome == PAYMENT_NOT_SENT)
                log_warn(&t->subject, outcome == PAYMENT_UNKNOWN ? "payment.unknown" : "payment.not_sent",
                    { "payment", p->reference }, { "code", a.code }, { "detail", a.why });
        if (!payment_settle(t, p, outcome, &a, out, &e))
                answer_unrecorded(t, p, &e, out);
        FAULT(payment_settled);
        fence_disarm(t->fence);
}
