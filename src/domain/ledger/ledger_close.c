/* ledger_close.c - a day is closed: what its functions in the database say, in order. */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "domain/ledger/balance.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/ledger/balance.sql.def"

#define POLL_MS         100
#define TOLD_MS         1000

static bool
day_query(struct task *t, const struct stmt *st, struct str day, struct rows *r, struct err *e)
{
        struct params p = params_in(t->arena);

        param_text(&p, day);
        return db_query(t->db, t->arena, &t->subject, st, &p, r, e);
}

static bool
may_close(const struct closing *ask, const struct rows *r, struct err *e)
{
        struct str verdict = row_text(r, 0, "verdict"), last = row_text(r, 0, "last");

        if (str_is(verdict, "early"))
                return err_set(e, ERR_STATE_CONFLICT, "%.*s is not over", STR_ARG(ask->day));
        if (str_is(verdict, "gap"))
                return err_set(e, ERR_STATE_CONFLICT, "the last closed day is %.*s: close the one after it first",
                    STR_ARG(last));
        return true;
}

/* Until those that were under way have ended, or for wait_ms. */
static bool
wait_for_pending(struct task *t, const struct closing *ask, const struct rows *asked, struct err *e)
{
        int64_t until = clock_mono_ms() + ask->wait_ms, told = clock_mono_ms();

        for (;;) {
                struct params p = params_in(t->arena);
                struct rows r;

                param_text(&p, row_text(asked, 0, "barrier"));
                param_text(&p, row_text(asked, 0, "pending"));
                if (!db_query(t->db, t->arena, &t->subject, &stmt_close_pending, &p, &r, e))
                        return false;
                if (row_is_null(&r, 0, "who"))
                        return true;
                if (clock_mono_ms() >= until)
                        return err_set(e, ERR_STATE_CONFLICT,
                            "a transaction that began before the day's end is still open: %.*s",
                            STR_ARG(row_text(&r, 0, "who")));
                if (ask->waiting != NULL && clock_mono_ms() >= told + TOLD_MS) {
                        ask->waiting(row_text(&r, 0, "who"));
                        told = clock_mono_ms();
                }
                clock_sleep_ms(POLL_MS);
        }
}

struct close_work {
        struct task *task;
        const struct closing *ask;
        const struct rows *orgs;
        int64_t entries;
};

static bool
close_tx(struct tx *tx, void *arg, struct err *e)
{
        struct close_work *w = arg;
        struct params day = params_in(w->task->arena);

        w->entries = 0;
        for (int i = 0; i < w->orgs->n; i++) {
                struct params p = params_in(w->task->arena);
                struct rows r;

                if (w->ask->progress != NULL)
                        w->ask->progress(i, w->orgs->n);
                param_i64(&p, row_i64(w->orgs, i, "org"));
                param_text(&p, w->ask->day);
                param_z(&p, w->ask->by);
                if (!tx_call(tx, &stmt_close_org, &p, &r, e))
                        return false;
                w->entries += row_i64(&r, 0, "entries");
        }
        param_text(&day, w->ask->day);
        param_z(&day, w->ask->by);
        param_i64(&day, w->entries);
        return tx_call(tx, &stmt_close_day, &day, NULL, e);
}

bool
ledger_close(struct task *t, const struct closing *ask, struct closed *out, struct err *e)
{
        struct close_work w = { .task = t, .ask = ask };
        struct rows asked, orgs;

        *out = (struct closed){ .already = false };
        if (!day_query(t, &stmt_close_ask, ask->day, &asked, e))
                return false;
        out->already = str_is(row_text(&asked, 0, "verdict"), "closed");
        if (out->already)
                return true;
        if (!may_close(ask, &asked, e) || !wait_for_pending(t, ask, &asked, e) ||
            !day_query(t, &stmt_close_orgs, ask->day, &orgs, e))
                return false;
        w.orgs = &orgs;
        if (!db_tx_run(t->db, t->arena, &t->subject, close_tx, &w, e))
                return false;
        out->entries = w.entries;
        return true;
}
