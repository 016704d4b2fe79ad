/*
 * gateway.h - the card gateway, in our words. Dialects answer in these terms.
 *
 * Money calls are sent at most once, over a fresh connection, under one
 * deadline; they are never repeated here. The caller has armed its fence and
 * recorded the attempt before it calls. Every answer is one of:
 *
 *   GATEWAY_SUCCEEDED  a complete answer whose reference is ours says so
 *   GATEWAY_DECLINED   a complete answer with a code of the closed declined list
 *   GATEWAY_NOT_SENT   nothing left us (resolve, connect, TLS, or the breaker is open)
 *   GATEWAY_UNKNOWN    everything else. It is looked up, never sent again.
 *
 * Where a gateway has idempotency keys (Stripe) the key is the reference, and
 * an adapter may send the same call again under it, inside the one deadline.
 *
 * reference: our attempt's id, which the gateway keeps as its order id;
 * order, house: our order's id and this installation's, kept in its merchant
 * fields, so that a charge whose record we lost can still be placed.
 *
 * Reading calls may be repeated and never fail: `asked` says whether anything
 * is known. An empty list is "not found now", which is not "not charged"
 * before the horizon (domain/payments). One look-up takes one deadline at
 * most, however many calls it makes; out of time, nothing is known. They stand
 * in files of their own so that workers, which never look up, don't load the
 * XML library.
 *
 * A charge of ours that Stripe keeps in requires_confirmation or
 * requires_action stays RECORD_UNDECIDED for as long as it stands there: it
 * can still be charged. No call of ours leaves one so (confirm and
 * error_on_requires_action are always sent). An operator cancels it in
 * Stripe's dashboard; the next look-up finds it voided. Looking up never
 * cancels: it must not change what it asks about. requires_payment_method is
 * RECORD_DECLINED: nobody gives our intents another card.
 *
 * Sources: docs.nmi.com; docs.stripe.com. Dialects: gateway_nmi*.c,
 * gateway_stripe*.c. What a webhook says is gateway_event.h.
 */
#ifndef OUTSIDE_GATEWAY_H
#define OUTSIDE_GATEWAY_H

#include "base/money.h"
#include "base/str.h"

struct conf;
struct task;

enum gateway_outcome { GATEWAY_SUCCEEDED, GATEWAY_DECLINED, GATEWAY_NOT_SENT, GATEWAY_UNKNOWN };

struct gateway_charge {
        struct str reference, order, house;
        struct money amount;
        struct str payment_token;
};

/* A later step of a charge: capture or refund some of it, or void it (amount unused). */
struct gateway_step {
        struct str reference, order, house;     /* the step's own reference */
        struct str transaction;         /* the gateway's id of the charge */
        struct money amount;
        bool whole;                     /* refund: all of the charge, none given back yet: it may be voided instead */
};

struct gateway_answer {
        enum gateway_outcome outcome;
        struct str code;                /* the gateway's own, for the record; absent when it said none */
        struct str decline_code;        /* in our words; set when declined */
        struct str transaction;         /* the gateway's id; set when succeeded (absent: a void has none of its own) */
        struct str card_brand, card_last4;      /* absent when not told */
        struct str card_fingerprint;    /* theirs, the same for the same card; Stripe's only */
        struct str occurred_at;         /* RFC 3339, where a record told it; absent: now */
        bool timed_out;
        struct str why;                 /* for logs */
};

enum gateway_record_state { RECORD_APPROVED, RECORD_DECLINED, RECORD_VOIDED, RECORD_UNDECIDED };

struct gateway_record {
        enum gateway_record_state state;
        bool captured;                  /* of a charge: its money was taken, whatever became of it since */
        struct str transaction, code;
        struct str charge;              /* of a refund: the gateway's id of what it gives back; absent when not told */
        struct str reference, order, house;     /* as we sent them; absent when not told */
        struct money amount;
        struct str card_brand, card_last4, card_fingerprint;
        struct str occurred_at;         /* RFC 3339, or absent when ill told */
        struct str voided_at;           /* likewise; absent unless it is voided */
};

#define GATEWAY_RECORDS_MAX 16

struct gateway_records {
        bool asked;                     /* false: no usable answer, nothing is known */
        int n;
        struct gateway_record record[GATEWAY_RECORDS_MAX];      /* of the kind asked for, the oldest first */
        struct str why;
};

/* What can be a gateway's id of something: 1 to 64 letters, digits, - and _. */
bool gateway_is_id(struct str s);
bool gateway_known(struct str name);    /* whether there is such a dialect */
/* Whether this installation has its credentials; callers of the rest have seen it true. */
bool gateway_usable(const struct conf *c, struct str name);
/* The dialects, in order, NULL-ended. */
extern const char *const gateway_names[];


void gateway_sale(struct task *t, struct str gateway, const struct gateway_charge *c, struct gateway_answer *out);
void gateway_authorize(struct task *t, struct str gateway, const struct gateway_charge *c, struct gateway_answer *out);
void gateway_capture(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out);
void gateway_void(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out);
void gateway_refund(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out);
/*
 * A code that refuses for the account's own set-up (NMI 410, 411, 441, 460,
 * 461): GATEWAY_UNKNOWN when it comes, but a single look-up that finds nothing
 * makes it a decline, and an operator must hear of it.
 */
bool gateway_code_is_setup(struct str gateway, struct str code);

void gateway_lookup(struct task *t, struct str gateway, struct str reference, struct gateway_records *out);
/*
 * Whether the step (a refund) was made: its own record, or, where it is whole,
 * the charge voided. APPROVED is money given back.
 */
void gateway_lookup_refund(struct task *t, struct str gateway, const struct gateway_step *s,
    struct gateway_records *out);

/* The refund that is this transaction of the gateway's. */
void gateway_find_refund(struct task *t, struct str gateway, struct str transaction, struct gateway_records *out);

/*
 * All that was given back of a charge, by whomever: DECLINED is what came to
 * nothing since. A charge that was voided has a record with its own transaction.
 * NMI can't be asked for the refunds of a charge: those count that events told
 * of, and those that stand under the charge's reference.
 */
struct gateway_given_ask {
        struct str charge, reference;   /* the gateway's id of it, and ours */
        const struct str *told;         /* the gateway's ids of refunds */
        size_t told_n;
};
struct gateway_given {
        bool asked;                     /* false: no usable answer, nothing is known */
        struct gateway_record *record;
        size_t n;
        struct str why;
};
void gateway_given_back(struct task *t, struct str gateway, const struct gateway_given_ask *ask,
    struct gateway_given *out);

#endif
