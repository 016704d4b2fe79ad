/*
 * testclock.c - follows the installation's clock with a connection of its own,
 * not through io/db.h, which logs each failure: here a database that is not
 * there yet, or is down for a test, is nothing to speak of.
 */
#include "base/base.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/str.h"
#include "sandbox/testclock.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int_fast64_t lead_ms;     /* the one clock of the process */

static const char ask[] = "select extract(epoch from ops.now() - now())::bigint";

/* True when the connection may be used again. */
static bool
ask_once(PGconn *db)
{
        PGresult *r = PQexec(db, ask);
        int64_t seconds;
        bool fine = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 &&
            str_to_i64(str_of(PQgetvalue(r, 0, 0)), &seconds);

        if (fine)
                atomic_store(&lead_ms, seconds * 1000);
        PQclear(r);
        return fine;
}

static void *
follow(void *arg)
{
        const char *const *conninfo = arg;
        const char *const keys[] = { "dbname", "connect_timeout", "application_name", NULL };
        const char *const values[] = { *conninfo, "2", "boxoffice-sandbox", NULL };

        for (;;) {
                PGconn *db = PQconnectdbParams(keys, values, 1);

                while (PQstatus(db) == CONNECTION_OK && ask_once(db))
                        clock_sleep_ms(TESTCLOCK_POLL_MS);
                PQfinish(db);
                clock_sleep_ms(TESTCLOCK_POLL_MS);
        }
        return NULL;
}

void
testclock_follow(const char *conninfo)
{
        static const char *kept;
        pthread_t thread;

        kept = conninfo;
        CHECK(pthread_create(&thread, NULL, follow, &kept) == 0);
        CHECK(pthread_detach(thread) == 0);
}

int64_t
testclock_now_ms(void)
{
        return clock_wall_ms() + atomic_load(&lead_ms);
}
