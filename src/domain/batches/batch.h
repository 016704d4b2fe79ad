/*
 * batch.h - giving back the money of all orders of a cancelled event.
 *
 * event_cancel (catalog.h) makes a batch and its job. The job first puts every
 * paid order of the event into the batch, with the risk that it is disputed
 * otherwise (app.batch_risk), and has held ones let go; then it refunds what
 * each holds, the highest risk first, by refund_make's rules: what the order's
 * policy keeps of fees it keeps here too, since that is what its guest agreed
 * to and refund_policy {refund_fees: true} is the organizer's to offer; a
 * guest's window and the organizer's balance do not bind. An order that is paid
 * later, by a charge that was under way, joins in.
 *
 * Each order is a transaction of its own, under its lock, and its refund's id
 * follows from batch, order and try: killed anywhere, run twice, or restored
 * from a backup, there is one refund. No more than conf.batch_refunds_per_s
 * orders are tried in a second, and none while many refunds are on their way.
 *
 *   an order waits -> a refund is made: pending -> done | failed
 *                  -> done, nothing was left | disputed, all that was left | failed
 *
 * What is disputed is looked at again when the dispute ends, and what had nothing
 * left when a refund of it fails. What failed waits for an operator:
 * batch_resume tries it again.
 */
#ifndef DOMAIN_BATCHES_BATCH_H
#define DOMAIN_BATCHES_BATCH_H

#include "base/err.h"
#include "base/id.h"
#include "base/str.h"

struct arena;
struct job;
struct task;

/* A job: a turn of a batch. */
bool refund_batch(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

struct batch {
        struct uuid id, event;
        struct str status;              /* planning running paused done */
        struct str reason, currency, created_at, ended_at;
        int64_t total;                  /* orders: the sum of the next five; grows while planning */
        int64_t waiting, pending, done, disputed, failed;
        int64_t amount;                 /* of its refunds that have not failed */
};

/* The batch of a cancelled event; ERR_NOT_FOUND when it is not cancelled. */
bool batch_find(struct task *t, struct uuid event, struct batch *out, struct err *e) MUSTCHECK;
struct str batch_view(struct arena *a, const struct batch *b);

/* --- for operators ------------------------------------------------------- */

/* Of all organizers: those under way first. */
bool batches_list(struct task *t, int64_t limit, struct batch **out, size_t *n, struct err *e) MUSTCHECK;

struct batch_failure {
        struct uuid order, refund;      /* refund nil: none was made */
        struct str detail;
};
bool batch_failures(struct task *t, const struct batch *b, int64_t limit, struct batch_failure **out, size_t *n,
    struct err *e) MUSTCHECK;

/* ERR_NOT_FOUND when the event has no batch. again: how many orders that failed are tried again. */
bool batch_pause(struct task *t, struct uuid event, const char *actor, struct err *e) MUSTCHECK;
bool batch_resume(struct task *t, struct uuid event, const char *actor, int64_t *again, struct err *e) MUSTCHECK;

#endif
