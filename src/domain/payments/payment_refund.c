/*
 * payment_refund.c - an attempt to give money back, recorded already, is sent.
 * In a file of its own: it looks up first, which workers never do, and they
 * don't load what that takes.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/fault.h"
#include "domain/house/house.h"
#include "domain/payments/payment_attempt.h"
#include "io/db.h"
#include "io/fence.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/payments/payments.sql.def"

/* A void has no transaction of its own: it goes by its charge's. */
static bool
is_anothers(struct task *t, struct uuid attempt, struct str transaction, bool *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, uuid_org(attempt));
        param_uuid(&p, attempt);
        param_text(&p, transaction);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_payment_of_transaction, &p, &r, e))
                return false;
        *out = !row_is_null(&r, 0, "id");
        return true;
}

void
refund_attempt_lookup(struct task *t, struct uuid attempt, struct str gateway, const struct gateway_step *s,
    struct gateway_records *r)
{
        struct err e = { .code = ERR_NONE };
        int kept = 0;

        gateway_lookup_refund(t, gateway, s, r);
        for (int i = 0; i < r->n; i++) {
                struct str transaction = r->record[i].transaction;
                bool anothers;

                if (!is_anothers(t, attempt, transaction.n > 0 ? transaction : s->transaction, &anothers, &e)) {
                        *r = (struct gateway_records){ .why = str_dup(t->arena, str_of(e.detail)) };
                        return;
                }
                if (!anothers)
                        r->record[kept++] = r->record[i];
        }
        r->n = kept;
}

/*
 * An earlier try may have reached the gateway after all, also one whose record
 * a restore has lost: then nothing is sent, nor while the gateway does not say.
 * true: *a is what came of it.
 */
static bool
made_already(struct task *t, struct uuid attempt, struct str gateway, const struct gateway_step *s,
    struct gateway_answer *a)
{
        struct gateway_records *r = ARENA_NEW(t->arena, struct gateway_records);

        refund_attempt_lookup(t, attempt, gateway, s, r);
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
refund_attempt_send(struct task *t, struct uuid attempt, struct str gateway, struct gateway_step *s,
    struct gateway_answer *a)
{
        const struct house_state *house = house_state(t);

        FAULT(refund_recorded);
        *a = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = STR("its gateway is not set up here") };
        if (!gateway_usable(t->conf, gateway))
                return;
        s->house = house == NULL ? STR("") : str_of(house->house);
        if (!made_already(t, attempt, gateway, s, a)) {
                *a = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = STR("too late before the fence") };
                if (fence_may_send(t->fence, t->conf->call_deadline_ms))
                        gateway_refund(t, gateway, s, a);
        }
        FAULT(refund_answered);
}
