/*
 * verify_watch.c - the job that asks every hour what is cheap to ask, over the
 * last hours: more than one, so that nothing falls between two runs. It calls
 * nobody outside, but runs apart: it may take longer than other work should wait.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/log.h"
#include "domain/verify/verify.h"
#include "io/fence.h"
#include "io/job.h"
#include "io/task.h"

#define HOUR_MS         (INT64_C(3600) * 1000)
#define RECENT_S        (INT64_C(3) * 3600)
#define MOST_MS         (INT64_C(300) * 1000)   /* by then its process is killed, and the job is anybody's */
#define ROWS_MOST       100
#define ROWS_LOGGED     5

static struct str
first_rows(struct arena *a, const struct rows *r)
{
        struct str s = verify_row(a, r, 0), next;

        for (int i = 1; i < r->n && i < ROWS_LOGGED; i++) {
                next = verify_row(a, r, i);
                s = str_fmt(a, "%.*s; %.*s", STR_ARG(s), STR_ARG(next));
        }
        return s;
}

static void
log_broken(struct task *t, const struct invariant *what, const struct rows *r)
{
        log_error(&t->subject, "invariant.broken", { "name", str_of(what->name) }, { "must_hold", str_of(what->holds) },
            { "rows", str_fmt(t->arena, "%d%s", r->n, r->n == ROWS_MOST ? " or more" : "") },
            { "first", first_rows(t->arena, r) }, { "next", str_of(what->next) });
}

static bool
watch(struct task *t, struct err *e)
{
        struct verify_ask ask = { .recent_s = RECENT_S, .limit = ROWS_MOST };
        struct verified *v = ARENA_NEW(t->arena, struct verified);
        int64_t ms = 0;
        int broken = 0;

        for (int i = 0; i < INVARIANT_COUNT; i++)
                ask.wanted[i] = verify_is_cheap(&invariants[i]);
        if (!verify_run(t, &ask, v, e))
                return false;
        for (int i = 0; i < INVARIANT_COUNT; i++) {
                ms += v->ms[i];
                if (v->broken[i].n == 0)
                        continue;
                log_broken(t, &invariants[i], &v->broken[i]);
                broken++;
        }
        log_info(&t->subject, "invariants.asked", { "broken", str_fmt(t->arena, "%d", broken) },
            { "ms", str_fmt(t->arena, "%lld", (long long)ms) });
        return true;
}

bool
verify_hourly(struct task *t, const struct job *j, struct err *e)
{
        struct err why = { .code = ERR_NONE };
        bool ok;

        fence_arm(t->fence, MOST_MS);
        if (!job_extend(t, j, MOST_MS + JOB_LEASE_OVER_FENCE_MS, e))
                return false;
        ok = watch(t, &why);
        if (!ok)
                log_error(&t->subject, "invariants.not_asked", { "detail", str_of(why.detail) },
                    { "next", STR("run `boxoffice verify`") });
        return job_again(t, j, HOUR_MS, ok ? STR_NONE : str_dup(t->arena, str_of(why.detail)), false, e);
}
