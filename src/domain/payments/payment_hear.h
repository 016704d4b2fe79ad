/*
 * payment_hear.h - what a gateway says by itself of an attempt (webhook or its
 * own list), held against the books. It decides nothing: where the two differ
 * the look-up that decides is asked for (payment.h).
 *
 * Begin each before the transaction: whose it is may have to be read. Queue any
 * number in one transaction, then get the verdicts in the same order; or one by
 * itself. Hearing the same twice, or out of order, changes
 * nothing. dry: only says what would be done.
 */
#ifndef DOMAIN_PAYMENTS_PAYMENT_HEAR_H
#define DOMAIN_PAYMENTS_PAYMENT_HEAR_H

#include "base/err.h"
#include "outside/gateway_event.h"

struct task;
struct tx;

/*
 * First, outside of any transaction: a refund that somebody made at the
 * gateway may come with no id of ours. It gets its charge's as its reference, if
 * the books have that charge.
 */
bool payment_hear_find(struct task *t, struct gateway_event *ev, struct err *e) MUSTCHECK;

struct hearing {
        bool strange;                   /* another installation's */
        bool asked;                     /* a statement is queued */
        int32_t org;
        const char *why_not;            /* else */
        bool dispute;                   /* whose words are kept (domain/disputes) */
        bool by_order;                  /* it has no reference of ours, and an order of ours */
};

struct heard {
        bool ignored;                   /* it is about nothing of ours */
        bool agrees;                    /* the books say the same, or need not say anything */
        struct str note;                /* in words, for people */
};

void payment_hear_begin(struct task *t, struct hearing *h, const struct gateway_event *ev);
void payment_hear_put(struct task *t, struct tx *tx, struct hearing *h, const struct gateway_event *ev, bool dry);
bool payment_hear_get(struct task *t, struct tx *tx, const struct hearing *h, const struct gateway_event *ev,
    struct heard *out, struct err *e) MUSTCHECK;
bool payment_hear(struct task *t, const struct gateway_event *ev, bool dry, struct heard *out, struct err *e) MUSTCHECK;

#endif
