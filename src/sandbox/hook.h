/*
 * hook.h - sends events to the installation's webhook addresses, and keeps
 * what became of each.
 *
 * hooks_open(), then books_open() with hooks_note() as its watch, then
 * hooks_start(); hooks_stop() before the books are closed. Without
 * hooks_start() events are listed and none is sent.
 *
 * Every event is sent until it is answered 200: at once, then after 1, 2, 4,
 * 8, 15, 30 and from there on 60 s, for three days. What was delivered or
 * dropped is a line in a file beside the books; a crash of the machine may
 * lose such lines, and then an event is sent again. After a restart the
 * schedule begins anew; copies queued by hooks_replay() are forgotten. A late
 * row's events are sent when the row is there.
 *
 * A delivery asks the faults of target "webhooks" what goes wrong with it:
 *   drop_before    the event is never sent by itself, only by hooks_replay()
 *   delay, late, hidden      it is sent delay_ms later
 *   drop_after     the connection is cut as the answer begins: it counts as failed
 *   garbage        signed with a wrong key, then again as ever
 *   double         sent twice
 *   others         sent, and taken as failed whatever was answered
 */
#ifndef SANDBOX_HOOK_H
#define SANDBOX_HOOK_H

#include "sandbox/books.h"
#include "sandbox/event.h"

#include <stdatomic.h>

struct faults;
struct hooks;

#define HOOK_THREADS    8

enum hook_state { HOOK_PENDING, HOOK_DELIVERED, HOOK_DROPPED };

struct hook_event {
        int64_t number;                 /* event.h */
        const char *type;
        enum txn_gateway gateway;
        enum hook_state state;
        int64_t created_ms;
        int64_t late_ms;                /* not there before; wall clock */
        int attempts, last_status;      /* status 0: no answer */
};

struct hooks_conf {
        const char *url;                /* https://HOST:PORT; events go to URL/v1/webhooks/GATEWAY */
        const char *ca_file;
        struct str secret[TXN_GATEWAYS];
};

/* path: where to keep what was delivered. Complains on stderr and returns NULL when it can't. */
struct hooks *hooks_open(const char *path);
void hooks_note(void *hooks, const struct txn *t, const struct txn *original);
void hooks_start(struct hooks *h, struct books *b, struct faults *f, const struct hooks_conf *conf);
void hooks_stop(struct hooks *h);       /* also when it was never started */
void hooks_close(struct hooks *h);      /* nobody uses it any more */

/* A copy of all events, the oldest first, with the arena; *pending: deliveries queued or under way. */
struct hook_event *hooks_list(struct hooks *h, struct arena *a, size_t *n, size_t *pending);
/* Queues count copies of each event from since_ms on; *sent copies of *events. */
void hooks_replay(struct hooks *h, int64_t since_ms, int64_t count, bool shuffle, int64_t *events, int64_t *sent);

/* hook_send.c: one thread's way out. */
struct hook_sender;

struct hook_sender *hook_sender_new(const struct hooks_conf *conf, const atomic_bool *stop);
void hook_sender_free(struct hook_sender *s);
/* The status of the answer, 0 without one. cut: gone as the answer begins; forged: signed with a wrong key. */
int hook_send(struct hook_sender *s, struct arena *a, enum txn_gateway g, struct str body, bool cut, bool forged);

#endif
