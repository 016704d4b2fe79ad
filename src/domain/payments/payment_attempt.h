/*
 * payment_attempt.h - an attempt as the database has it, for what settles one
 * without having sent it. Inner to the room.
 */
#ifndef DOMAIN_PAYMENTS_PAYMENT_ATTEMPT_H
#define DOMAIN_PAYMENTS_PAYMENT_ATTEMPT_H

#include "domain/payments/payment.h"

struct attempt {
        struct payment payment;
        struct order order;             /* what payment.order points at, when there is one */
        bool refund;
        bool whole;                     /* a refund of all that was captured */
        struct str state, outcome_code;
        struct str transaction;         /* the gateway's, when known */
        struct str charge;              /* refund: the gateway's id of the charge */
        int64_t age_ms, lookups;
};

/* *found false: there is no such attempt. */
bool attempt_read(struct task *t, int32_t org, struct uuid id, struct attempt *at, bool *found, struct err *e)
    MUSTCHECK;
bool attempt_open(const struct attempt *at);            /* sending or unknown */

/* The refund as the gateway is asked for it. */
struct gateway_step attempt_step(struct task *t, const struct attempt *at);

/* The first eight parameters of payment_settle: whose, what it comes to, and what the gateway said. */
void payment_outcome_put(struct params *q, const struct payment *p, enum payment_outcome outcome,
    const struct gateway_answer *a);

/*
 * The last parameter of payment_settle and capture_second: SHA-256 of gateway
 * and fingerprint, which tells cards apart and is no use at the gateway. NULL
 * when the gateway told none.
 */
void payment_card_put(struct arena *a, struct params *q, struct str gateway, struct str fingerprint);

/*
 * Sends a recorded attempt of a refund, unless it was made already (an earlier
 * try reached the gateway), its gateway does not say, or the fence is near.
 */
void refund_attempt_send(struct task *t, struct uuid attempt, struct str gateway, struct gateway_step *s,
    struct gateway_answer *a);
/*
 * Whether it was made, as the gateway says; what the books have under another
 * attempt is not it (made at the gateway's by somebody, of all of the charge).
 */
void refund_attempt_lookup(struct task *t, struct uuid attempt, struct str gateway, const struct gateway_step *s,
    struct gateway_records *r);
/*
 * Records the outcome of a refund; failed_after: it had succeeded. Fails with
 * ERR_STATE_CONFLICT when another path was first.
 */
bool refund_settle(struct task *t, const struct payment *p, enum payment_outcome outcome, bool failed_after,
    const struct gateway_answer *a, struct err *e) MUSTCHECK;

/* Books another captured record of the attempt, voided since or not, as an unplaced capture, once. */
bool capture_second(struct task *t, const struct attempt *at, const struct gateway_record *r, struct err *e) MUSTCHECK;

#endif
