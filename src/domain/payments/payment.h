/*
 * payment.h - one attempt to charge an order: sending it, recording what came
 * of it, finding out what did when nobody knows.
 *
 *   sending -> succeeded | declined | not_sent | unknown
 *   unknown -> succeeded | declined | not_found_final
 *
 * payment_settle() is the one transition that all paths use; whoever comes
 * second gets ERR_STATE_CONFLICT and changes nothing. An unknown attempt is
 * never sent again: payment_lookup() asks the gateway by reference, and "not
 * found" is believed only past the horizon and three times in a row.
 */
#ifndef DOMAIN_PAYMENTS_PAYMENT_H
#define DOMAIN_PAYMENTS_PAYMENT_H

#include "domain/ledger/ledger.h"
#include "domain/orders/order.h"
#include "outside/gateway.h"

struct job;

#define PAYMENT_LOOKUP_FIRST_MS 2000

/* An attempt in hand: its order as last seen, and whose key waits for the answer. */
struct payment {
        struct order *order;
        struct uuid id;
        struct str reference;           /* the id's text: what the gateway knows it by */
        struct str gateway;
        struct idem idem;
        int status_when_paid;           /* 201 for a new order, 200 for a later payment */
        const char *actor;
};

/* A new attempt for the order, not yet recorded; reference and id made here. */
struct payment payment_new(struct task *t, struct order *o, struct str gateway, const struct idem *i,
    int status_when_paid, const char *actor);
/*
 * The attempt *out that this very request recorded (its COMMIT's answer was
 * lost) and has not sent: true when it stands on the order. Another request's
 * is never taken up: its sender may have sent it.
 */
bool payment_again(struct task *t, struct order *o, const struct idem *i, int status_when_paid, const char *actor,
    struct payment *out);
/* Queues payment_begin, the attempt's record, in the transaction that holds the order. */
void payment_begin_put(struct task *t, struct tx *tx, const struct payment *p);

/*
 * Sends the recorded attempt (the fence is armed) and records the outcome.
 * Always answers: what could not be recorded is looked up later and answers
 * 202 now.
 */
void payment_send(struct task *t, struct payment *p, struct str token, struct answer *out);

/*
 * Records an outcome; p->order becomes what it is then, *out what the key
 * answers. Fails with ERR_STATE_CONFLICT when another path was first.
 */
enum payment_outcome { PAYMENT_SUCCEEDED, PAYMENT_DECLINED, PAYMENT_NOT_SENT, PAYMENT_UNKNOWN, PAYMENT_NOT_FOUND };
bool payment_settle(struct task *t, struct payment *p, enum payment_outcome outcome, const struct gateway_answer *a,
    struct answer *out, struct err *e) MUSTCHECK;

/* 503 with the held order: nothing left us. */
struct answer payment_answer_not_sent(struct task *t, const struct payment *p);

/* The order's tickets, with fresh codes. */
void order_issue_tickets(struct task *t, struct order *o);
/* Ticket ids, codes, entry id, accounts, amounts: five parameters of payment_settle and order_free. */
void order_paid_params(const struct order *o, struct params *p);

/* A job: looks an attempt up. Finishes the job or asks for it again. */
bool payment_lookup(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

#endif
