/*
 * dispute_hear.c - what gateways say of disputes by themselves, kept: where its
 * object can be asked, that there is something to ask; else each word as it is.
 */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "domain/disputes/dispute_report.h"
#include "io/json_write.h"
#include "io/json_read.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/disputes/disputes.sql.def"

static void
put_report(struct json_out *j, const struct dispute_report *r)
{
        jo_object(j, NULL);
        jo_text(j, "gateway", r->gateway);
        jo_text(j, "dispute", r->dispute);
        jo_text(j, "word", r->word);
        jo_text(j, "charge", r->charge);
        jo_text(j, "last4", r->last4);
        jo_text(j, "day", r->day);
        jo_text(j, "amount", r->amount);
        jo_text(j, "fee", r->fee);
        jo_text(j, "reason", r->reason);
        jo_text(j, "due_by", r->due_by);
        jo_end_object(j);
}

void
dispute_reports_put(struct task *t, struct tx *tx, const struct dispute_report *r, size_t n, const char *source,
    bool dry)
{
        struct json_out j = json_out_new(t->arena);
        struct params p = params_in(t->arena);

        jo_array(&j, NULL);
        for (size_t i = 0; i < n; i++)
                put_report(&j, &r[i]);
        jo_end_array(&j);
        param_i64(&p, 0);
        param_text(&p, json_out_str(&j));
        param_z(&p, source);
        param_bool(&p, dry);
        param_text(&p, t->subject.request_id);
        tx_put(tx, &stmt_disputes_heard, &p);
}

bool
dispute_reports_get(struct tx *tx, int64_t *news, struct err *e)
{
        struct rows r;

        if (!tx_get(tx, &r, e))
                return false;
        *news = row_i64(&r, 0, "news");
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
                .due_by = c->due_by,
        };

        if (text_is_card_data(r.reason))
                r.reason = STR_NONE;            /* what is sealed in the event is not written anywhere else */
        if (r.word.p == NULL)
                r.word = STR("needs_response"); /* a chargeback that is there has taken the money */
        return r;
}

void
dispute_hear_put(struct task *t, struct tx *tx, const struct gateway_event *ev, bool dry)
{
        struct dispute_report *r = ARENA_ARRAY(t->arena, struct dispute_report, ev->chargebacks + 1);
        size_t n = 0;

        while (n < ev->chargebacks) {
                r[n] = report_of(&ev->chargeback[n]);
                n++;
        }
        if (ev->chargeback == NULL)
                r[n++] = (struct dispute_report){
                        .gateway = ev->gateway, .dispute = ev->transaction, .word = STR("ask"), .charge = ev->charge,
                };
        dispute_reports_put(t, tx, r, n, "webhook", dry);
}

bool
dispute_hear_get(struct tx *tx, const struct gateway_event *ev, bool *news, struct err *e)
{
        int64_t n;

        if (!dispute_reports_get(tx, &n, e))
                return false;
        *news = n > 0 || ev->chargeback == NULL;        /* the object may have changed */
        return true;
}
