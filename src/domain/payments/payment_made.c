/*
 * payment_made.c - whether a refund was made before it is sent. In a file of
 * its own: workers never look up, and don't load what that takes.
 */
#include "base/base.h"
#include "base/arena.h"
#include "domain/payments/payment_attempt.h"
#include "io/task.h"

bool
refund_made_already(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *a)
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
