/*
 * books.h - the gateway's own books: every transaction it was told, what it
 * decided, and the rules that no caller can talk it out of.
 *
 * One row a transaction, never removed. A void is a row of its own and turns
 * its sale's status to voided; a failure does so to a refund and declines it;
 * rows of their own are also a settlement, a dispute and each step of it. Ids
 * ascend. Rows live in memory, and as JSON lines in a file: books_open() reads it.
 *
 * Every function may be called from any thread and returns only when all that
 * it did or saw is on the disk: what the gateway has once said stays true
 * after a crash. Callers that wait at the same time share one fdatasync. A
 * disk that can't be written to ends the process (CHECK).
 *
 * Times are given by the caller (testclock.h): the books have no clock but
 * for late and hidden rows, which go by the wall clock. A late row is not
 * there for anybody, nor for the duplicate check, before its time, and does
 * nothing; a hidden one is not found by look-ups.
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
#define BOOKS_TEXT_MAX          200000  /* evidence is long */

enum txn_gateway {
#define GATEWAY(name, word) TXN_##name,
#include "sandbox/txn.def"
        TXN_GATEWAYS
};

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
        enum txn_gateway gateway;
        enum txn_kind kind;
        enum txn_status status;
        struct str reference, order, house, data, key, ask;     /* txn.def; any may be empty */
        struct money amount;
        enum card_brand brand;
        int last4;
        bool known_card;                /* it comes again; else no other charge is of it */
        int code;                       /* the issuer's answer */
        int64_t original;               /* the row it acts on; 0 for a sale, an auth and a file */
        int64_t fee;                    /* dispute */
        bool quiet;                     /* its events are not sent */
        int64_t late_ms, hidden_ms;     /* not there, not found before; wall clock, 0 is never */
        int64_t created_ms, updated_ms;
        int64_t refund_fails_ms;        /* charge: so long after each its refunds fail; refund: it does; 0 is never */
        int64_t refunded;               /* sale, captured auth: given back so far; refund: with this one */
        int64_t disputed;               /* sale, captured auth: under dispute or lost */
        const struct txn *captured_by;  /* auth: the capture, or NULL; that row never changes */
        const struct txn *voided_by;    /* sale, auth: the void, or NULL; that row never changes */
        const struct txn *settled_by;   /* sale, captured auth: likewise */
        const struct txn *failed_by;    /* refund: its failure, which may be still to come; likewise */
        const struct txn *disputed_by;  /* sale, auth: the latest dispute (ask by its id); dispute: the one before */
        const struct txn *drafted_by, *answered_by, *closed_by; /* dispute: its latest steps */
        struct txn *same_bucket;        /* of the index by reference */
        struct txn *next_awaited;       /* of the failures that are still to come */
};

struct posting {
        enum txn_gateway gateway;
        enum txn_kind kind;
        struct str reference, order, house, data, key, ask;     /* an empty order or house: the original's */
        struct money amount;            /* capture, refund, dispute: 0 is all there is; else not read */
        int64_t original;               /* all but sale, auth and file */
        enum card_brand brand;          /* sale, auth */
        int last4;                      /* sale, auth: of a card that comes again; 0: another card */
        int code;                       /* sale, auth: what the issuer says */
        int64_t dup_seconds;            /* sale, auth: 0 is no duplicate check */
        int64_t fee;
        bool quiet;
        int64_t late_ms, hidden_ms;
        int64_t refund_fails_ms;        /* sale, auth, refund */
        int64_t now_ms;
};

enum posted {
        POSTED,                         /* *out is the new row, approved or declined */
        POST_DUPLICATE,                 /* same reference and amount approved within dup_seconds; *out is that row */
        POST_NO_ORIGINAL,
        POST_WRONG_STATE,               /* declined, voided, settled, refunded, captured, closed, or of another kind */
        POST_TOO_MUCH,                  /* more than is left */
        POST_DISPUTED,                  /* Stripe's refund: what is left is under dispute */
        POST_OTHER_CURRENCY
};

/* Absent text, no ids and zero times do not narrow the choice. */
struct txn_filter {
        struct str reference;
        struct str order;
        const int64_t *ids;             /* ascending */
        size_t ids_n;
        int64_t from_ms, to_ms;         /* of updated_ms, both inside; to_ms 0 is no end */
        int64_t original;
        bool lookup;                    /* hidden rows are passed over */
};

/* Told of each row as it is entered, the old ones first, under the books' lock: it may not call the books. */
typedef void (*books_watch_fn)(void *watcher, const struct txn *t, const struct txn *original);

/*
 * sync false leaves the writing to the kernel's time. watch may be NULL.
 * Complains on stderr and returns NULL when the file is unfit.
 */
struct books *books_open(const char *path, bool sync, books_watch_fn watch, void *watcher);
void books_close(struct books *b);      /* nobody uses it any more */
/* Writes what is left to write, whoever still works. */
void books_sync(struct books *b);

enum posted books_post(struct books *b, const struct posting *p, struct txn *out);
bool books_find(struct books *b, int64_t id, struct txn *out) MUSTCHECK;
/* Copies of the rows that pass, the oldest first, as one moment saw them; they go with the arena. */
struct txn *books_select(struct books *b, const struct txn_filter *f, struct arena *a, size_t *n);
size_t books_count(struct books *b);

const char *txn_gateway_word(enum txn_gateway g);
const char *txn_kind_word(enum txn_kind k);
const char *txn_status_word(enum txn_status s);
const char *card_brand_word(enum card_brand c);
const char *card_brand_mask(enum card_brand c);
struct str card_fingerprint(struct arena *a, const struct txn *t, size_t digits);       /* hex, 64 digits at most */

#endif
