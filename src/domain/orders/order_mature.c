/*
 * order_mature.c - what organizers have pending and in reserve becomes
 * available on its day: ledger.md's recipe 4, in batches.
 *
 * A sale writes nothing for it. When an event is over, event_mature writes the
 * dates of all its paid orders (app.maturities), and orders_mature, one job an
 * organizer, works off what is due and asks for itself at the next date. Each
 * batch is a transaction that locks its orders, counts what they still have by
 * their entries, and posts it: killed anywhere, what it did is done and the
 * rest is due still.
 *
 * An order that is paid after its event was over has itself planned
 * (order_paid). One whose payment began before, and did not see that it was over,
 * is committed before event_mature looks: it waits for older transactions.
 */
#include "base/base.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/ledger/ledger.h"
#include "domain/orders/order.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/orders/orders.sql.def"

#define PLAN_BATCH      500
#define MATURE_BATCH    200
#define TURN_MS         1000            /* then other jobs have theirs */
#define OLDER_LOOK_MS   10

struct window {
        int64_t oldest, next;
};

static bool
window_get(struct task *t, int32_t org, struct window *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, org);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_xact_window, &p, &r, e))
                return false;
        *out = (struct window){ row_i64(&r, 0, "oldest"), row_i64(&r, 0, "next") };
        return true;
}

/* *over: every transaction that had begun when this was called has ended. Waits for at most a turn. */
static bool
older_are_over(struct task *t, int32_t org, bool *over, struct err *e)
{
        int64_t until = clock_mono_ms() + TURN_MS;
        struct window first, now;

        if (!window_get(t, org, &first, e))
                return false;
        now = first;
        while (now.oldest < first.next && clock_mono_ms() < until) {
                clock_sleep_ms(OLDER_LOOK_MS);
                if (!window_get(t, org, &now, e))
                        return false;
        }
        *over = now.oldest >= first.next;
        return true;
}

struct planning {
        const struct job *job;
        struct arena *arena;
        struct uuid last;
};

static bool
plan_tx(struct tx *tx, void *arg, struct err *e)
{
        struct planning *w = arg;
        struct params p = params_in(w->arena);
        struct rows r;

        tx_repeatable(tx);
        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        param_uuid(&p, w->last);
        param_i64(&p, PLAN_BATCH);
        if (!tx_call(tx, &stmt_orders_plan, &p, &r, e))
                return false;
        w->last = row_uuid(&r, 0, "last");
        return true;
}

bool
event_mature(struct task *t, const struct job *j, struct err *e)
{
        struct planning w = { .job = j, .arena = t->arena };
        int64_t until = clock_mono_ms() + TURN_MS;
        bool over;

        if (!older_are_over(t, j->org, &over, e))
                return false;
        if (!over)
                return job_again(t, j, 0, STR("transactions that began before are under way"), false, e);
        do {
                if (!db_tx_run(t->db, t->arena, &t->subject, plan_tx, &w, e))
                        return false;
        } while (!uuid_is_nil(w.last) && clock_mono_ms() < until);
        return uuid_is_nil(w.last) ? job_finish(t, j, e) : job_again(t, j, 0, STR("there are more"), false, e);
}

struct maturing {
        const struct job *job;
        struct arena *arena;
};

/* Queues the entries of those orders that have something in this column. */
static void
freed_put(struct tx *tx, const struct maturing *w, const struct rows *due, enum recipe recipe, const char *column)
{
        struct params p = params_in(w->arena);
        struct posting_set sets[MATURE_BATCH];
        struct uuid orders[MATURE_BATCH], entries[MATURE_BATCH];
        size_t n = 0;

        for (int i = 0; i < due->n; i++) {
                struct amounts a = { .amount = row_i64(due, i, column) };

                if (a.amount == 0)
                        continue;
                sets[n] = recipe_post(recipe, &a);
                orders[n] = row_uuid(due, i, "order_id");
                entries[n++] = uuid_new(w->job->org);
        }
        param_i64(&p, w->job->org);
        param_z(&p, recipe_effect(recipe));
        param_uuid_array(&p, orders, n);
        param_uuid_array(&p, entries, n);
        posting_pairs_params(sets, n, &p);
        param_text(&p, w->job->request_id);
        tx_put(tx, &stmt_orders_freed, &p);
}

static bool
mature_tx(struct tx *tx, void *arg, struct err *e)
{
        const struct maturing *w = arg;
        struct params p = params_in(w->arena), next = params_in(w->arena);
        struct rows due;

        tx_repeatable(tx);
        param_i64(&p, w->job->org);
        param_i64(&p, MATURE_BATCH);
        if (!tx_call(tx, &stmt_orders_mature, &p, &due, e))
                return false;
        CHECK(due.n <= MATURE_BATCH);
        freed_put(tx, w, &due, RECIPE_matured, "pending");
        freed_put(tx, w, &due, RECIPE_reserve_released, "reserve");
        param_i64(&next, w->job->org);
        param_text(&next, w->job->kind);
        param_uuid(&next, w->job->object);
        param_uuid(&next, w->job->lease);
        return tx_get(tx, NULL, e) && tx_get(tx, NULL, e) && tx_call(tx, &stmt_orders_next, &next, NULL, e);
}

bool
orders_mature(struct task *t, const struct job *j, struct err *e)
{
        struct maturing w = { .job = j, .arena = t->arena };

        return db_tx_run(t->db, t->arena, &t->subject, mature_tx, &w, e);
}
