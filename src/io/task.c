/* task.c - opening the doors of a program: settings, key file, connections. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/keyring.h"
#include "io/breaker.h"
#include "io/db.h"
#include "io/fence.h"
#include "io/http.h"
#include "io/kv.h"
#include "io/task.h"

#include <signal.h>

#define ARENA_CAP       ((size_t)64 * 1024 * 1024)

/* Without a word of the other gateway it is NMI; with both, both are whole. */
static bool
uses_nmi(const struct conf *c)
{
        return c->stripe_secret_key == NULL || c->gateway_url != NULL || c->gateway_security_key != NULL;
}

static bool
hooks_set(const struct conf *c, FILE *complain)
{
        bool ok = !uses_nmi(c) || conf_need(c->webhook_secret_nmi, "WEBHOOK_SECRET_NMI", complain);

        if (c->stripe_secret_key != NULL)
                ok &= conf_need(c->webhook_secret_stripe, "WEBHOOK_SECRET_STRIPE", complain);
        return ok;
}

static bool
gateways_set(const struct conf *c, FILE *complain)
{
        bool ok = conf_need(c->gateway_ca_file, "GATEWAY_CA_FILE", complain);

        if (uses_nmi(c)) {
                ok &= conf_need(c->gateway_url, "GATEWAY_URL", complain);
                ok &= conf_need(c->gateway_security_key, "GATEWAY_SECURITY_KEY", complain);
        }
        return ok;
}

bool
task_open(struct task *t, const struct conf *c, unsigned doors, FILE *complain)
{
        static struct keyring keyring, ticket_keys;
        bool ok = conf_need(c->database_url, "DATABASE_URL", complain);

        if (doors & TASK_REDIS)
                ok &= conf_need(c->redis_url, "REDIS_URL", complain);
        if (doors & TASK_KEY)
                ok &= conf_need(c->key_file, "KEY_FILE", complain) && keyring_read(c->key_file, &keyring, complain);
        if (doors & TASK_TICKETS)
                ok &= conf_need(c->ticket_key_file, "TICKET_KEY_FILE", complain) &&
                    keyring_read(c->ticket_key_file, &ticket_keys, complain);
        if (doors & TASK_HOOKS)
                ok &= hooks_set(c, complain);
        if (doors & TASK_GATEWAY)
                ok &= gateways_set(c, complain);
        if (!ok)
                return false;
        /* A peer that goes away is an error of the write, not the end of the program. */
        CHECK(sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL) == 0);
        *t = (struct task){
                .conf = c,
                .arena = arena_new(ARENA_CAP),
                .db = db_open(c->database_url),
                .kv = doors & TASK_REDIS ? kv_open(c->redis_url) : NULL,
                .http = doors & TASK_GATEWAY ? http_open(c->gateway_ca_file) : NULL,
                .fence = calloc(1, sizeof(struct fence)),
                .gateway_breakers = calloc(TASK_GATEWAYS_MAX, sizeof(struct breaker)),
                .keyring = &keyring,
                .ticket_keys = doors & TASK_TICKETS ? &ticket_keys : NULL,
        };
        CHECK(t->fence != NULL && t->gateway_breakers != NULL);
        return true;
}

void
task_fork(struct task *t)
{
        static const struct log_subject nobody;

        /* The parent's connection belongs to the parent: closing it here would end its session. */
        t->db = db_open(t->conf->database_url);
        t->http = http_open(t->conf->gateway_ca_file);
        t->fence = calloc(1, sizeof(struct fence));
        t->subject = nobody;
        CHECK(t->fence != NULL);
}

void
task_close(struct task *t)
{
        arena_free(t->arena);           /* first: a hook may need a connection */
        db_close(t->db);
        kv_close(t->kv);
        http_close(t->http);
        free(t->fence);
        free(t->gateway_breakers);
}
