/*
 * books_inner.h - what books.c and books_file.c share; nobody else includes
 * it. Everything here is guarded by books.lock.
 */
#ifndef SANDBOX_BOOKS_INNER_H
#define SANDBOX_BOOKS_INNER_H

#include "sandbox/books.h"

#include <pthread.h>

struct books_file {
        int fd;
        bool sync;
        bool busy;                      /* a thread is writing `flying` without the lock */
        pthread_cond_t written;
        char *waiting, *flying;         /* lines not yet written; lines being written */
        size_t waiting_n, waiting_size, flying_size;
        uint64_t appended, safe;        /* counts of lines: accepted, and on the disk */
        struct arena *scratch;          /* of the line that is being made */
};

struct books {
        pthread_mutex_t lock;
        struct txn **row;               /* in the order of their ids */
        size_t n, size;
        struct txn **bucket;            /* by reference; a power of two of them */
        size_t buckets;
        struct books_file file;
};

/* A fresh row with its own copies of both texts; the rest is zero. */
struct txn *txn_new(struct str reference, struct str order);
/* Adds the row and does to its original what it says; false when it can't follow from the rows before it. */
bool books_enter(struct books *b, struct txn *t) MUSTCHECK;
struct txn *books_row(const struct books *b, int64_t id);       /* NULL when there is none */

bool books_file_open(struct books *b, const char *path, bool sync) MUSTCHECK;
void books_file_close(struct books *b);
void books_file_append(struct books *b, const struct txn *t);
/* Waits, with the lock given back meanwhile, until all lines so far are on the disk. */
void books_file_settle(struct books *b);

#endif
