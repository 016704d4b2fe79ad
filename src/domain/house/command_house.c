/* command_house.c - settings, keys and what comes after a restore. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/access/access.h"
#include "domain/house/command_inner.h"
#include "domain/house/house.h"
#include "io/db.h"
#include "io/job.h"

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

int
keys_create(const struct conf *c, const struct options *o)
{
        struct task t;
        struct making m = { .task = &t, .ask = { .actor = "operator" } };
        struct err e = { .code = ERR_NONE };

        if (o->role == NULL || !role_parse(str_of(o->role), &m.ask.role) ||
            (m.ask.role != ROLE_ADMIN && m.ask.role != ROLE_PLATFORM))
                return command_usage_error("keys create needs --role admin or --role platform "
                    "(an organizer's key is made by POST /v1/api_keys)");
        if (o->name == NULL || *o->name == '\0')
                return command_usage_error("keys create needs --name: who holds the key, as the audit log knows it");
        if (o->scopes != NULL && !scopes_parse(o->scopes, &m.ask.scopes))
                return command_usage_error("--scopes is a list of catalog,orders,ledger,access,operations");
        m.ask.name = str_of(o->name);
        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!db_tx_run(t.db, t.arena, &t.subject, key_tx, &m, &e))
                return command_failed(&t, &e);
        fprintf(stderr, "boxoffice: a key of the role %s for %s; it is shown only now\n", o->role, o->name);
        printf("%.*s\n", STR_ARG(m.made.secret));
        task_close(&t);
        return EXIT_DONE;
}

int
config_show(const struct conf *c, const struct options *o)
{
        conf_show(c, o->origin, stdout);
        return EXIT_DONE;
}

int
restore_finish(const struct conf *c, const struct options *o)
{
        struct task t;
        const struct uuid nothing = { { 0 } };
        struct uuid epoch;
        struct err e = { .code = ERR_NONE };
        char text[UUID_TEXT_MAX];

        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!house_epoch_renew(&t, !o->no_hold_money, &epoch, &e) ||
            (!o->no_hold_money && !job_ensure(&t, 0, "webhooks_sweep_restore", nothing, &e)))
                return command_failed(&t, &e);
        uuid_text(epoch, text);
        printf("%s\n", text);
        if (!o->no_hold_money)
                fprintf(stderr, "boxoffice: charges answer 503 recovering until the jobs daemon has compared "
                    "the gateways' lists with ours\n");
        task_close(&t);
        return EXIT_DONE;
}

int
restore_resume(const struct conf *c, const struct options *o UNUSED)
{
        struct task t;
        const struct uuid nothing = { { 0 } };
        struct err e = { .code = ERR_NONE };

        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!house_recovery_end(&t, "operator", nothing, &e))
                return command_failed(&t, &e);
        task_close(&t);
        return EXIT_DONE;
}
