/* db_inner.h - what db.c and db_tx.c share; nobody else includes it. */
#ifndef IO_DB_INNER_H
#define IO_DB_INNER_H

#include "io/db.h"

#include <libpq-fe.h>

#define DB_MAGIC 0xdb000001U

struct db {
        uint32_t magic;
        const char *url;
        PGconn *conn;
        int64_t wait_ms;                /* longest silence */
        struct db_stats stats;
};

/* A connection in pipeline mode is there, or ERR_UNAVAILABLE. */
bool db_connect(struct db *db, const struct log_subject *s, struct err *e) MUSTCHECK;
void db_drop(struct db *db);
/* Queues a statement; trouble shows when its result is asked for. */
void db_send(struct db *db, const char *sql, const struct params *p);
void db_flush(struct db *db);
/* Waits until a result can be read without blocking. */
bool db_ready(struct db *db) MUSTCHECK;
/* The next result in the pipeline, or NULL when the connection is lost or silent for too long. */
PGresult *db_result(struct db *db);
/* Turns a failed result into e; false always. */
bool db_failed(const PGresult *r, const char *stmt, const struct log_subject *s, struct err *e);
bool db_result_ok(const PGresult *r);
void db_rows(struct arena *a, PGresult *r, struct rows *out);

#endif
