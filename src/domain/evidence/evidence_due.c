/* evidence_due.c - the job that reminds of a due date, and gives up what is not worth an answer. */
#include "base/base.h"
#include "base/conf.h"
#include "base/log.h"
#include "domain/evidence/evidence_inner.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/evidence/evidence.sql.def"

struct reminding {
        struct task *task;
        const struct job *job;
        bool gave_up;
        int64_t hand_days;              /* left, where somebody is told to send it by hand; else 0 */
};

/* The house gives up what nobody has begun to answer, below what its operator set for the currency. */
static bool
not_worth_it(const struct conf *c, const struct rows *r)
{
        int64_t limit;

        return row_bool(r, 0, "untouched") &&
            conf_amount(c->auto_accept_amounts, row_text(r, 0, "currency"), &limit) && row_i64(r, 0, "amount") < limit;
}

void
evidence_hand(struct task *t, struct uuid dispute, int64_t days)
{
        char id[ID_TEXT_MAX];

        typeid_text("dsp", dispute, id);
        log_error(&t->subject, "dispute.send_by_hand", { "dispute", str_of(id) },
            { "days", days > 0 ? str_fmt(t->arena, "%lld", (long long)days) : STR("not told") },
            { "next", STR("send what `boxoffice disputes pack` writes to the gateway before the due date") });
}

static bool
remind_tx(struct tx *tx, void *arg, struct err *e)
{
        struct reminding *w = arg;
        struct task *t = w->task;
        struct params p = params_in(t->arena), next = params_in(t->arena), up = params_in(t->arena);
        struct rows r;

        tx_repeatable(tx);
        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        if (!tx_call(tx, &stmt_evidence_due, &p, &r, e))
                return false;
        w->gave_up = r.n > 0 && not_worth_it(t->conf, &r);
        w->hand_days = 0;
        if (r.n > 0 && row_bool(&r, 0, "by_hand") && !row_is_null(&r, 0, "days"))
                w->hand_days = row_i64(&r, 0, "days");
        if (w->gave_up) {
                param_i64(&up, w->job->org);
                param_uuid(&up, w->job->object);
                param_z(&up, "jobs");
                param_text(&up, t->subject.request_id);
                return tx_call(tx, &stmt_evidence_accept, &up, NULL, e);
        }
        param_i64(&next, w->job->org);
        param_text(&next, w->job->kind);
        param_uuid(&next, w->job->object);
        param_uuid(&next, w->job->lease);
        param_text(&next, r.n > 0 ? row_text(&r, 0, "next_at") : STR_NONE);
        return tx_call(tx, &stmt_evidence_next, &next, NULL, e);
}

bool
evidence_due(struct task *t, const struct job *j, struct err *e)
{
        struct reminding w = { .task = t, .job = j };
        char id[ID_TEXT_MAX];

        if (!db_tx_run(t->db, t->arena, &t->subject, remind_tx, &w, e))
                return false;
        typeid_text("dsp", j->object, id);
        if (w.gave_up)
                log_info(&t->subject, "dispute.given_up", { "dispute", str_of(id) });
        if (w.hand_days > 0)
                evidence_hand(t, j->object, w.hand_days);
        return true;
}
