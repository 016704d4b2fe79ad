/*
 * boxoffice-api - one FastCGI worker: serves requests on the socket it
 * inherits as descriptor 0, one at a time, until SIGTERM or SIGUSR1.
 *
 * usage: boxoffice-api POOL, started by spawn-fcgi and multiwatch (README.md).
 * POOL (pay, hook, api) names the worker in its log; a hook worker has the
 * secrets of callbacks in place of the gateways' keys, and only an api worker
 * the keys that sign tickets.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "edge/fcgi.h"
#include "edge/hook/hook.h"
#include "io/db.h"
#include "io/task.h"

extern char **environ;

int
main(int argc, char **argv)
{
        struct conf conf;
        struct task task;
        struct db_stats stats;
        unsigned doors;
        char text[4][24];
        int64_t served;

        if (argc != 2) {
                fprintf(stderr, "usage: boxoffice-api pay|hook|api   (started by spawn-fcgi, see README.md)\n");
                return 2;
        }
        /* Who only takes callbacks in never calls a gateway. */
        doors = TASK_REDIS | TASK_KEY | (strcmp(argv[1], "hook") == 0 ? TASK_HOOKS : TASK_GATEWAY) |
            (strcmp(argv[1], "api") == 0 ? TASK_TICKETS : 0);
        if (!conf_load(&conf, environ, stderr) || !hook_secrets_ok(&conf, stderr) ||
            !task_open(&task, &conf, doors, stderr))
                return 2;
        log_open(argv[1], log_level_of(conf.log_level));
        served = fcgi_serve(&task, conf.requests_per_worker);
        stats = db_stats(task.db);
        (void)snprintf(text[0], sizeof text[0], "%lld", (long long)served);
        (void)snprintf(text[1], sizeof text[1], "%lld", (long long)stats.waits);
        (void)snprintf(text[2], sizeof text[2], "%lld", (long long)stats.commits);
        (void)snprintf(text[3], sizeof text[3], "%lld", (long long)stats.rollbacks);
        log_info(NULL, "worker.left", { "requests", str_of(text[0]) }, { "db_waits", str_of(text[1]) },
            { "commits", str_of(text[2]) }, { "rollbacks", str_of(text[3]) });
        task_close(&task);
        return 0;
}
