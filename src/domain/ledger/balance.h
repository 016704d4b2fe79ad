/*
 * balance.h - what accounts stand at: of one organizer or of all together, now
 * or as of a time, and how that is shown.
 *
 * Now is checkpoint plus tail and costs a few milliseconds however many
 * entries there are (sql/functions/ledger/balances.sql). As of a time counts
 * entries: by recorded_at those since the last closed day before it, by
 * occurred_at all of the organizer's. A time is included in what is as of it.
 *
 * Amounts are debit positive, in minor units. `final`: nothing can come in any
 * more, because the days up to it are closed; by occurred_at never.
 */
#ifndef DOMAIN_LEDGER_BALANCE_H
#define DOMAIN_LEDGER_BALANCE_H

#include "domain/ledger/ledger.h"

struct job;

struct balance_ask {
        int32_t org;                    /* 0: all organizers together */
        struct str currency;            /* absent: each that there is */
        struct str as_of;               /* RFC 3339; absent: now */
        bool occurred;                  /* by occurred_at, else by recorded_at */
};

struct balance_line {
        struct str currency;
        int64_t amount[ACCOUNT_COUNT];
};

/* Lines by currency: of an organizer always one in its own, of an asked currency always one. */
struct balance {
        struct uuid organizer;          /* nil: all together */
        struct str own_currency, as_of;
        bool final, occurred;
        struct balance_line *line;
        size_t n;
};

/* Asks for a fold when the tail has become long. The organizer is there: that is the caller's to know. */
bool balance_find(struct task *t, const struct balance_ask *ask, struct balance *out, struct err *e) MUSTCHECK;

/* What an organizer is owed: {object, organizer, as_of, clock, final, balances}. */
struct str balance_view(struct arena *a, const struct balance *b);
struct str balance_csv(struct arena *a, const struct balance *b);
/* Of one currency: {object, organizer, currency, as_of, clock, final, accounts, total}; every account of the chart. */
struct str trial_balance_view(struct arena *a, const struct balance *b, const struct balance_line *line);
struct str trial_balance_csv(struct arena *a, const struct balance *b, const struct balance_line *line);
/* The chart, and what its accounts stand at; b NULL: the chart alone. */
struct str accounts_view(struct arena *a, const struct balance *b);
struct str accounts_csv(struct arena *a, const struct balance *b);

/*
 * Closes a day (of recorded_at, UTC): waits until every transaction that was
 * under way at its end has ended, writes down what each organizer's accounts
 * stood at, and signs. One that is closed already stays as it is, *out says so.
 * ERR_STATE_CONFLICT: it is not over, does not follow the last, a transaction
 * does not end, or accounts do not sum to zero.
 */
struct closing {
        struct str day;                 /* "2026-11-24" */
        const char *by;                 /* who signs */
        int64_t wait_ms;                /* most for transactions to end */
        void (*waiting)(struct str who);        /* each second of that; may be NULL */
        void (*progress)(int64_t done, int64_t all);    /* organizers; may be NULL */
};
struct closed {
        bool already;
        int64_t entries;
};
bool ledger_close(struct task *t, const struct closing *ask, struct closed *out, struct err *e) MUSTCHECK;

/* Jobs: folds one organizer's tail; finds tails that nobody reads, every minute. */
bool ledger_fold(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
bool ledger_fold_round(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
/* So many entries behind the checkpoint are counted in a millisecond; a fold costs some eight. */
#define LEDGER_TAIL_LONG        256

#endif
