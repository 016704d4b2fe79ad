/*
 * kv.h - Redis through hiredis: dedup keys and rate counters. Never the
 * truth, never the only lock: every caller has something to do when it is
 * down.
 *
 * Unix socket, 20 ms to connect and to answer. After a failure the connection
 * is dropped (a late answer would belong to the next command) and a breaker
 * answers "down" for KV_BREAK_MS without trying, so that a dead Redis costs
 * one timeout a second, not one a request. An answer of the wrong shape counts
 * as a failure too. The process must ignore SIGPIPE; a child after fork() opens
 * its own.
 */
#ifndef IO_KV_H
#define IO_KV_H

#include "base/base.h"
#include "base/str.h"

struct arena;
struct kv;

#define KV_TIMEOUT_MS   20
#define KV_BREAK_MS     1000

/* url: unix:///path; never fails: connects at first use. */
struct kv *kv_open(const char *url);
void kv_close(struct kv *kv);

/*
 * Runs a Lua script (by its SHA-1, sent whole when Redis does not know it)
 * with keys and arguments (29 together at most); it must answer an array of
 * out_n integers. It runs at most once: nothing is sent a second time.
 * false: Redis is down or answered something else.
 */
struct kv_script {
        const char *lua;
        char sha1[41];                  /* filled at first use */
};
bool kv_eval(struct kv *kv, struct kv_script *script, const struct str *keys, size_t keys_n,
    const struct str *args, size_t args_n, int64_t *out, size_t out_n) MUSTCHECK;
/*
 * SET key value NX EX ttl_s GET: *old is what stands there, or absent when
 * nothing did and value does now.
 */
bool kv_set_new(struct kv *kv, struct arena *a, struct str key, struct str value, int ttl_s, struct str *old) MUSTCHECK;
/* SET key value EX ttl_s, waiting for no answer: for what is good to know, not needed. false: not even sent. */
bool kv_tell(struct kv *kv, struct str key, struct str value, int ttl_s) MUSTCHECK;
/* PING; for /readyz. */
bool kv_ping(struct kv *kv) MUSTCHECK;

#endif
