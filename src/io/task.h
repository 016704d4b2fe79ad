/*
 * task.h - what one request or job works with: its memory, its doors to the
 * outside, and whose line of work the log shows. A program makes one and
 * hands it on; arena and subject change with each task. There is no global.
 */
#ifndef IO_TASK_H
#define IO_TASK_H

#include "base/conf.h"
#include "base/log.h"

struct arena;
struct db;
struct kv;
struct http;
struct fence;
struct breaker;

struct task {
        const struct conf *conf;
        struct arena *arena;
        struct db *db;
        struct kv *kv;
        struct http *http;
        struct fence *fence;
        struct breaker *gateway_breaker;
        const unsigned char *seal_key;          /* SEAL_KEY_SIZE bytes */
        struct log_subject subject;
};

#endif
