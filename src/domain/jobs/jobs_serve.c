/*
 * jobs_serve.c - the daemon's loop: who has due work, some of it, done. Jobs
 * that call out run in children, at most conf.jobs_children at once.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/jobs/jobs.h"
#include "io/fence.h"
#include "io/task.h"

#include <sys/wait.h>
#include <unistd.h>

#define ORGS_MAX        64
#define BATCH_MAX       16

static void
reap(int *children, bool wait)
{
        while (*children > 0 && waitpid(-1, NULL, wait ? 0 : WNOHANG) > 0) {
                --*children;
                wait = false;
        }
}

/* A child of its own: the fence kills this call and nothing else, and its lease brings the job back. */
static void
run_apart(struct task *t, const struct job *j, int *children)
{
        pid_t pid;

        reap(children, *children >= (int)t->conf->jobs_children);
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
        jobs_run(t, j);
        _exit(0);
}

static bool
serve_org(struct task *t, int32_t org, int *children, struct err *e)
{
        struct job jobs[BATCH_MAX];
        int n;

        if (!job_claim(t, org, BATCH_MAX, JOBS_LEASE_MS, jobs, &n, e))
                return false;
        for (int i = 0; i < n; i++) {
                if (jobs_calls_out(&jobs[i]))
                        run_apart(t, &jobs[i], children);
                else
                        jobs_run(t, &jobs[i]);
        }
        return true;
}

/* One round; true when there was work. */
static bool
serve_round(struct task *t, int *children)
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
        t->subject.request_id = STR_NONE;
        arena_reset(t->arena);
        return ok && n > 0;
}

void
jobs_serve(struct task *t, const volatile sig_atomic_t *stop)
{
        int children = 0;

        while (!*stop) {
                if (!serve_round(t, &children))
                        clock_sleep_ms(t->conf->jobs_poll_ms);
                reap(&children, false);
        }
        while (children > 0)
                reap(&children, true);
}
