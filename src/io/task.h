/*
 * task.h - what one request or job works with: its memory, its doors to the
 * outside, and whose line of work the log shows. A program makes one and
 * hands it on; arena and subject change with each task. There is no global.
 */
#ifndef IO_TASK_H
#define IO_TASK_H

#include "base/base.h"
#include "base/conf.h"
#include "base/log.h"

struct arena;
struct db;
struct kv;
struct http;
struct fence;
struct breaker;
struct keyring;

struct task {
        const struct conf *conf;
        struct arena *arena;
        struct db *db;
        struct kv *kv;
        struct http *http;
        struct fence *fence;
        struct breaker *gateway_breakers;               /* TASK_GATEWAYS_MAX: one a gateway */
        const struct keyring *keyring;
        const struct keyring *ticket_keys;              /* NULL without TASK_TICKETS */
        struct log_subject subject;
};

#define TASK_GATEWAYS_MAX       4

/* HOOKS: secrets to verify callbacks with; TICKETS: keys that sign tickets */
enum { TASK_REDIS = 1, TASK_GATEWAY = 2, TASK_KEY = 4, TASK_HOOKS = 8, TASK_TICKETS = 16 };

/*
 * Opens the database and what `doors` names; complains of every missing
 * setting. SIGPIPE is ignored from here on.
 */
bool task_open(struct task *t, const struct conf *c, unsigned doors, FILE *complain) MUSTCHECK;
/* In a child: its own connections in place of the parent's, which are left alone; no fence is armed. */
void task_fork(struct task *t);
void task_close(struct task *t);

#endif
