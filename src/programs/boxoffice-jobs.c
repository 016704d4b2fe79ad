/*
 * boxoffice-jobs - the jobs daemon, in the foreground: hold expiry, look-ups
 * of payments whose outcome nobody knows, event completion, maturing. SIGTERM
 * and SIGINT end it after the work in hand; what it leaves is claimed by the next one.
 */
#include "base/base.h"
#include "base/check.h"
#include "base/conf.h"
#include "base/log.h"
#include "domain/jobs/jobs.h"
#include "io/task.h"

#include <signal.h>

extern char **environ;

static volatile sig_atomic_t stop;

static void
on_signal(int sig UNUSED)
{
        stop = 1;
}

int
main(int argc, char **argv UNUSED)
{
        struct sigaction action = { .sa_handler = on_signal };
        struct conf conf;
        struct task task;

        if (argc != 1) {
                fprintf(stderr, "usage: boxoffice-jobs   (settings come from the environment: `boxoffice config`)\n");
                return 2;
        }
        if (!conf_load(&conf, environ, stderr) || !task_open(&task, &conf, TASK_GATEWAY | TASK_KEY, stderr))
                return 2;
        log_open("jobs", log_level_of(conf.log_level));
        CHECK(sigaction(SIGTERM, &action, NULL) == 0 && sigaction(SIGINT, &action, NULL) == 0);
        jobs_serve(&task, &stop);
        task_close(&task);
        return 0;
}
