/*
 * db.h - PostgreSQL through libpq: one connection, statements with
 * parameters, transactions.
 *
 * A worker opens one struct db for its life; it reconnects by itself. All
 * traffic runs in pipeline mode with unnamed statements, so that a
 * transaction-pooling pgbouncer may stand between.
 *
 * db_tx_run() is the only BEGIN and COMMIT in the house. It calls fn, which
 * talks to the database through struct tx; when fn returns false everything is
 * rolled back. fn may run again (deadlock, serialisation failure, lost
 * connection): it has no effects but SQL and *arg. A COMMIT whose answer was
 * lost is repeated only when fn has called tx_repeatable(), which says that a
 * second run is harmless because a claim turns it into a replay; otherwise
 * the caller gets ERR_UNAVAILABLE and the outcome is unknown to it.
 *
 * Waits: tx_put() only queues. tx_get() sends what is queued and waits for
 * the oldest answer. tx_commit() queues COMMIT behind the last statements, so
 * that one wait serves both; without it db_tx_run() commits when fn returns.
 * So a transaction that reads, decides and writes waits twice.
 *
 * Errors: a SQLSTATE of err.def becomes that failure with the function's
 * message as detail; a database that can't be reached or does not answer in
 * DB_WAIT_MS is ERR_UNAVAILABLE; anything else is logged and ERR_INTERNAL.
 *
 * rows and the text in them live in the task's arena.
 */
#ifndef IO_DB_H
#define IO_DB_H

#include "base/base.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"

struct arena;
struct log_subject;
struct db;
struct tx;

#define DB_WAIT_MS      10000
#define DB_PARAMS_MAX   64

struct stmt {
        const char *name;               /* for logs */
        const char *sql;
};

struct params {
        struct arena *arena;
        int n;
        const char *value[DB_PARAMS_MAX];
        int length[DB_PARAMS_MAX];
        int binary[DB_PARAMS_MAX];
};

struct rows {
        void *result;                   /* PGresult, freed with the arena */
        int n;
};

struct db_stats {
        int64_t waits, commits, rollbacks, reconnects;
};

struct db *db_open(const char *url);                    /* never fails: connects at first use */
void db_close(struct db *db);
/* Waits so long for an answer, in place of DB_WAIT_MS: for reports over whole books. */
void db_patience(struct db *db, int64_t wait_ms);
struct db_stats db_stats(const struct db *db);

typedef bool (*db_tx_fn)(struct tx *tx, void *arg, struct err *e);

bool db_tx_run(struct db *db, struct arena *a, const struct log_subject *s, db_tx_fn fn, void *arg,
    struct err *e) MUSTCHECK;
/* One statement by itself, reading or harmless when repeated: it runs again once when the connection was lost. */
bool db_query(struct db *db, struct arena *a, const struct log_subject *s, const struct stmt *st,
    const struct params *p, struct rows *out, struct err *e) MUSTCHECK;

/*
 * A COPY ... TO STDOUT, for reports of any length: rows come one by one and
 * only one is in memory. A failure before the first is db_copy()'s, a later
 * one copy_row()'s: what was read until then is not all. No other statement
 * before the last row; a copy that is left earlier costs its connection.
 */
#define COPY_FIELDS_MAX 32
struct copy;
bool db_copy(struct db *db, struct arena *a, const struct log_subject *s, const struct stmt *st,
    const struct params *p, struct copy **out, struct err *e) MUSTCHECK;
/* Its fields, until the next call; absent where NULL. None: that was the last. */
bool copy_row(struct copy *c, const struct str **field, size_t *n, struct err *e) MUSTCHECK;

void tx_repeatable(struct tx *tx);
void tx_put(struct tx *tx, const struct stmt *st, const struct params *p);
bool tx_get(struct tx *tx, struct rows *out, struct err *e) MUSTCHECK;
bool tx_call(struct tx *tx, const struct stmt *st, const struct params *p, struct rows *out,
    struct err *e) MUSTCHECK;
/*
 * COMMIT behind what is queued, to go out with it. fn may still tx_get() those
 * results; it queues no more and must not refuse.
 */
void tx_commit(struct tx *tx);

/* Parameters, in order. An absent str is SQL NULL. */
struct params params_in(struct arena *a);
void param_bool(struct params *p, bool v);
void param_i64(struct params *p, int64_t v);
void param_i64_or_null(struct params *p, bool present, int64_t v);
void param_text(struct params *p, struct str v);
void param_z(struct params *p, const char *v);
void param_uuid(struct params *p, struct uuid v);
void param_uuid_or_null(struct params *p, struct uuid v);       /* the nil uuid is NULL */
void param_bytes(struct params *p, struct str v);               /* bytea, binary */
void param_i64_array(struct params *p, const int64_t *v, size_t n);
void param_uuid_array(struct params *p, const struct uuid *v, size_t n);
void param_text_array(struct params *p, const struct str *v, size_t n);
void param_times(struct params *p, const struct str *v, size_t n);        /* timestamptz[]; an absent one is NULL */
void param_null(struct params *p);

/* Columns by name. A missing column or an ill-formed value is a CHECK: it is our own SQL. */
bool row_is_null(const struct rows *r, int row, const char *column);
bool row_bool(const struct rows *r, int row, const char *column);
int64_t row_i64(const struct rows *r, int row, const char *column);
struct str row_text(const struct rows *r, int row, const char *column);         /* absent when NULL */
struct uuid row_uuid(const struct rows *r, int row, const char *column);        /* nil when NULL */
/* A timestamptz as RFC 3339 in UTC, to the microsecond where there are any. */
struct str row_time(const struct rows *r, struct arena *a, int row, const char *column);
struct str row_bytes(const struct rows *r, struct arena *a, int row, const char *column);
/* Arrays of numbers, uuids or text, without NULLs; *n elements in the arena. */
int64_t *row_i64_array(const struct rows *r, struct arena *a, int row, const char *column, size_t *n);
struct uuid *row_uuid_array(const struct rows *r, struct arena *a, int row, const char *column, size_t *n);
struct str *row_text_array(const struct rows *r, struct arena *a, int row, const char *column, size_t *n);

#endif
