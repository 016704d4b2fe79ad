/*
 * dispute_hear.c - what gateways say of disputes by themselves, kept: where its
 * object can be asked, that there is something to ask; else each word as it is.
 */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "domain/disputes/dispute_report.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/disputes/disputes.sql.def"

void
dispute_report_put(struct task *t, struct tx *tx, const struct dispute_report *r, bool dry)
{
        struct params p = params_in(t->arena);

        param_i64(&p, 0);
        param_uuid(&p, uuid_new(0));
        param_text(&p, r->gateway);
        param_text(&p, r->dispute);
        param_text(&p, r->word);
        param_text(&p, r->charge);
        param_text(&p, r->last4);
        param_text(&p, r->day);
        param_text(&p, r->amount);
        param_text(&p, r->fee);
        param_text(&p, r->reason);
        param_text(&p, r->due_by);
        param_z(&p, r->source);
        param_bool(&p, dry);
        param_text(&p, t->subject.request_id);
        tx_put(tx, &stmt_dispute_heard, &p);
}

bool
dispute_report_get(struct tx *tx, bool *fresh, struct err *e)
{
        struct rows r;

        if (!tx_get(tx, &r, e))
                return false;
        *fresh = row_bool(&r, 0, "fresh") || row_is_null(&r, 0, "state");
        return true;
}

struct str
dispute_report_word(struct str status)
{
        static const char *const words[] = { "warning", "needs_response", "under_review", "won", "lost", NULL };

        for (size_t i = 0; words[i] != NULL; i++)
                if (str_is(status, words[i]))
                        return str_of(words[i]);
        return STR_NONE;
}

static struct dispute_report
report_of(const struct gateway_chargeback *c)
{
        struct dispute_report r = {
                .gateway = STR("nmi"), .dispute = c->id, .word = dispute_report_word(c->status), .charge = c->charge,
                .last4 = c->last4, .day = c->day, .amount = c->amount, .fee = c->fee, .reason = c->reason,
                .due_by = c->due_by, .source = "webhook",
        };

        if (r.word.p == NULL)
                r.word = STR("needs_response"); /* a chargeback that is there has taken the money */
        return r;
}

void
dispute_hear_put(struct task *t, struct tx *tx, const struct gateway_event *ev, bool dry)
{
        for (size_t i = 0; i < ev->chargebacks; i++) {
                struct dispute_report r = report_of(&ev->chargeback[i]);

                dispute_report_put(t, tx, &r, dry);
        }
        if (ev->chargeback == NULL)
                dispute_report_put(t, tx, &(struct dispute_report){
                        .gateway = ev->gateway, .dispute = ev->transaction, .word = STR("ask"), .charge = ev->charge,
                        .source = "webhook" }, dry);
}

bool
dispute_hear_get(struct task *t UNUSED, struct tx *tx, const struct gateway_event *ev, bool *news, struct err *e)
{
        size_t n = ev->chargeback == NULL ? 1 : ev->chargebacks;

        *news = ev->chargeback == NULL; /* the object may have changed */
        for (size_t i = 0; i < n; i++) {
                bool fresh;

                if (!dispute_report_get(tx, &fresh, e))
                        return false;
                *news = *news || fresh;
        }
        return true;
}
