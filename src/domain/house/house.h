/*
 * house.h - the house's own state: the business clock that test installations
 * move, its identity, and the epoch that is renewed after every restore.
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

struct house_state {
        char epoch[UUID_TEXT_MAX];      /* renewed by every restore: it names the keys in Redis */
        char house[UUID_TEXT_MAX];      /* this installation, for ever: gateways keep it beside each charge */
        bool recovering;
};

bool house_state_get(struct task *t, struct house_state *out, struct err *e) MUSTCHECK;
/*
 * The same, at most HOUSE_FRESH_MS old. NULL when the database has never told
 * it or has not for that long.
 */
#define HOUSE_FRESH_MS  1000
const struct house_state *house_state(struct task *t);

/*
 * After a restore or asynchronous failover. recovering: money calls answer
 * 503 until house_recovery_end(). Returns when no process goes by the old
 * epoch any more (twice HOUSE_FRESH_MS later).
 */
bool house_epoch_renew(struct task *t, bool recovering, struct uuid *out, struct err *e) MUSTCHECK;
/* epoch: ends only the recovery that began under it; nil: whichever. */
bool house_recovery_end(struct task *t, const char *actor, struct uuid epoch, struct err *e) MUSTCHECK;
/* How much of what was lost is found and not yet in the books. */
bool house_recovery_rest(struct task *t, int64_t *rest, struct err *e) MUSTCHECK;

#endif
