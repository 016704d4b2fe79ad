/* task.c - opening the doors of a program: settings, key file, connections. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/secret.h"
#include "io/breaker.h"
#include "io/db.h"
#include "io/fence.h"
#include "io/http.h"
#include "io/kv.h"
#include "io/task.h"

#include <signal.h>

#define ARENA_CAP       ((size_t)64 * 1024 * 1024)

/* 64 hexadecimal digits and perhaps a line end. */
static bool
key_read(const char *path, unsigned char key[SEAL_KEY_SIZE], FILE *complain)
{
        char text[2 * SEAL_KEY_SIZE + 2] = "";
        FILE *f = fopen(path, "re");
        size_t n = f == NULL ? 0 : fread(text, 1, sizeof text - 1, f);
        bool ok;

        if (f != NULL)
                (void)fclose(f);
        if (n > 0 && text[n - 1] == '\n')
                n--;
        ok = hex_decode((struct str){ text, n }, key, SEAL_KEY_SIZE);
        secret_wipe(text, sizeof text);
        if (!ok)
                fprintf(complain, "boxoffice: BOXOFFICE_KEY_FILE %s must be readable and hold 64 hexadecimal digits\n",
                    path);
        return ok;
}

bool
task_open(struct task *t, const struct conf *c, unsigned doors, FILE *complain)
{
        static unsigned char key[SEAL_KEY_SIZE];
        bool ok = conf_need(c->database_url, "DATABASE_URL", complain);

        if (doors & TASK_REDIS)
                ok &= conf_need(c->redis_url, "REDIS_URL", complain);
        if (doors & TASK_KEY)
                ok &= conf_need(c->key_file, "KEY_FILE", complain) && key_read(c->key_file, key, complain);
        if (doors & TASK_GATEWAY) {
                ok &= conf_need(c->gateway_url, "GATEWAY_URL", complain);
                ok &= conf_need(c->gateway_ca_file, "GATEWAY_CA_FILE", complain);
                ok &= conf_need(c->gateway_security_key, "GATEWAY_SECURITY_KEY", complain);
        }
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
                .gateway_breaker = calloc(1, sizeof(struct breaker)),
                .seal_key = key,
        };
        CHECK(t->fence != NULL && t->gateway_breaker != NULL);
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
        db_close(t->db);
        kv_close(t->kv);
        http_close(t->http);
        free(t->fence);
        free(t->gateway_breaker);
        arena_free(t->arena);
}
