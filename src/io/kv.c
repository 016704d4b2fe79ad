/*
 * kv.c - hiredis behind a breaker. One command at a time, no pipelining, no
 * retries: a call either answers within its time or is a "no" that the caller
 * knows how to live with.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/kv.h"

#include <hiredis/hiredis.h>
#include <openssl/evp.h>

#define KV_MAGIC        0x6b760001U
#define KV_WORDS_MAX    ((size_t)32)    /* of one command */
#define SHA1_SIZE       20

struct kv {
        uint32_t magic;
        char *path;
        redisContext *c;                /* NULL: not connected */
        int64_t closed_until;           /* monotonic ms; the breaker */
};

struct command {
        const char *word[KV_WORDS_MAX];
        size_t length[KV_WORDS_MAX];
        int n;
};

struct kv *
kv_open(const char *url)
{
        static const char scheme[] = "unix://";
        struct kv *kv = malloc(sizeof *kv);

        CHECK(kv != NULL);
        *kv = (struct kv){ .magic = KV_MAGIC };
        /* Another kind of address is a Redis that is never there: it shows in the log and at /readyz. */
        kv->path = strdup(str_starts(str_of(url), str_of(scheme)) ? url + sizeof scheme - 1 : "");
        CHECK(kv->path != NULL);
        return kv;
}

static void
drop(struct kv *kv)
{
        if (kv->c != NULL)
                redisFree(kv->c);
        kv->c = NULL;
}

void
kv_close(struct kv *kv)
{
        if (kv == NULL)
                return;
        CHECK_HANDLE(kv, KV_MAGIC);
        drop(kv);
        free(kv->path);
        kv->magic = 0;
        free(kv);
}

/* Drops the connection and opens the breaker; the log gets one line a second at most, as the breaker lets through. */
static bool
gone(struct kv *kv, const char *why)
{
        log_warn(NULL, "kv.down", { "why", str_of(why) });
        drop(kv);
        kv->closed_until = clock_mono_ms() + KV_BREAK_MS;
        return false;
}

static bool
connected(struct kv *kv)
{
        struct timeval limit = { .tv_usec = KV_TIMEOUT_MS * 1000 };

        if (kv->c != NULL)
                return true;
        if (clock_mono_ms() < kv->closed_until)
                return false;
        kv->c = redisConnectUnixWithTimeout(kv->path, limit);
        if (kv->c == NULL)
                return gone(kv, "out of memory");
        if (kv->c->err != 0)
                return gone(kv, kv->c->errstr);
        return redisSetTimeout(kv->c, limit) == REDIS_OK || gone(kv, "cannot set timeouts");
}

static void
add(struct command *cmd, struct str word)
{
        CHECK((size_t)cmd->n < KV_WORDS_MAX);
        cmd->word[cmd->n] = word.n == 0 ? "" : word.p;
        cmd->length[cmd->n] = word.n;
        cmd->n++;
}

/* The answer, or NULL with the connection dropped. */
static redisReply *
ask(struct kv *kv, struct command *cmd)
{
        redisReply *reply = FAULT_FAILS(kv_before_call) ? NULL :
            redisCommandArgv(kv->c, cmd->n, cmd->word, cmd->length);

        if (reply != NULL && FAULT_FAILS(kv_after_call)) {
                freeReplyObject(reply);
                reply = NULL;
        }
        if (reply == NULL)
                (void)gone(kv, kv->c->errstr);
        return reply;
}

static void
script_name(struct kv_script *script)
{
        static const char hex[] = "0123456789abcdef";
        unsigned char digest[SHA1_SIZE];

        if (script->sha1[0] != '\0')
                return;
        CHECK(EVP_Digest(script->lua, strlen(script->lua), digest, NULL, EVP_sha1(), NULL) == 1);
        for (size_t i = 0; i < SHA1_SIZE; i++) {
                script->sha1[2 * i] = hex[digest[i] >> 4];
                script->sha1[2 * i + 1] = hex[digest[i] & 15];
        }
        script->sha1[sizeof script->sha1 - 1] = '\0';
}

static bool
integers(const redisReply *reply, int64_t *out, size_t out_n)
{
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != out_n)
                return false;
        for (size_t i = 0; i < out_n; i++) {
                if (reply->element[i]->type != REDIS_REPLY_INTEGER)
                        return false;
                out[i] = reply->element[i]->integer;
        }
        return true;
}

bool
kv_eval(struct kv *kv, struct kv_script *script, const struct str *keys, size_t keys_n,
    const struct str *args, size_t args_n, int64_t *out, size_t out_n)
{
        struct command cmd = { .n = 0 };
        redisReply *reply;
        char count[24];
        bool ok;

        CHECK_HANDLE(kv, KV_MAGIC);
        if (!connected(kv))
                return false;
        script_name(script);
        (void)snprintf(count, sizeof count, "%zu", keys_n);
        add(&cmd, STR("EVALSHA"));
        add(&cmd, str_of(script->sha1));
        add(&cmd, str_of(count));
        for (size_t i = 0; i < keys_n; i++)
                add(&cmd, keys[i]);
        for (size_t i = 0; i < args_n; i++)
                add(&cmd, args[i]);

        reply = ask(kv, &cmd);
        if (reply != NULL && reply->type == REDIS_REPLY_ERROR && str_starts(str_of(reply->str), STR("NOSCRIPT"))) {
                freeReplyObject(reply);
                cmd.word[0] = "EVAL";
                cmd.length[0] = sizeof "EVAL" - 1;
                cmd.word[1] = script->lua;
                cmd.length[1] = strlen(script->lua);
                reply = ask(kv, &cmd);
        }
        if (reply == NULL)
                return false;
        ok = integers(reply, out, out_n);
        if (!ok)
                (void)gone(kv, reply->type == REDIS_REPLY_ERROR ? reply->str : "a script answered something else");
        freeReplyObject(reply);
        return ok;
}

/* SET key value EX ttl_s. */
static void
add_set(struct command *cmd, struct str key, struct str value, int ttl_s, char ttl[16])
{
        (void)snprintf(ttl, 16, "%d", ttl_s);
        add(cmd, STR("SET"));
        add(cmd, key);
        add(cmd, value);
        add(cmd, STR("EX"));
        add(cmd, str_of(ttl));
}

bool
kv_set_new(struct kv *kv, struct arena *a, struct str key, struct str value, int ttl_s, struct str *old)
{
        struct command cmd = { .n = 0 };
        redisReply *reply;
        char ttl[16];
        bool ok;

        CHECK_HANDLE(kv, KV_MAGIC);
        *old = STR_NONE;
        if (!connected(kv))
                return false;
        add_set(&cmd, key, value, ttl_s, ttl);
        add(&cmd, STR("NX"));
        add(&cmd, STR("GET"));
        reply = ask(kv, &cmd);
        if (reply == NULL)
                return false;
        ok = reply->type == REDIS_REPLY_NIL || reply->type == REDIS_REPLY_STRING;
        if (reply->type == REDIS_REPLY_STRING)
                *old = str_dup(a, (struct str){ reply->str, (size_t)reply->len });
        if (!ok)
                (void)gone(kv, reply->type == REDIS_REPLY_ERROR ? reply->str : "SET answered something else");
        freeReplyObject(reply);
        return ok;
}

/* Redis is told to give no answer to the next command, so that none is there when another is waited for. */
bool
kv_tell(struct kv *kv, struct str key, struct str value, int ttl_s)
{
        struct command skip = { .n = 0 }, cmd = { .n = 0 };
        char ttl[16];
        int sent = 0;

        CHECK_HANDLE(kv, KV_MAGIC);
        if (!connected(kv))
                return false;
        add(&skip, STR("CLIENT"));
        add(&skip, STR("REPLY"));
        add(&skip, STR("SKIP"));
        add_set(&cmd, key, value, ttl_s, ttl);
        if (FAULT_FAILS(kv_before_call))
                return gone(kv, "a fault was asked for");
        if (redisAppendCommandArgv(kv->c, skip.n, skip.word, skip.length) != REDIS_OK ||
            redisAppendCommandArgv(kv->c, cmd.n, cmd.word, cmd.length) != REDIS_OK)
                return gone(kv, kv->c->errstr);
        while (!sent)
                if (redisBufferWrite(kv->c, &sent) != REDIS_OK)
                        return gone(kv, kv->c->errstr);
        return !FAULT_FAILS(kv_after_call) || gone(kv, "a fault was asked for");
}

bool
kv_ping(struct kv *kv)
{
        struct command cmd = { .n = 0 };
        redisReply *reply;
        bool ok;

        CHECK_HANDLE(kv, KV_MAGIC);
        if (!connected(kv))
                return false;
        add(&cmd, STR("PING"));
        reply = ask(kv, &cmd);
        if (reply == NULL)
                return false;
        ok = reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, "PONG") == 0;
        freeReplyObject(reply);
        return ok || gone(kv, "PING was not answered by PONG");
}
