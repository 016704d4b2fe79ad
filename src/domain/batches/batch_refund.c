/* batch_refund.c - the job of a batch: plans it, then refunds order by order, in turns. */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/batches/batch.h"
#include "domain/refunds/refund.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/batches/batches.sql.def"

#define TURN_MS         100             /* then other jobs have theirs */
#define PACE_MS         250             /* between turns: each has its part of a second's orders */
#define SETTLING_MS     2000
#define OPEN_A_CHILD    8               /* refunds on their way, for each gateway call that can be made at once */
#define RUNNING         "running"       /* the job's progress once all is planned (job_pages) */

/* --- one order ----------------------------------------------------------- */

struct trying {
        struct task *task;
        const struct job *job;
        struct uuid order;
        int64_t tries;                  /* 0: it waits no more */
};

static void
tried_params(struct params *p, const struct trying *w, const char *state, struct uuid refund, struct str detail)
{
        param_i64(p, w->job->org);
        param_uuid(p, w->job->object);
        param_uuid(p, w->order);
        param_i64(p, w->tries);
        param_z(p, state);
        param_uuid_or_null(p, refund);
        param_text(p, detail);
}

/* Repeatable: a second run finds that the order waits no more. */
static bool
try_tx(struct tx *tx, void *arg, struct err *e)
{
        struct trying *w = arg;
        struct task *t = w->task;
        struct params p = params_in(t->arena), q = params_in(t->arena);
        struct refund_ask ask = {
                .org = w->job->org, .order = w->order, .reason = STR("the event is cancelled"),
                .actor = "cancellation",        /* batch_counts knows its refunds by it */
        };
        struct refund refund;
        struct rows r;

        tx_repeatable(tx);
        w->tries = 0;
        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        param_uuid(&p, w->order);
        if (!tx_call(tx, &stmt_batch_take, &p, &r, e))
                return false;
        if (r.n == 0)
                return true;
        w->tries = row_i64(&r, 0, "tries");
        ask.id = uuid_derived(w->job->object, w->order, (uint32_t)w->tries);
        if (!refund_make_in(t, tx, &ask, &refund, e))
                return false;
        tried_params(&q, w, "made", refund.id, STR_NONE);
        return tx_call(tx, &stmt_batch_tried, &q, NULL, e);
}

/* No refund was made: why, where that is an answer; one order's failure is no other's. */
static bool
not_made(struct trying *w, struct err *e)
{
        struct task *t = w->task;
        struct params p = params_in(t->arena);
        struct str why = str_fmt(t->arena, "%s: %s", err_info(e->code)->code, e->detail);
        bool nothing = e->code == ERR_NOTHING_LEFT, disputed = e->code == ERR_ORDER_DISPUTED;
        char id[ID_TEXT_MAX];

        if (e->code == ERR_UNAVAILABLE || e->code == ERR_RECOVERING || w->tries == 0)
                return false;           /* the whole batch waits */
        err_clear(e);
        if (!nothing && !disputed) {
                typeid_text("ord", w->order, id);
                log_error(&t->subject, "batch.order_failed", { "order", str_of(id) }, { "detail", why },
                    { "next", STR("`boxoffice refunds batch show` lists it, resume tries it again") });
        }
        tried_params(&p, w, nothing ? "nothing" : disputed ? "disputed" : "failed", (struct uuid){ { 0 } },
            nothing ? STR_NONE : why);
        return db_query(t->db, t->arena, &t->subject, &stmt_batch_tried, &p, &(struct rows){ NULL, 0 }, e);
}

/* --- a turn -------------------------------------------------------------- */

static bool
next(struct task *t, const struct job *j, struct rows *out, struct err *e)
{
        struct params p = params_in(t->arena);
        int64_t rate = t->conf->batch_refunds_per_s, part = rate * PACE_MS / 1000;

        param_i64(&p, j->org);
        param_uuid(&p, j->object);
        param_i64(&p, rate);
        param_i64(&p, t->conf->jobs_children * OPEN_A_CHILD);
        param_i64(&p, part > 0 ? part : 1);
        return db_query(t->db, t->arena, &t->subject, &stmt_batch_next, &p, out, e);
}

static bool
end(struct task *t, const struct job *j, struct err *e)
{
        struct params p = params_in(t->arena);
        char id[ID_TEXT_MAX];
        struct rows r;

        param_i64(&p, j->org);
        param_uuid(&p, j->object);
        param_text(&p, t->subject.request_id);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_batch_end, &p, &r, e))
                return false;
        if (!row_bool(&r, 0, "ended"))
                return job_turn(t, j, 0, STR("more has come meanwhile"), STR(RUNNING), e);
        typeid_text("rfb", j->object, id);
        log_info(&t->subject, "batch.ended", { "batch", str_of(id) });
        return job_finish(t, j, e);
}

static bool
refund_turn(struct task *t, const struct job *j, const struct rows *due, struct err *e)
{
        int64_t until = clock_mono_ms() + TURN_MS;
        struct trying w = { .task = t, .job = j };
        size_t n;
        const struct uuid *orders = row_uuid_array(due, t->arena, 0, "orders", &n);

        for (size_t i = 0; i < n && (i == 0 || clock_mono_ms() < until); i++) {
                w.order = orders[i];
                if (!db_tx_run(t->db, t->arena, &t->subject, try_tx, &w, e) && !not_made(&w, e))
                        return false;
        }
        return job_turn(t, j, PACE_MS, STR("there are more"), STR(RUNNING), e);
}

bool
refund_batch(struct task *t, const struct job *j, struct err *e)
{
        struct rows r;
        struct str verdict;
        bool planned;

        if (!str_is(j->progress, RUNNING))
                return job_pages(t, j, &stmt_batch_plan, &planned, e) &&
                    (!planned || job_turn(t, j, 0, STR("orders are planned"), STR(RUNNING), e));
        if (!next(t, j, &r, e))
                return false;
        verdict = row_text(&r, 0, "verdict");
        if (str_is(verdict, "go"))
                return refund_turn(t, j, &r, e);
        if (str_is(verdict, "slow"))
                return job_turn(t, j, PACE_MS, STR("others are on their way"), STR(RUNNING), e);
        if (str_is(verdict, "settling"))
                return job_turn(t, j, SETTLING_MS, STR("refunds are on their way"), STR(RUNNING), e);
        if (str_is(verdict, "done"))
                return end(t, j, e);
        return job_finish(t, j, e);     /* paused */
}
