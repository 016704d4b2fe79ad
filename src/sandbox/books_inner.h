/*
 * books_inner.h - what the books_*.c share; nobody else includes it.
 * Everything here is guarded by books.lock.
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
        struct txn *awaited;            /* late failures of refunds, in no order */
        books_watch_fn watch;
        void *watcher;
        struct books_file file;
};

void books_lock(struct books *b);
/* Ends every use of the books: nobody learns what the disk does not know yet. */
void books_settle_unlock(struct books *b);
/* A copy of the row with its own copies of all texts. */
struct txn *txn_new(const struct txn *like);
/* Adds the row and does to its original what it says; false when it can't follow from the rows before it. */
bool books_enter(struct books *b, struct txn *t) MUSTCHECK;
struct txn *books_row(const struct books *b, int64_t id);       /* NULL when there is none */
struct txn *books_bucket(const struct books *b, struct str reference);  /* the newest of those that may have it */
/* Whether rows of this kind act on another. */
bool txn_has_original(enum txn_kind k);
/* Whether a row is there at all yet (late rows). */
bool txn_is_there(const struct txn *t, int64_t wall_ms);

/* The rules (books_rules.c). The approved charge that this one repeats, or NULL. */
const struct txn *rules_twin(const struct books *b, const struct posting *p);
/* Whether the original is such that this may be done to it; *amount becomes what will be booked. */
enum posted rules_judge(const struct txn *original, const struct posting *p, int64_t *amount);
/* What a row does to the one it acts on, a late failure when it is there; false when it can't. */
bool rules_effect(struct books *b, struct txn *t, struct txn *original) MUSTCHECK;
/* What late rows do whose time has come. */
void rules_catch_up(struct books *b);

bool books_file_open(struct books *b, const char *path, bool sync) MUSTCHECK;
void books_file_close(struct books *b);
void books_file_append(struct books *b, const struct txn *t);
/* Waits, with the lock given back meanwhile, until all lines so far are on the disk. */
void books_file_settle(struct books *b);

#endif
