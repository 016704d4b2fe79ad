/*
 * job.h - work to be done later, at least once: claim, finish, again.
 *
 * A job is (organizer, kind, object); asking for it twice is asking once, and
 * every job is idempotent by construction. It is claimed in two steps that
 * also run sharded: organizers with due work, then some of one organizer's
 * jobs under a lease on the wall clock. A dead worker's jobs come back when
 * the lease passes. A failure counts towards the bury limit, a "not yet"
 * does not.
 */
#ifndef IO_JOB_H
#define IO_JOB_H

#include "base/err.h"
#include "base/id.h"
#include "base/str.h"

struct task;

struct job {
        int32_t org;
        struct str kind;
        struct uuid object;
        int64_t attempts;
        struct str request_id;          /* of the request that asked for it; may be absent */
        struct str progress;            /* what job_turn left; may be absent */
        struct uuid lease;
};

/* Up to max organizers with due work. */
bool job_due_orgs(struct task *t, int max, int32_t *orgs, int *n, struct err *e) MUSTCHECK;
/* Up to max jobs of org under a lease. */
bool job_claim(struct task *t, int32_t org, int max, int64_t lease_ms, struct job *jobs, int *n,
    struct err *e) MUSTCHECK;
bool job_finish(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
/* Again after delay_ms; why is kept as its last error. failed: counts towards burying, which is logged as an error. */
bool job_again(struct task *t, const struct job *j, int64_t delay_ms, struct str why, bool failed,
    struct err *e) MUSTCHECK;
/* A turn of long work is over, or others must come first: again after delay_ms, with this progress. No failure. */
bool job_turn(struct task *t, const struct job *j, int64_t delay_ms, struct str why, struct str progress,
    struct err *e) MUSTCHECK;

/* A live worker needs longer; ERR_STATE_CONFLICT when the job is somebody else's by now. */
bool job_extend(struct task *t, const struct job *j, int64_t lease_ms, struct err *e) MUSTCHECK;
/* Work that comes round for ever: due now unless it is there already. */
bool job_ensure(struct task *t, int32_t org, const char *kind, struct uuid object, struct err *e) MUSTCHECK;

/* No child outlives its fence: soon after it a job that was not finished may be claimed again. */
#define JOB_LEASE_OVER_FENCE_MS 2000

/* How long to wait after so many tries: first_ms, doubling to most_ms. */
int64_t job_backoff_ms(int64_t attempts, int64_t first_ms, int64_t most_ms);

struct stmt;

/*
 * A job that is one function of the database, (org, object) -> done: calls it
 * and finishes the job, or asks for it again when the time has not come.
 */
bool job_function(struct task *t, const struct job *j, const struct stmt *st, struct err *e) MUSTCHECK;

/*
 * A job that plans many rows: calls a function of the database, (org, object,
 * after, most) -> last, page by page until last is null, in turns. It begins
 * when all transactions that were under way when it first came have ended: who
 * did not see the change that asked for it is seen by it. *done: that was all,
 * and the job is the caller's to end; else it comes again by itself.
 */
bool job_pages(struct task *t, const struct job *j, const struct stmt *page, bool *done, struct err *e) MUSTCHECK;

#endif
