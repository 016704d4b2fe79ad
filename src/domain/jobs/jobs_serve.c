/*
 * jobs_serve.c - the daemon's loop: who has due work, some of it, done. Jobs
 * that call out run in children, at most conf.jobs_children at once.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "domain/jobs/jobs.h"
#include "io/fence.h"
#include "io/task.h"

#include <sys/wait.h>
#include <unistd.h>

#define ORGS_MAX        64
#define BATCH_MAX       16
#define BUSY_MS         1000
/* No child outlives its fence: soon after it a job that was not finished may be claimed again. */
#define LEASE_OVER_FENCE_MS 2000
#define DOWN_MS         1000            /* between tries when the database does not answer */

static void
reap(int *children, int options)
{
        while (*children > 0 && waitpid(-1, NULL, options) > 0)
                --*children;
}

/* All children are busy, perhaps with a gateway that hangs: the other work must not wait for them. */
static bool
put_back(struct task *t, const struct job *j, int children)
{
        struct err e = { .code = ERR_NONE };

        if (children < (int)t->conf->jobs_children)
                return false;
        if (!job_again(t, j, BUSY_MS, STR("all children are busy"), false, &e))
                log_error(&t->subject, "jobs.not_put_back", { "kind", j->kind }, { "detail", str_of(e.detail) });
        return true;
}

/* A child of its own: the fence kills this call and nothing else, and its lease brings the job back. */
static void
run_apart(struct task *t, const struct job *j, int *children)
{
        pid_t pid;

        reap(children, WNOHANG);
        if (put_back(t, j, *children))
                return;
        pid = fork();
        if (pid < 0) {
                log_error(&t->subject, "jobs.fork_failed", { "kind", j->kind });
                return;
        }
        if (pid > 0) {
                ++*children;
                return;
        }
        task_fork(t);
        fence_arm(t->fence, t->conf->fence_ms);
        FAULT(job_apart);
        jobs_run(t, j);
        FAULT(job_ended);
        _exit(0);
}

static bool
serve_org(struct task *t, int32_t org, int *children, struct err *e)
{
        struct job jobs[BATCH_MAX];
        int n;

        if (!job_claim(t, org, BATCH_MAX, t->conf->fence_ms + LEASE_OVER_FENCE_MS, jobs, &n, e))
                return false;
        FAULT(job_claimed);
        for (int i = 0; i < n; i++) {
                if (jobs_calls_out(&jobs[i])) {
                        run_apart(t, &jobs[i], children);
                } else {
                        jobs_run(t, &jobs[i]);
                        FAULT(job_ended);
                }
        }
        return true;
}

/* One round; true when there was work. */
static bool
serve_round(struct task *t, int *children, bool *down)
{
        struct err e = { .code = ERR_NONE };
        int32_t orgs[ORGS_MAX];
        int n = 0;
        bool ok = job_due_orgs(t, ORGS_MAX, orgs, &n, &e);

        for (int i = 0; ok && i < n; i++)
                ok = serve_org(t, orgs[i], children, &e);
        if (!ok)
                log_error(&t->subject, "jobs.round_failed", { "code", str_of(err_info(e.code)->code) },
                    { "detail", str_of(e.detail) });
        *down = !ok;
        t->subject.request_id = STR_NONE;
        arena_reset(t->arena);
        return ok && n > 0;
}

void
jobs_serve(struct task *t, const volatile sig_atomic_t *stop)
{
        int children = 0;
        bool down;

        while (!*stop) {
                if (!serve_round(t, &children, &down))
                        clock_sleep_ms(down ? DOWN_MS : t->conf->jobs_poll_ms);
                reap(&children, WNOHANG);
        }
        reap(&children, 0);
}
