/*
 * charge.h - a model of the charge protocol: one order, its attempts, and all
 * parties that touch them, as a state and the steps possible in it.
 *
 *   charge_steps() lists every step that anybody can take next;
 *   charge_harm() says what harm a state has come to.
 *   explore.h walks through all orders of all steps.
 *
 * The parties: a customer who pays (again, while the order is held), one
 * worker an attempt, the network, the gateway, two look-ups at once. Each takes
 * one step at a time, and between any two steps of one, all others may take
 * theirs. What commits in one transaction is one step. A worker dies at any
 * step; a stopped or slow one just takes none while time passes, and the fence
 * kills it when it has passed FENCE. Webhooks and sweeps only ask for a
 * look-up. That may come at any moment, so a webhook that is early, late,
 * doubled or lost needs no step; a look-up that must come is one that a job or
 * the sweep asks for.
 *
 * Time is whole units, as small as lets every order of deadlines occur; what
 * is due at an instant comes before or after all else of that instant. So the
 * horizon is exact: one unit less is too little (a test shows it).
 *
 * Left out, and why that hides nothing:
 * - Money, tickets, other orders: one order's attempts meet no other's.
 * - What a customer is told, and the idempotency key: the order's state alone
 *   decides whether a new attempt is recorded. A repeated key either repeats
 *   an answer (no step) or pays the held order like a new key; the request
 *   whose COMMIT answer was lost goes on with its own attempt, as here.
 * - The call's deadline once a charge is sent: a worker may hear nothing at
 *   any moment, which is more than a deadline allows.
 * - Lost or late answers: not hearing an answer is a step of its own.
 * - Two captures of one attempt: only sending again makes them, which is
 *   forbidden (and shown to be harm); that they are given back is not shown.
 * - How money goes back: giving back is one step, which a job repeats until it
 *   is done. The refund is an attempt by itself, on this same machine.
 * - A look-up that finds nothing new before the horizon: it leads back to
 *   where it began. When look-ups are made is left open, so any schedule of
 *   them is among ours.
 * - A look-up without an answer: it decides nothing and sets the count of
 *   not-founds back, so it can only put a conclusion off.
 * - A decline that the query does not show yet: nothing is captured by it.
 * - Time of the machine: age and fence count the same time. A frozen virtual
 *   machine or a clock set forward is outside; voiding what comes late covers
 *   it, as it covers a gateway slower than it promises.
 */
#ifndef MODEL_CHARGE_H
#define MODEL_CHARGE_H

#include "base/base.h"

enum {
        CHARGE_ATTEMPTS_MAX = 3, CHARGE_LOOKUPS = 2, CHARGE_COPIES = 2, CHARGE_STEPS_MAX = 64,
        /* In units of time: the worker's fence and call, then what follows a send, and their sum. */
        FENCE = 3, CALL = 1, USER_TIMEOUT = 1, PROCESSING = 1, QUERY_LAG = 2,
        HORIZON = FENCE + USER_TIMEOUT + PROCESSING + QUERY_LAG,
        CHARGE_SINCE_BITS = 2, CHARGE_SINCE_MAX = (1 << CHARGE_SINCE_BITS) - 1,
};

/* A duplicate check at the gateway: none, by the attempt's reference (what we send as order id), or by the order. */
#define WINDOW_EVER 100
enum charge_window { WINDOW_NONE, WINDOW_ATTEMPT, WINDOW_ORDER };

enum charge_harm {
#define HARM(name, text) HARM_##name,
#include "model/charge.def"
#undef HARM
        HARM_NONE
};

/* What is explored: which rules hold, and what the world may do. */
struct charge_setup {
        unsigned attempts;
#define RULE(name, without) bool name;
#include "model/charge.def"
#undef RULE
        unsigned horizon_units, not_founds_final;
        bool count_from_horizon;        /* not-founds from before the horizon do not count towards the three */
        bool gateway_keeps_time;        /* it processes within PROCESSING and shows within QUERY_LAG */
        unsigned false_not_founds;      /* how many times its query forgets what it has shown */
        unsigned lookup_deaths;         /* how many look-ups may die */
        enum charge_window window;
        unsigned window_units;          /* WINDOW_EVER: it never forgets */
        enum charge_harm only;          /* look for nothing else; HARM_NONE: for all of them */
};

/* What the books say of an attempt. */
enum charge_state {
        CHARGE_NONE, CHARGE_SENDING, CHARGE_UNKNOWN, CHARGE_SUCCEEDED, CHARGE_DECLINED, CHARGE_NOT_SENT,
        CHARGE_NOT_FOUND_FINAL, CHARGE_LATE_APPROVED, CHARGE_VOIDED,
};

/* Where its worker is: recorded it, checked the fence, sent it, holds an outcome, is done or dead. */
enum charge_worker {
        WORKER_NONE, WORKER_RECORDED, WORKER_CHECKED, WORKER_SENT, WORKER_APPROVED, WORKER_DECLINED, WORKER_UNKNOWN,
        WORKER_NOT_SENT, WORKER_GONE,
};

/* Where one sending of a charge is. HIDDEN and SHOWN are captured; the query shows the second only. */
enum charge_copy_state {
        COPY_NONE, COPY_UNDER_WAY, COPY_ARRIVED, COPY_HIDDEN, COPY_SHOWN, COPY_VOIDED, COPY_DECLINED, COPY_LOST,
};

/* A look-up: its answer in hand from ANSWER_*, counted from DECIDED_*. */
enum charge_lookup_state {
        LOOKUP_IDLE, LOOKUP_ASKING, LOOKUP_ANSWER_NONE, LOOKUP_ANSWER_YES, LOOKUP_ANSWER_NO,
        LOOKUP_DECIDED_NONE, LOOKUP_DECIDED_YES, LOOKUP_DECIDED_NO,
};

struct charge_copy { unsigned state, since; };
struct charge_attempt {
        unsigned state, worker, age, not_founds, booked;        /* age from arming; booked: sales in the ledger */
        struct charge_copy copy[CHARGE_COPIES];
};
struct charge_lookup { unsigned state, attempt, past; };       /* past: it read an age beyond the horizon */
struct charge {
        struct charge_attempt attempt[CHARGE_ATTEMPTS_MAX];
        struct charge_lookup lookup[CHARGE_LOOKUPS];
        unsigned lookup_deaths, false_not_founds;
};

/* The same in 16 bytes: equal states have equal keys. */
struct charge_key { uint64_t word[2]; };

enum charge_action {
#define ACTION(name, must, text) ACTION_##name,
#include "model/charge.def"
#undef ACTION
};

struct charge_step {
        struct charge to;
        enum charge_action action;
        unsigned attempt;
        bool must;                      /* a run does not end before it is taken */
};

struct charge_key charge_pack(const struct charge *c);
struct charge charge_unpack(struct charge_key k);

/* All rules on, a gateway that keeps time, no duplicate window. */
struct charge_setup charge_rules_on(unsigned attempts);
size_t charge_steps(const struct charge_setup *w, const struct charge *c, struct charge_step step[CHARGE_STEPS_MAX]);
/* Quiet: nothing must happen any more. */
enum charge_harm charge_harm(const struct charge_setup *w, const struct charge *c, bool quiet);
/* For people: what a step did to *before*; nothing when only time has passed. */
void charge_tell(char *out, size_t room, const struct charge *before, const struct charge_step *s);

#endif
