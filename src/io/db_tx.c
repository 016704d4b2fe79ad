/*
 * db_tx.c - transactions: the only BEGIN and COMMIT in the house, the bounded
 * retry, and single reading statements.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/secret.h"
#include "io/db_inner.h"

#define TX_TRIES        4
#define TX_STMTS_MAX    72

/* Why a run did not commit. */
enum tx_end {
        TX_OPEN,                /* nothing went wrong (yet) */
        TX_COMMITTED,
        TX_REFUSED,             /* by us or by a constraint: roll back, tell the caller */
        TX_AGAIN,               /* deadlock, serialisation: the whole transaction may run again */
        TX_LOST,                /* connection lost before COMMIT was sent: nothing happened */
        TX_COMMIT_LOST          /* connection lost after COMMIT was sent: nobody knows */
};

struct tx {
        struct db *db;
        struct arena *arena;
        const struct log_subject *subject;
        bool begun, repeatable, commit_sent, unsent;
        enum tx_end end;
        const char *queue[TX_STMTS_MAX];        /* names of statements whose results are due, in order */
        int queued, got;
};

void
tx_repeatable(struct tx *tx)
{
        tx->repeatable = true;
}

static void
queue_put(struct tx *tx, const char *name, const char *sql, const struct params *p)
{
        if (tx->queued == TX_STMTS_MAX && tx->got == tx->queued)
                tx->got = tx->queued = 1;       /* all answers are in: begin anew behind BEGIN's */
        CHECK(tx->queued < TX_STMTS_MAX);
        db_send(tx->db, sql, p);
        tx->queue[tx->queued++] = name;
        tx->unsent = true;
}

void
tx_put(struct tx *tx, const struct stmt *st, const struct params *p)
{
        CHECK(!tx->commit_sent);        /* it would run by itself, outside the transaction */
        if (!tx->begun) {
                if (FAULT_FAILS(tx_before_begin))
                        db_drop(tx->db);
                queue_put(tx, "begin", "BEGIN", NULL);
        }
        tx->begun = true;
        queue_put(tx, st->name, st->sql, p);
}

static bool
connection_lost(struct tx *tx, struct err *e)
{
        tx->end = tx->commit_sent ? TX_COMMIT_LOST : TX_LOST;
        e->retry_after_seconds = 1;
        return err_set(e, ERR_UNAVAILABLE, tx->commit_sent
            ? "the database was lost while it committed: the outcome is unknown"
            : "the database was lost");
}

static bool
state_again(const PGresult *r)
{
        const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

        return state != NULL && (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0);
}

/* The next due result; a failed one is cleared. */
static bool
queue_get(struct tx *tx, PGresult **out, struct err *e)
{
        const char *name = tx->queue[tx->got];
        PGresult *r;

        CHECK(tx->got < tx->queued);
        if (tx->unsent) {
                if (!tx->commit_sent && tx->db->conn != NULL && PQsendFlushRequest(tx->db->conn) != 1)
                        db_drop(tx->db);
                db_flush(tx->db);
                tx->unsent = false;
                if (tx->commit_sent && FAULT_FAILS(tx_commit_sent))
                        db_drop(tx->db);
        }
        if ((r = db_result(tx->db)) == NULL)
                return connection_lost(tx, e);
        if (tx->got++ == 0 && FAULT_FAILS(tx_after_begin))
                db_drop(tx->db);
        if (db_result_ok(r)) {
                *out = r;
                return true;
        }
        tx->end = state_again(r) ? TX_AGAIN : TX_REFUSED;
        (void)db_failed(r, name, tx->subject, e);
        PQclear(r);
        return false;
}

bool
tx_get(struct tx *tx, struct rows *out, struct err *e)
{
        PGresult *r;

        if (tx->end != TX_OPEN)
                return err_set(e, ERR_INTERNAL, "the transaction has failed");
        if (tx->got == 0) {
                if (!queue_get(tx, &r, e))
                        return false;
                PQclear(r);
        }
        if (!queue_get(tx, &r, e))
                return false;
        db_rows(tx->arena, r, out);
        return true;
}

bool
tx_call(struct tx *tx, const struct stmt *st, const struct params *p, struct rows *out, struct err *e)
{
        tx_put(tx, st, p);
        return tx_get(tx, out, e);
}

static void
commit_put(struct tx *tx)
{
        if (FAULT_FAILS(tx_before_commit))
                db_drop(tx->db);
        queue_put(tx, "commit", "COMMIT", NULL);
        if (tx->db->conn != NULL && PQpipelineSync(tx->db->conn) != 1)
                db_drop(tx->db);
        tx->commit_sent = true;
}

/* COMMIT of a failed transaction answers "ROLLBACK" and no error: the tag decides. */
static bool
commit_get(struct tx *tx, struct err *e)
{
        PGresult *r;
        bool committed;

        if (!queue_get(tx, &r, e))
                return false;
        committed = strcmp(PQcmdStatus(r), "COMMIT") == 0;
        PQclear(r);
        if ((r = db_result(tx->db)) == NULL && !committed)
                return connection_lost(tx, e);
        PQclear(r);
        FAULT(tx_committed);
        tx->end = committed ? TX_COMMITTED : TX_REFUSED;
        if (!committed)
                return err_set(e, ERR_INTERNAL, "the database rolled the transaction back");
        tx->db->stats.commits++;
        return true;
}

void
tx_commit(struct tx *tx)
{
        CHECK(tx->begun && !tx->commit_sent);
        commit_put(tx);
}

static bool
drain_to_commit(struct tx *tx, struct err *e)
{
        if (!tx->commit_sent)
                commit_put(tx);
        while (tx->got < tx->queued - 1) {
                PGresult *r;

                if (!queue_get(tx, &r, e))
                        return false;
                PQclear(r);
        }
        return commit_get(tx, e);
}

/*
 * Leaves the pipeline clean: a synchronisation point ends what an error
 * aborted, ROLLBACK ends the transaction, and everything due is read.
 */
static void
roll_back(struct tx *tx)
{
        struct db *db = tx->db;
        int syncs = tx->commit_sent ? 1 : 0;

        if (db->conn == NULL)
                return;
        if (!tx->commit_sent)
                syncs += PQpipelineSync(db->conn);
        db_send(db, "ROLLBACK", NULL);
        if (db->conn == NULL)
                return;
        syncs += PQpipelineSync(db->conn);
        if (syncs != 2) {
                db_drop(db);
                return;
        }
        db_flush(db);
        while (syncs > 0) {
                PGresult *r = db_result(db);

                if (r == NULL)
                        return;
                if (PQresultStatus(r) == PGRES_PIPELINE_SYNC)
                        syncs--;
                PQclear(r);
        }
        db->stats.rollbacks++;
}

static enum tx_end
run_once(struct tx *tx, db_tx_fn fn, void *arg, struct err *e)
{
        bool ok = fn(tx, arg, e);

        if (ok && tx->end == TX_OPEN && tx->begun)
                ok = drain_to_commit(tx, e);
        if (ok && (tx->end == TX_COMMITTED || !tx->begun))
                return TX_COMMITTED;
        CHECK(!ok || tx->end != TX_OPEN);
        if (ok)
                (void)err_set(e, ERR_INTERNAL, "a transaction went on after its failure");
        if (tx->end == TX_OPEN)
                tx->end = TX_REFUSED;
        if (tx->begun && tx->end != TX_COMMITTED)
                roll_back(tx);
        return tx->end;
}

/* Waits 2^try x 5 ms, plus up to as much again. */
static void
back_off(int try)
{
        unsigned char r;

        random_bytes(&r, 1);
        clock_sleep_ms(((int64_t)5 << try) * (256 + r) / 256);
}

/* The connection there is, or a new one; one that is lost again at once is found out by what is sent next. */
static bool
connected(struct db *db, const struct log_subject *s, struct err *e)
{
        bool fresh = db->conn == NULL;

        if (fresh && FAULT_FAILS(db_before_connect))
                return err_set(e, ERR_UNAVAILABLE, "the database can't be reached");
        if (!db_connect(db, s, e))
                return false;
        if (fresh && FAULT_FAILS(db_after_connect))
                db_drop(db);
        return true;
}

bool
db_tx_run(struct db *db, struct arena *a, const struct log_subject *s, db_tx_fn fn, void *arg, struct err *e)
{
        for (int try = 0;; try++) {
                struct tx tx = { .db = db, .arena = a, .subject = s };
                enum tx_end end;

                if (!connected(db, s, e))
                        return false;
                end = run_once(&tx, fn, arg, e);
                if (end == TX_COMMITTED)
                        return true;
                if (end == TX_REFUSED || try + 1 == TX_TRIES || (end == TX_COMMIT_LOST && !tx.repeatable))
                        return false;
                log_warn(s, "db.again", { "why", end == TX_AGAIN ? STR("conflict") : STR("connection lost") });
                err_clear(e);
                back_off(try);
        }
}

static bool
query_once(struct db *db, struct arena *a, const struct log_subject *s, const struct stmt *st,
    const struct params *p, struct rows *out, bool *lost, struct err *e)
{
        PGresult *r, *sync;

        *lost = false;
        if (!connected(db, s, e))
                return false;
        if (FAULT_FAILS(db_before_query))
                db_drop(db);
        db_send(db, st->sql, p);
        if (db->conn != NULL && PQpipelineSync(db->conn) != 1)
                db_drop(db);
        db_flush(db);
        if (FAULT_FAILS(db_after_query))
                db_drop(db);
        if ((r = db_result(db)) == NULL || (sync = db_result(db)) == NULL) {
                PQclear(r);
                *lost = true;
                e->retry_after_seconds = 1;
                return err_set(e, ERR_UNAVAILABLE, "the database was lost");
        }
        PQclear(sync);
        if (!db_result_ok(r)) {
                (void)db_failed(r, st->name, s, e);
                PQclear(r);
                return false;
        }
        db_rows(a, r, out);
        return true;
}

bool
db_query(struct db *db, struct arena *a, const struct log_subject *s, const struct stmt *st,
    const struct params *p, struct rows *out, struct err *e)
{
        bool lost;

        if (query_once(db, a, s, st, p, out, &lost, e))
                return true;
        if (!lost)
                return false;
        err_clear(e);
        return query_once(db, a, s, st, p, out, &lost, e);
}
