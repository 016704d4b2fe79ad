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
 * is committed before event_mature looks: it comes again until the transactions
 * that were under way when it first came are over.
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

#define MATURE_BATCH    200

bool
event_mature(struct task *t, const struct job *j, struct err *e)
{
        bool done;

        return job_pages(t, j, &stmt_orders_plan, &done, e) && (!done || job_finish(t, j, e));
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
