/*
 * books.h - the gateway's own books: every transaction it was told, what it
 * decided, and the rules that no caller can talk it out of.
 *
 * One row a transaction, never removed. A void is a row of its own and turns
 * its sale's status to voided. Ids ascend. The rows live in memory, and each
 * is a JSON line at the end of one file, which books_open() reads back.
 *
 * Every function may be called from any thread and returns only when all that
 * it did or saw is on the disk: what the gateway has once said stays true
 * after a crash. Callers that wait at the same time share one fdatasync. A
 * disk that can't be written to ends the process (CHECK).
 *
 * Times are given by the caller (testclock.h): the books have no clock.
 * Amounts are minor units. Text in a struct txn lives as long as the process.
 */
#ifndef SANDBOX_BOOKS_H
#define SANDBOX_BOOKS_H

#include "base/base.h"
#include "base/money.h"
#include "base/str.h"

struct arena;
struct books;

#define BOOKS_CODE_APPROVED     100     /* other codes of an issuer's answer are declines */

enum txn_kind {
#define KIND(name, word) TXN_##name,
#include "sandbox/txn.def"
        TXN_KINDS
};

enum txn_status {
#define STATUS(name, word) TXN_##name,
#include "sandbox/txn.def"
        TXN_STATUSES
};

enum card_brand {
#define BRAND(name, word, mask) CARD_##name,
#include "sandbox/txn.def"
        CARD_BRANDS
};

struct txn {
        int64_t id;                     /* 10 or 11 decimal digits */
        enum txn_kind kind;
        enum txn_status status;
        struct str reference;           /* the caller's name for it (orderid), may be empty */
        struct str order;               /* the merchant field, may be empty */
        struct money amount;
        enum card_brand brand;
        int last4;
        int code;                       /* the issuer's answer */
        int64_t original;               /* capture, refund, void: the row it acts on; else 0 */
        int64_t created_ms, updated_ms;
        int64_t refunded;               /* sale, captured auth: given back so far */
        const struct txn *captured_by;  /* auth: the capture, or NULL; that row never changes */
        const struct txn *voided_by;    /* sale, auth: the void, or NULL; that row never changes */
        struct txn *same_bucket;        /* of the index by reference */
};

struct posting {
        enum txn_kind kind;
        struct str reference;
        struct str order;               /* empty: the original's */
        struct money amount;            /* capture, refund: 0 is all there is; void: not read */
        int64_t original;               /* capture, refund, void */
        enum card_brand brand;          /* sale, auth */
        int code;                       /* sale, auth: what the issuer says */
        int64_t dup_seconds;            /* sale, auth: 0 is no duplicate check */
        int64_t now_ms;
};

enum posted {
        POSTED,                         /* *out is the new row, approved or declined */
        POST_DUPLICATE,                 /* same reference and amount approved within dup_seconds; *out is that row */
        POST_NO_ORIGINAL,
        POST_WRONG_STATE,               /* declined, voided, refunded, captured already, or of another kind */
        POST_TOO_MUCH,                  /* more than is left */
        POST_OTHER_CURRENCY
};

/* Absent text, no ids and zero times do not narrow the choice. */
struct txn_filter {
        struct str reference;
        struct str order;
        const int64_t *ids;             /* ascending */
        size_t ids_n;
        int64_t from_ms, to_ms;         /* of updated_ms, both inside; to_ms 0 is no end */
};

/* sync false leaves the writing to the kernel's time. Complains on stderr and returns NULL when the file is unfit. */
struct books *books_open(const char *path, bool sync);
void books_close(struct books *b);      /* nobody uses it any more */
/* Writes what is left to write, whoever still works. */
void books_sync(struct books *b);

enum posted books_post(struct books *b, const struct posting *p, struct txn *out);
bool books_find(struct books *b, int64_t id, struct txn *out) MUSTCHECK;
/* Copies of the rows that pass, the oldest first, as one moment saw them; they go with the arena. */
struct txn *books_select(struct books *b, const struct txn_filter *f, struct arena *a, size_t *n);
size_t books_count(struct books *b);

const char *txn_kind_word(enum txn_kind k);
const char *txn_status_word(enum txn_status s);
const char *card_brand_word(enum card_brand c);
const char *card_brand_mask(enum card_brand c);

#endif
