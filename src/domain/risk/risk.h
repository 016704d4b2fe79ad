/*
 * risk.h - how much of what an organizer sells is disputed, and what follows.
 *
 * Counted once an hour of business time by the job risk_round(), never in a
 * sale: of the organizer and of each event that has a dispute, over 30 and 90
 * days, the disputes that opened and the charges that were made, by number and
 * by amount. As card schemes count, a dispute that was won later is one, and an
 * early warning, which moves no money, is none.
 *
 *   normal -> warned    one of the four ratios has reached DISPUTE_WARN_BPS
 *          -> raised    DISPUTE_ACT_BPS: of new sales at least DISPUTE_RESERVE_BPS
 *                       is kept in reserve, for at least DISPUTE_RESERVE_DAYS;
 *                       until all are below DISPUTE_WARN_BPS, so that a single
 *                       sale more or less does not turn it on and off
 *
 * A window with fewer disputes than DISPUTE_LEAST says nothing. What is kept of
 * a sale is fixed with its order; what was sold before stays as it was. Each
 * level has a reason, which the organizer reads; nothing that is done here
 * keeps anybody from buying, which would only make the ratio worse.
 */
#ifndef DOMAIN_RISK_RISK_H
#define DOMAIN_RISK_RISK_H

#include "base/err.h"
#include "base/id.h"

struct arena;
struct conf;
struct job;
struct task;

#define RISK_WINDOWS 2

struct risk_window {
        int64_t disputes, charges;      /* how many */
        int64_t disputed, charged;      /* minor units */
};

enum risk_level { RISK_NORMAL, RISK_WARNED, RISK_RAISED };

struct risk_rules {
        int64_t warn_bps, act_bps, least, reserve_bps, reserve_days;
};
struct risk_rules risk_rules_of(const struct conf *c);

struct risk_verdict {
        enum risk_level level;
        struct str reason;              /* absent when normal */
};

/* In basis points, rounded down; 10,000 where more is disputed than was sold. */
int64_t risk_ratio_bps(int64_t disputed, int64_t of);
/* Pure. w: of 30 days, then of 90; was: the level until now. */
struct risk_verdict risk_judge(struct arena *a, const struct risk_window w[RISK_WINDOWS], enum risk_level was,
    const struct risk_rules *r);

/* A job: counts all anew. */
bool risk_round(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

/* What an organizer may read about itself. */
bool risk_show(struct task *t, int32_t org, struct uuid organizer, struct str *view, struct err *e) MUSTCHECK;

#endif
