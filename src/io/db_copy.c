/*
 * db_copy.c - COPY ... TO STDOUT, row by row. A COPY takes no parameters and
 * runs outside pipeline mode: its statement's $n become escaped literals, and
 * the connection goes back into the mode when the last row is read.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "io/db_inner.h"

#include <poll.h>

#define SQL_MAX         ((size_t)64 * 1024)
#define COPY_TRIES      2

struct copy {
        struct db *db;
        const struct log_subject *subject;
        const char *name;
        char *line;                     /* libpq's; the fields point into it */
        struct str field[COPY_FIELDS_MAX];
        bool ended;
};

static void
line_free(struct copy *c)
{
        if (c->line != NULL)
                PQfreemem(c->line);
        c->line = NULL;
}

/* With the arena: a copy that was not read to its end can only be ended with its connection. */
static void
copy_release(void *what)
{
        struct copy *c = what;

        line_free(c);
        if (!c->ended)
                db_drop(c->db);
        c->ended = true;
}

static void
literal_put(struct buf *b, PGconn *conn, const struct params *p, int i)
{
        char *text;

        CHECK(i >= 0 && i < p->n && !p->binary[i]);
        if (p->value[i] == NULL) {
                buf_puts(b, "null");
                return;
        }
        text = PQescapeLiteral(conn, p->value[i], (size_t)p->length[i]);
        CHECK(text != NULL);            /* it is UTF-8, or the database would not have it as a parameter either */
        buf_puts(b, text);
        PQfreemem(text);
}

static const char *
sql_filled(struct copy *c, struct arena *a, const char *sql, const struct params *p)
{
        struct buf b;

        buf_init(&b, a, SQL_MAX);
        while (*sql != '\0') {
                int n = 0;

                if (*sql != '$') {
                        buf_putc(&b, *sql++);
                        continue;
                }
                for (sql++; *sql >= '0' && *sql <= '9'; sql++)
                        n = n * 10 + (*sql - '0');
                literal_put(&b, c->db->conn, p, n - 1);
        }
        buf_putc(&b, '\0');
        CHECK(!b.failed);
        return b.p;
}

static bool
copy_lost(struct copy *c, struct err *e)
{
        db_drop(c->db);
        c->ended = true;
        e->retry_after_seconds = 1;
        return err_set(e, ERR_UNAVAILABLE, "the database was lost");
}

/* What comes behind the rows, or in place of them; then the connection is as others want it. */
static bool
results_end(struct copy *c, PGresult *r, struct err *e)
{
        bool ok = true;

        while (r != NULL) {
                if (ok && !db_result_ok(r))
                        ok = db_failed(r, c->name, c->subject, e);
                PQclear(r);
                if (!db_ready(c->db))
                        return copy_lost(c, e);
                r = PQgetResult(c->db->conn);
        }
        c->ended = true;
        if (PQstatus(c->db->conn) != CONNECTION_OK || PQenterPipelineMode(c->db->conn) != 1)
                db_drop(c->db);
        return ok;
}

/* Sends it and waits until rows come. *lost: nothing was heard of it. */
static bool
copy_begin(struct copy *c, const char *sql, bool *lost, struct err *e)
{
        PGconn *conn = c->db->conn;
        PGresult *r;

        *lost = true;
        c->db->stats.waits++;
        if (PQexitPipelineMode(conn) != 1 || PQsendQuery(conn, sql) != 1)
                return copy_lost(c, e);
        do {
                if (!db_ready(c->db) || (r = PQgetResult(conn)) == NULL)
                        return copy_lost(c, e);
                if (PQresultStatus(r) == PGRES_COPY_OUT) {
                        PQclear(r);
                        return true;
                }
                if (PQresultStatus(r) != PGRES_COMMAND_OK)
                        break;
                PQclear(r);             /* a SET before it */
        } while (true);
        *lost = PQstatus(conn) != CONNECTION_OK;
        if (*lost) {
                PQclear(r);
                return copy_lost(c, e);
        }
        CHECK(!db_result_ok(r));
        return results_end(c, r, e);
}

bool
db_copy(struct db *db, struct arena *a, const struct log_subject *s, const struct stmt *st, const struct params *p,
    struct copy **out, struct err *e)
{
        struct copy *c = ARENA_NEW(a, struct copy);

        *c = (struct copy){ .db = db, .subject = s, .name = st->name, .ended = true };
        arena_hook(a, copy_release, c);
        for (int try = 0; try < COPY_TRIES; try++) {
                bool lost;

                err_clear(e);
                if (!db_connect(db, s, e))
                        return false;
                c->ended = false;
                if (copy_begin(c, sql_filled(c, a, st->sql, p), &lost, e)) {
                        *out = c;
                        return true;
                }
                if (!lost)
                        return false;
        }
        return false;
}

/* Waits until more of the rows can be read. */
static bool
input_wait(struct db *db)
{
        struct pollfd fd = { .fd = PQsocket(db->conn), .events = POLLIN };

        return poll(&fd, 1, (int)db->wait_ms) > 0 && PQconsumeInput(db->conn) == 1;
}

static char
unescaped(char c)
{
        switch (c) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case 'v': return '\v';
        default:  return c;
        }
}

/* COPY's text format: tabs between fields, \N for NULL, backslashes before what is special. In place. */
static size_t
line_split(struct copy *c, size_t length)
{
        char *from = c->line, *end = c->line + length, *to = c->line;
        size_t n = 0;

        CHECK(length > 0 && end[-1] == '\n');
        while (from < end) {
                char *begin = to;
                bool null = from[0] == '\\' && from[1] == 'N';

                while (*from != '\t' && *from != '\n') {
                        if (*from == '\\')
                                *to++ = unescaped(*++from);
                        else
                                *to++ = *from;
                        from++;
                }
                from++;
                CHECK(n < COPY_FIELDS_MAX);
                c->field[n++] = null ? STR_NONE : (struct str){ begin, (size_t)(to - begin) };
        }
        return n;
}

bool
copy_row(struct copy *c, const struct str **field, size_t *n, struct err *e)
{
        int got;

        *field = c->field;
        *n = 0;
        if (c->ended)
                return true;
        line_free(c);
        while ((got = PQgetCopyData(c->db->conn, &c->line, 1)) == 0)
                if (!input_wait(c->db))
                        return copy_lost(c, e);
        if (got > 0) {
                *n = line_split(c, (size_t)got);
                return true;
        }
        return got == -1 && db_ready(c->db) ? results_end(c, PQgetResult(c->db->conn), e) : copy_lost(c, e);
}
