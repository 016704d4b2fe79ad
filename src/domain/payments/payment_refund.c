/*
 * payment_refund.c - an attempt to give money back, recorded already, is sent.
 * In a file of its own: it looks up first, which workers never do, and they
 * don't load what that takes.
 */
#include "base/base.h"
#include "base/arena.h"
#include "domain/house/house.h"
#include "domain/payments/payment_attempt.h"
#include "io/fence.h"
#include "io/task.h"

/*
 * An earlier try may have reached the gateway after all, also one whose record
 * a restore has lost: then nothing is sent, nor while the gateway does not say.
 * true: *a is what came of it.
 */
static bool
made_already(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *a)
{
        struct gateway_records *r = ARENA_NEW(t->arena, struct gateway_records);

        gateway_lookup_refund(t, gateway, s, r);
        for (int i = 0; i < r->n; i++) {
                if (r->record[i].state != RECORD_APPROVED)
                        continue;
                *a = (struct gateway_answer){
                        .outcome = GATEWAY_SUCCEEDED, .transaction = r->record[i].transaction,
                        .code = r->record[i].code, .occurred_at = r->record[i].occurred_at,
                };
                return true;
        }
        if (!r->asked)
                *a = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = r->why };
        return !r->asked;
}

void
refund_attempt_send(struct task *t, struct str gateway, struct gateway_step *s, struct gateway_answer *a)
{
        const struct house_state *house = house_state(t);

        *a = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = STR("its gateway is not set up here") };
        if (!gateway_usable(t->conf, gateway))
                return;
        s->house = house == NULL ? STR("") : str_of(house->house);
        if (made_already(t, gateway, s, a))
                return;
        *a = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = STR("too late before the fence") };
        if (fence_may_send(t->fence, t->conf->call_deadline_ms))
                gateway_refund(t, gateway, s, a);
}
