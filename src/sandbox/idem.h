/*
 * idem.h - which Idempotency-Key stands for which row, and which calls run.
 *
 * The rows carry their key and what was asked, so the table is filled from
 * the books as they are read back: a key guards for as long as they last.
 * Only in memory: that the call was answered 500 (then a repetition gets 500).
 *
 * idem_begin(), then the call, then idem_end(), whatever became of it. A call
 * that made no row leaves its key free. Any thread; idem_note() comes under
 * the books' lock.
 */
#ifndef SANDBOX_IDEM_H
#define SANDBOX_IDEM_H

#include "sandbox/books.h"

struct idem;

enum idem_verdict {
        IDEM_FRESH,
        IDEM_RUNS,                      /* a call with this key is under way */
        IDEM_OTHER,                     /* the key stands for another call */
        IDEM_DONE                       /* *row is what it made */
};

struct idem *idem_new(void);
void idem_free(struct idem *i);
void idem_note(struct idem *i, const struct txn *t);
enum idem_verdict idem_begin(struct idem *i, struct str key, struct str ask, int64_t *row, bool *failed);
void idem_end(struct idem *i, struct str key, bool failed);

#endif
