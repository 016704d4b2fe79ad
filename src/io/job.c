/* job.c - the job table's functions, called. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "io/job.sql.def"

#define NEXT "see `boxoffice jobs list`, then jobs retry"

bool
job_due_orgs(struct task *t, int max, int32_t *orgs, int *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, max);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_jobs_due_orgs, &p, &r, e))
                return false;
        CHECK(r.n <= max);
        for (*n = 0; *n < r.n; ++*n)
                orgs[*n] = (int32_t)row_i64(&r, *n, "org");
        return true;
}

bool
job_claim(struct task *t, int32_t org, int max, int64_t lease_ms, struct job *jobs, int *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct uuid lease = uuid_new(org);
        struct rows r;

        param_i64(&p, org);
        param_i64(&p, max);
        param_i64(&p, lease_ms);
        param_uuid(&p, lease);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_job_claim, &p, &r, e))
                return false;
        CHECK(r.n <= max);
        *n = 0;
        for (int i = 0; i < r.n; i++) {
                struct job j = {
                        .org = (int32_t)row_i64(&r, i, "org"),
                        .kind = row_text(&r, i, "kind"),
                        .object = row_uuid(&r, i, "object_id"),
                        .attempts = row_i64(&r, i, "attempts"),
                        .request_id = row_text(&r, i, "request_id"),
                        .progress = row_text(&r, i, "progress"),
                        .lease = lease,
                };

                if (row_bool(&r, i, "buried"))
                        log_error(&t->subject, "job.buried", { "kind", j.kind }, { "detail", STR("its workers died") },
                            { "next", STR(NEXT) });
                else
                        jobs[(*n)++] = j;
        }
        return true;
}

static struct params
job_params(struct task *t, const struct job *j)
{
        struct params p = params_in(t->arena);

        param_i64(&p, j->org);
        param_text(&p, j->kind);
        param_uuid(&p, j->object);
        param_uuid(&p, j->lease);
        return p;
}

bool
job_finish(struct task *t, const struct job *j, struct err *e)
{
        struct params p = job_params(t, j);
        struct rows r;

        return db_query(t->db, t->arena, &t->subject, &stmt_job_finish, &p, &r, e);
}

bool
job_again(struct task *t, const struct job *j, int64_t delay_ms, struct str why, bool failed, struct err *e)
{
        struct params p = job_params(t, j);
        struct rows r;

        param_i64(&p, delay_ms);
        param_text(&p, why);
        param_bool(&p, failed);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_job_again, &p, &r, e))
                return false;
        if (row_bool(&r, 0, "buried"))
                log_error(&t->subject, "job.buried", { "kind", j->kind }, { "detail", why }, { "next", STR(NEXT) });
        return true;
}

bool
job_turn(struct task *t, const struct job *j, int64_t delay_ms, struct str why, struct str progress, struct err *e)
{
        struct params p = job_params(t, j);

        param_i64(&p, delay_ms);
        param_text(&p, why);
        param_text(&p, progress);
        return db_query(t->db, t->arena, &t->subject, &stmt_job_turn, &p, NULL, e);
}

bool
job_extend(struct task *t, const struct job *j, int64_t lease_ms, struct err *e)
{
        struct params p = job_params(t, j);
        struct rows r;

        param_i64(&p, lease_ms);
        return db_query(t->db, t->arena, &t->subject, &stmt_job_extend, &p, &r, e) &&
            (row_bool(&r, 0, "held") || err_set(e, ERR_STATE_CONFLICT, "somebody else has the job"));
}

bool
job_ensure(struct task *t, int32_t org, const char *kind, struct uuid object, struct err *e)
{
        struct params p = params_in(t->arena);

        param_i64(&p, org);
        param_z(&p, kind);
        param_uuid(&p, object);
        return db_query(t->db, t->arena, &t->subject, &stmt_job_ensure, &p, NULL, e);
}

int64_t
job_backoff_ms(int64_t attempts, int64_t first_ms, int64_t most_ms)
{
        int64_t ms = first_ms;

        while (attempts-- > 1 && ms < most_ms)
                ms *= 2;
        return ms < most_ms ? ms : most_ms;
}

#define NOT_YET_MS 60000

struct function_call {
        struct params params;
        const struct stmt *stmt;
        bool done;
};

static bool
function_tx(struct tx *tx, void *arg, struct err *e)
{
        struct function_call *c = arg;
        struct rows r;

        tx_repeatable(tx);
        if (!tx_call(tx, c->stmt, &c->params, &r, e))
                return false;
        c->done = row_bool(&r, 0, "done");
        return true;
}

bool
job_function(struct task *t, const struct job *j, const struct stmt *st, struct err *e)
{
        struct function_call c = { .params = params_in(t->arena), .stmt = st };

        param_i64(&c.params, j->org);
        param_uuid(&c.params, j->object);
        if (!db_tx_run(t->db, t->arena, &t->subject, function_tx, &c, e))
                return false;
        return c.done ? job_finish(t, j, e) : job_again(t, j, NOT_YET_MS, STR("not due yet"), false, e);
}
