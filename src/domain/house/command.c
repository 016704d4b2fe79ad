/* command.c - the admin command line's verbs, over getopt_long(3). */
#include "base/base.h"
#include "base/arena.h"
#include "base/conf.h"
#include "domain/access/access.h"
#include "domain/house/command.h"
#include "domain/house/house.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include <getopt.h>

#include "domain/house/command.sql.def"

#define JOBS_SHOWN 100

static int
failed(struct task *t, const struct err *e)
{
        task_close(t);
        fprintf(stderr, "boxoffice: %s: %s\n", err_info(e->code)->code, e->detail);
        return e->code == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_REFUSED;
}

static bool
open_task(struct task *t, const struct conf *c)
{
        return task_open(t, c, 0, stderr);
}

struct options {
        const char *role, *name, *scopes;
        bool origin, no_hold_money;
        char **rest;
        int rest_n;
};

static bool
options_read(int argc, char **argv, struct options *o)
{
        static const struct option known[] = {
                { "role", required_argument, NULL, 'r' },
                { "name", required_argument, NULL, 'n' },
                { "scopes", required_argument, NULL, 's' },
                { "show-origin", no_argument, NULL, 'o' },
                { "no-hold-money", no_argument, NULL, 'h' },
                { NULL, 0, NULL, 0 },
        };
        int c;

        *o = (struct options){ .role = NULL };
        while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
                switch (c) {
                case 'r': o->role = optarg; break;
                case 'n': o->name = optarg; break;
                case 's': o->scopes = optarg; break;
                case 'o': o->origin = true; break;
                case 'h': o->no_hold_money = true; break;
                default:  return false;         /* getopt has said why */
                }
        }
        o->rest = argv + optind;
        o->rest_n = argc - optind;
        return true;
}

static int
usage_error(const char *why)
{
        fprintf(stderr, "boxoffice: %s\n", why);
        return EXIT_USAGE;
}

static bool
scopes_parse(const char *text, unsigned *bits)
{
        struct str rest = str_of(text), one;

        while (rest.n > 0) {
                int s = 0;

                (void)str_cut(rest, ',', &one, &rest);
                while (s < SCOPE_COUNT && !str_is(one, scope_name((enum scope)s)))
                        s++;
                if (s == SCOPE_COUNT)
                        return false;
                *bits |= 1U << s;
        }
        return true;
}

struct making {
        struct task *task;
        struct credential_ask ask;
        struct credential made;
};

static bool
key_tx(struct tx *tx, void *arg, struct err *e)
{
        struct making *m = arg;

        return access_create(m->task, tx, &m->ask, &m->made, e);
}

static int
keys_create(const struct conf *c, const struct options *o)
{
        struct task t;
        struct making m = { .task = &t, .ask = { .actor = "operator" } };
        struct err e = { .code = ERR_NONE };

        if (o->role == NULL || !role_parse(str_of(o->role), &m.ask.role) ||
            (m.ask.role != ROLE_ADMIN && m.ask.role != ROLE_PLATFORM))
                return usage_error("keys create needs --role admin or --role platform "
                    "(an organizer's key is made by POST /v1/api_keys)");
        if (o->name == NULL || *o->name == '\0')
                return usage_error("keys create needs --name: who holds the key, as the audit log will know it");
        if (o->scopes != NULL && !scopes_parse(o->scopes, &m.ask.scopes))
                return usage_error("--scopes is a list of catalog,orders,ledger,access,operations");
        m.ask.name = str_of(o->name);
        if (!open_task(&t, c))
                return EXIT_USAGE;
        if (!db_tx_run(t.db, t.arena, &t.subject, key_tx, &m, &e))
                return failed(&t, &e);
        fprintf(stderr, "boxoffice: a key of the role %s for %s; it is shown only now\n", o->role, o->name);
        printf("%.*s\n", STR_ARG(m.made.secret));
        task_close(&t);
        return EXIT_DONE;
}

static int
config_show(const struct conf *c, const struct options *o)
{
        conf_show(c, o->origin, stdout);
        return EXIT_DONE;
}

static int
restore_finish(const struct conf *c, const struct options *o)
{
        struct task t;
        struct uuid epoch;
        struct err e = { .code = ERR_NONE };
        char text[UUID_TEXT_MAX];

        if (!open_task(&t, c))
                return EXIT_USAGE;
        if (!house_epoch_renew(&t, !o->no_hold_money, &epoch, &e))
                return failed(&t, &e);
        uuid_text(epoch, text);
        printf("%s\n", text);
        if (!o->no_hold_money)
                fprintf(stderr, "boxoffice: charges answer 503 recovering; compare the gateway's list with ours, then "
                    "`boxoffice restore resume`\n");
        task_close(&t);
        return EXIT_DONE;
}

static int
restore_resume(const struct conf *c, const struct options *o UNUSED)
{
        struct task t;
        struct err e = { .code = ERR_NONE };

        if (!open_task(&t, c))
                return EXIT_USAGE;
        if (!house_recovery_end(&t, "operator", &e))
                return failed(&t, &e);
        task_close(&t);
        return EXIT_DONE;
}

static int
jobs_list(const struct conf *c, const struct options *o UNUSED)
{
        struct task t;
        struct params p;
        struct rows r;
        struct err e = { .code = ERR_NONE };

        if (!open_task(&t, c))
                return EXIT_USAGE;
        p = params_in(t.arena);
        param_i64(&p, JOBS_SHOWN);
        if (!db_query(t.db, t.arena, &t.subject, &stmt_jobs_list, &p, &r, &e))
                return failed(&t, &e);
        printf("%-11s %-15s %-36s %-32s %8s  %s\n", "organizer", "kind", "object", "due", "attempts", "state");
        for (int i = 0; i < r.n; i++)
                printf("%-11lld %-15.*s %-36.*s %-32.*s %8lld  %s %.*s\n", (long long)row_i64(&r, i, "org"),
                    STR_ARG(row_text(&r, i, "kind")), STR_ARG(row_text(&r, i, "object_id")),
                    STR_ARG(row_time(&r, t.arena, i, "due_at")), (long long)row_i64(&r, i, "attempts"),
                    !row_is_null(&r, i, "buried_at") ? "buried" : !row_is_null(&r, i, "lease") ? "running" : "waiting",
                    STR_ARG(row_text(&r, i, "last_error")));
        task_close(&t);
        return EXIT_DONE;
}

/* ORGANIZER KIND OBJECT, as jobs list prints them. */
static int
jobs_change(const struct conf *c, const struct options *o, const struct stmt *st, bool actor)
{
        struct task t;
        struct params p;
        struct rows r;
        struct err e = { .code = ERR_NONE };
        struct uuid object;
        int64_t org;
        bool found;

        if (o->rest_n != 3 || !str_to_i64(str_of(o->rest[0]), &org) || !uuid_parse(str_of(o->rest[2]), &object))
                return usage_error("give ORGANIZER KIND OBJECT as `boxoffice jobs list` prints them");
        if (!open_task(&t, c))
                return EXIT_USAGE;
        p = params_in(t.arena);
        param_i64(&p, org);
        param_z(&p, o->rest[1]);
        param_uuid(&p, object);
        if (actor)
                param_z(&p, "operator");
        if (!db_query(t.db, t.arena, &t.subject, st, &p, &r, &e))
                return failed(&t, &e);
        found = row_bool(&r, 0, "found");
        task_close(&t);
        if (!found)
                fprintf(stderr, "boxoffice: there is no such job\n");
        return found ? EXIT_DONE : EXIT_NOT_FOUND;
}

static int
jobs_retry(const struct conf *c, const struct options *o)
{
        return jobs_change(c, o, &stmt_job_revive, false);
}

static int
jobs_cancel(const struct conf *c, const struct options *o)
{
        return jobs_change(c, o, &stmt_job_cancel, true);
}

static const struct {
        const char *noun, *verb, *help;
        int (*run)(const struct conf *c, const struct options *o);
} commands[] = {
        { "config", "", "[--show-origin]  every setting, secrets masked", config_show },
        { "keys", "create", "--role admin|platform --name NAME [--scopes LIST]  prints the new key", keys_create },
        { "jobs", "list", "the work that waits, buried first", jobs_list },
        { "jobs", "retry", "ORGANIZER KIND OBJECT  run it now", jobs_retry },
        { "jobs", "cancel", "ORGANIZER KIND OBJECT  never run it", jobs_cancel },
        { "restore", "finish", "[--no-hold-money]  after a restore: renews the epoch, charges wait", restore_finish },
        { "restore", "resume", "money calls answer again", restore_resume },
};

void
command_usage(void)
{
        fprintf(stderr, "usage: boxoffice NOUN VERB [options]\n\n");
        for (size_t i = 0; i < ARRAY_LEN(commands); i++)
                fprintf(stderr, "  boxoffice %-8s%-8s%s\n", commands[i].noun, commands[i].verb, commands[i].help);
        fprintf(stderr, "\nSettings come from the environment as BOXOFFICE_NAME; "
            "the database role is boxoffice_owner.\n");
}

int
command_run(const struct conf *c, int argc, char **argv)
{
        struct options o;

        for (size_t i = 0; argc > 0 && i < ARRAY_LEN(commands); i++) {
                int words = *commands[i].verb == '\0' ? 1 : 2;

                if (argc < words || strcmp(argv[0], commands[i].noun) != 0 ||
                    (words == 2 && strcmp(argv[1], commands[i].verb) != 0))
                        continue;
                /* getopt takes argv[0] for the program: the last word of the command stands there. */
                if (!options_read(argc - words + 1, argv + words - 1, &o))
                        return EXIT_USAGE;
                return commands[i].run(c, &o);
        }
        command_usage();
        return EXIT_USAGE;
}
