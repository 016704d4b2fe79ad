/*
 * db.c - the connection: opening it, one statement out, one result in with a
 * bounded wait, and failures turned into ours. Transactions are db_tx.c,
 * columns and parameters db_row.c.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/db_inner.h"

#include <poll.h>

struct db *
db_open(const char *url)
{
        struct db *db = malloc(sizeof *db);

        CHECK(db != NULL);
        *db = (struct db){ .magic = DB_MAGIC, .url = url, .wait_ms = DB_WAIT_MS };
        return db;
}

void
db_close(struct db *db)
{
        if (db == NULL)
                return;
        CHECK_HANDLE(db, DB_MAGIC);
        db_drop(db);
        db->magic = 0;
        free(db);
}

void
db_patience(struct db *db, int64_t wait_ms)
{
        CHECK_HANDLE(db, DB_MAGIC);
        db->wait_ms = wait_ms;
}

struct db_stats
db_stats(const struct db *db)
{
        return db->stats;
}

static void
ignore_notice(void *arg UNUSED, const char *message UNUSED)
{
}

static bool
connection_good(struct db *db)
{
        const char *keys[] = { "dbname", "connect_timeout", "application_name", "client_encoding", NULL };
        const char *values[] = { db->url, "2", "boxoffice", "UTF8", NULL };

        db->conn = PQconnectdbParams(keys, values, 1);
        if (db->conn == NULL || PQstatus(db->conn) != CONNECTION_OK)
                return false;
        (void)PQsetNoticeProcessor(db->conn, ignore_notice, NULL);
        return PQenterPipelineMode(db->conn) == 1;
}

bool
db_connect(struct db *db, const struct log_subject *s, struct err *e)
{
        CHECK_HANDLE(db, DB_MAGIC);
        if (db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK)
                return true;
        db_drop(db);
        db->stats.reconnects++;
        if (connection_good(db))
                return true;
        log_error(s, "db.unreachable", { "detail", str_of(PQerrorMessage(db->conn)) },
            { "next", STR("none if it passes: each call tries anew; else see whether PostgreSQL runs "
            "and BOXOFFICE_DATABASE_URL is right") });
        db_drop(db);
        e->retry_after_seconds = 1;
        return err_set(e, ERR_UNAVAILABLE, "the database can't be reached");
}

void
db_drop(struct db *db)
{
        if (db->conn != NULL)
                PQfinish(db->conn);
        db->conn = NULL;
}

void
db_send(struct db *db, const char *sql, const struct params *p)
{
        if (db->conn == NULL)
                return;
        if (PQsendQueryParams(db->conn, sql, p == NULL ? 0 : p->n, NULL, p == NULL ? NULL : p->value,
            p == NULL ? NULL : p->length, p == NULL ? NULL : p->binary, 0) != 1)
                db_drop(db);
}

void
db_flush(struct db *db)
{
        db->stats.waits++;
        if (db->conn != NULL && PQflush(db->conn) < 0)
                db_drop(db);
}

bool
db_ready(struct db *db)
{
        int64_t until = clock_mono_ms() + db->wait_ms;

        while (PQisBusy(db->conn)) {
                struct pollfd fd = { .fd = PQsocket(db->conn), .events = POLLIN };
                int64_t left = until - clock_mono_ms();

                if (left <= 0 || (poll(&fd, 1, (int)left) > 0 && PQconsumeInput(db->conn) != 1))
                        return false;
        }
        return true;
}

PGresult *
db_result(struct db *db)
{
        PGresult *r;

        if (db->conn == NULL)
                return NULL;
        if (!db_ready(db) || (r = PQgetResult(db->conn)) == NULL) {
                db_drop(db);
                return NULL;
        }
        /* A statement's result is followed by a NULL; a synchronisation point is not. */
        if (PQresultStatus(r) != PGRES_PIPELINE_SYNC) {
                PGresult *end = db_ready(db) ? PQgetResult(db->conn) : NULL;

                CHECK(end == NULL);
        }
        if (PQstatus(db->conn) != CONNECTION_OK) {
                PQclear(r);
                db_drop(db);
                return NULL;
        }
        return r;
}

bool
db_result_ok(const PGresult *r)
{
        ExecStatusType st = PQresultStatus(r);

        return st == PGRES_TUPLES_OK || st == PGRES_COMMAND_OK || st == PGRES_PIPELINE_SYNC;
}

/* States that say "not now" rather than "we are wrong". */
static bool
state_is_passing(const char *state)
{
        static const char *const passing[] = { "08", "53", "57", "55P03", "25P03", "40", NULL };

        for (int i = 0; passing[i] != NULL; i++)
                if (strncmp(state, passing[i], strlen(passing[i])) == 0)
                        return true;
        return false;
}

/* A function names a bad field as "/pointer: what is wrong". */
static bool
refused_field(const char *message, struct err *e)
{
        struct str pointer, detail;
        char name[96];

        if (message[0] != '/' || !str_cut(str_of(message), ':', &pointer, &detail) || pointer.n > 90)
                return err_set(e, ERR_INVALID_REQUEST, "%s", message);
        (void)snprintf(name, sizeof name, "%.*s", STR_ARG(pointer));
        return err_field(e, name, FIELD_OUT_OF_RANGE, str_trim(detail).p);
}

/* Two that want the same row are nobody's business: one of them is run again. */
static void
log_failed(const PGresult *r, const char *stmt, const struct log_subject *s)
{
        const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
        bool conflict = str_starts(str_of(state), STR("40"));
        bool passing = state != NULL && state_is_passing(state);

        LOG_LINE(s, conflict ? LOG_WARN : LOG_ERROR, "db.failed", { "statement", str_of(stmt) },
            { "sqlstate", str_of(state) }, { "detail", str_of(PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)) },
            { "where", str_of(PQresultErrorField(r, PG_DIAG_CONTEXT)) },
            { "next", conflict ? STR("none: it is run again, or whoever asked is told to ask again")
            : passing ? STR("none if it passes; else PostgreSQL's log says what it is short of")
            : STR("nothing was written; it is a fault of this program or of its schema's version: report this line") });
}

bool
db_failed(const PGresult *r, const char *stmt, const struct log_subject *s, struct err *e)
{
        const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
        const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
        enum err_code ours = err_of_sqlstate(state);

        if (ours == ERR_INVALID_REQUEST)
                return refused_field(message, e);
        if (ours != ERR_NONE)
                return err_set(e, ours, "%s", message);
        log_failed(r, stmt, s);
        if (state != NULL && state_is_passing(state)) {
                e->retry_after_seconds = 1;
                return err_set(e, ERR_UNAVAILABLE, "the database can't answer now");
        }
        return err_set(e, ERR_INTERNAL, "the failure is logged under this request's id");
}

static void
clear_result(void *r)
{
        PQclear(r);
}

void
db_rows(struct arena *a, PGresult *r, struct rows *out)
{
        struct rows rows = { .result = r, .n = PQntuples(r) };

        arena_hook(a, clear_result, r);
        if (out != NULL)
                *out = rows;
}
