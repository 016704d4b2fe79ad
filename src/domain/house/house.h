/*
 * house.h - the house's own state: the business clock that test installations
 * move, and the epoch that is renewed after every restore.
 */
#ifndef DOMAIN_HOUSE_HOUSE_H
#define DOMAIN_HOUSE_HOUSE_H

#include "base/err.h"
#include "base/id.h"

struct task;
struct tx;

struct house_clock {
        struct str now;                 /* RFC 3339 */
        bool quiet;                     /* no job is due or in hand */
};

bool house_clock_get(struct task *t, struct house_clock *out, struct err *e) MUSTCHECK;
/* Moves the clock, in the caller's transaction. */
bool house_clock_move(struct task *t, struct tx *tx, int64_t seconds, struct house_clock *out, struct err *e) MUSTCHECK;
/* Waits until every job due by now has run, at most wait_ms. */
bool house_clock_wait(struct task *t, int64_t wait_ms, struct house_clock *out, struct err *e) MUSTCHECK;

struct house_epoch {
        struct uuid epoch;
        bool recovering;
};

bool house_epoch_get(struct task *t, struct house_epoch *out, struct err *e) MUSTCHECK;
/* After a restore or asynchronous failover. recovering: money calls answer 503 until house_recovery_end(). */
bool house_epoch_renew(struct task *t, bool recovering, struct uuid *out, struct err *e) MUSTCHECK;
bool house_recovery_end(struct task *t, struct err *e) MUSTCHECK;

#endif
