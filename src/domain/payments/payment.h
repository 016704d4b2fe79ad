/*
 * payment.h - attempts to charge an order, and to give back what no order
 * takes: sending them, recording what came of them, finding out what did when
 * nobody knows.
 *
 *   sending -> succeeded | declined | not_sent | unknown
 *   unknown -> succeeded | declined | not_found_final
 *   declined, not_sent, not_found_final, and the gateway has it after all ->
 *     succeeded (the order takes it) | late_approved -> voided
 *
 * The database's payment_settle is the one transition that all paths use;
 * whoever comes second gets ERR_STATE_CONFLICT and changes nothing. An unknown
 * attempt is never sent again: payment_lookup() asks the gateway by reference,
 * and "not found" counts only past the horizon, and is believed three times in a row.
 * Webhooks, sweeps and operators decide nothing: they ask for that look-up.
 *
 * A capture that no order takes (late_approved, or a second record that the
 * gateway has of one attempt) is booked as an unplaced capture and given back
 * by the job capture_return(): an attempt of the kind refund, which runs on the
 * same machine, under the same fence and horizon.
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
        int32_t org;
        struct order *order;            /* NULL: it is lost, or there never was one */
        struct uuid id;
        struct money amount;
        bool late;                      /* thought not made: the database says whether its order takes it */
        bool unplaced;                  /* set by payment_settle(): the order did not */
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
enum payment_outcome payment_outcome_of(enum gateway_outcome g);
/* The attempt's state once it is recorded. */
const char *payment_outcome_state(enum payment_outcome outcome);
bool payment_settle(struct task *t, struct payment *p, enum payment_outcome outcome, const struct gateway_answer *a,
    struct answer *out, struct err *e) MUSTCHECK;

/* 503 with the held order: nothing left us. */
struct answer payment_answer_not_sent(struct task *t, const struct payment *p);

/* The order's tickets, with fresh codes. */
void order_issue_tickets(struct task *t, struct order *o);
/* Ticket ids, codes, entry id, accounts, amounts: five parameters of payment_settle and order_free. */
void order_paid_params(const struct order *o, struct params *p);

/*
 * A job: looks an attempt up, whatever the books think of it, and brings them
 * up to what the gateway has. One that we have no record of is adopted when
 * the gateway has it for ours. Finishes the job or asks for it again.
 */
bool payment_lookup(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
/*
 * An operator's word for an open attempt that no look-up will ever decide, by
 * evidence that `reason` names. Same transition, same entries.
 */
bool payment_decide(struct task *t, struct uuid id, bool succeeded, struct str transaction, const char *reason,
    struct err *e) MUSTCHECK;
/* A job, of an organizer or of none yet: asks of which charges refunds are that a gateway told of without saying so. */
bool refund_trace(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
/* A job: gives an unplaced capture's money back. */
bool capture_return(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

#endif
