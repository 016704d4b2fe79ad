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
#include "domain/house/house.h"
#include "domain/jobs/jobs.h"
#include "domain/webhooks/webhook.h"
#include "io/fence.h"
#include "io/task.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORGS_MAX        64
#define BATCH_MAX       16
#define BUSY_MS         1000
#define WEBHOOK_BATCHES 8               /* a round, before other work */
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
                log_error(&t->subject, "jobs.not_put_back", { "kind", j->kind }, { "detail", str_of(e.detail) },
                    { "next", STR("none: it runs when its lease has ended") });
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
                log_error(&t->subject, "jobs.fork_failed", { "kind", j->kind }, { "detail", str_of(strerror(errno)) },
                    { "next", STR("it runs when its lease has ended; if this comes again, "
                    "see the memory and TasksMax of boxoffice-jobs") });
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

        if (!job_claim(t, org, BATCH_MAX, t->conf->fence_ms + JOB_LEASE_OVER_FENCE_MS, jobs, &n, e))
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

/* Some of the due events; *worked is set when there were any. */
static bool
serve_webhooks(struct task *t, bool *worked, struct err *e)
{
        bool more = true;

        for (int i = 0; more && i < WEBHOOK_BATCHES; i++) {
                if (!webhooks_apply(t, &more, e))
                        return false;
                *worked |= more;
                arena_reset(t->arena);
        }
        return true;
}

/* Work that comes round for ever; and after a restore, what ends the recovery. */
static bool
ensure_rounds(struct task *t, struct err *e)
{
        static const char *const rounds[] = { "webhooks_sweep", "webhooks_sweep_daily", "verify_hourly",
                "ledger_fold_round", "risk_round" };
        const struct uuid nothing = { { 0 } };
        struct house_state state;

        for (size_t i = 0; i < ARRAY_LEN(rounds); i++)
                if (!job_ensure(t, 0, rounds[i], nothing, e))
                        return false;
        return house_state_get(t, &state, e) &&
            (!state.recovering || job_ensure(t, 0, "webhooks_sweep_restore", nothing, e));
}

/* One round; true when there was work. */
static bool
serve_round(struct task *t, int *children, bool *down)
{
        struct err e = { .code = ERR_NONE };
        int32_t orgs[ORGS_MAX];
        int n = 0;
        bool worked = false, ok = serve_webhooks(t, &worked, &e) && job_due_orgs(t, ORGS_MAX, orgs, &n, &e);

        for (int i = 0; ok && i < n; i++)
                ok = serve_org(t, orgs[i], children, &e);
        if (!ok)
                log_error(&t->subject, "jobs.round_failed", { "code", str_of(err_info(e.code)->code) },
                    { "detail", str_of(e.detail) },
                    { "next", STR("none if it passes: it is tried again each second") });
        *down = !ok;
        t->subject.request_id = STR_NONE;
        arena_reset(t->arena);
        return ok && (n > 0 || worked);
}

void
jobs_serve(struct task *t, const volatile sig_atomic_t *stop)
{
        int children = 0;
        bool down, ensured = false;

        while (!*stop) {
                struct err e = { .code = ERR_NONE };

                if (!ensured && !(ensured = ensure_rounds(t, &e)))
                        log_error(&t->subject, "jobs.no_rounds", { "detail", str_of(e.detail) },
                            { "next", STR("none if it passes: it is tried again each round") });
                if (!serve_round(t, &children, &down))
                        clock_sleep_ms(down ? DOWN_MS : t->conf->jobs_poll_ms);
                reap(&children, WNOHANG);
        }
        reap(&children, 0);
}
