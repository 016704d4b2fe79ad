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
 * reference: our attempt's id, which the gateway keeps as its order id;
 * order: our order's id, shown in the gateway's merchant field.
 *
 * gateway_lookup() asks what the gateway knows of a reference. It reads and
 * may be repeated. An empty list is "not found now", which is not "not
 * charged" before the horizon (domain/payments). It stands in a file of its
 * own so that workers, which never look up, don't load the XML library.
 */
#ifndef OUTSIDE_GATEWAY_H
#define OUTSIDE_GATEWAY_H

#include "base/money.h"
#include "base/str.h"

struct task;

enum gateway_outcome { GATEWAY_SUCCEEDED, GATEWAY_DECLINED, GATEWAY_NOT_SENT, GATEWAY_UNKNOWN };

struct gateway_charge {
        struct str reference, order;
        struct money amount;
        struct str payment_token;
};

/* A later step of a charge: capture or refund some of it, or void it (amount unused). */
struct gateway_step {
        struct str reference, order;    /* the step's own reference */
        struct str transaction;         /* the gateway's id of the charge */
        struct money amount;
};

struct gateway_answer {
        enum gateway_outcome outcome;
        struct str code;                /* the gateway's own, for the record; absent when it said none */
        struct str decline_code;        /* in our words; set when declined */
        struct str transaction;         /* the gateway's id; set when succeeded */
        struct str card_brand, card_last4;      /* absent when not told */
        struct str occurred_at;         /* RFC 3339, where a record told it; absent: now */
        bool timed_out;
        struct str why;                 /* for logs */
};

enum gateway_record_state { RECORD_APPROVED, RECORD_DECLINED, RECORD_VOIDED, RECORD_UNDECIDED };

struct gateway_record {
        enum gateway_record_state state;
        struct str transaction, code;
        struct money amount;
        struct str card_brand, card_last4;
        struct str occurred_at;         /* RFC 3339, or absent when ill told */
};

#define GATEWAY_RECORDS_MAX 16

struct gateway_records {
        bool asked;                     /* false: no usable answer, nothing is known */
        int n;
        struct gateway_record record[GATEWAY_RECORDS_MAX];      /* charges only, the oldest first */
        struct str why;
};

bool gateway_known(struct str name);    /* whether this installation can use it */
void gateway_sale(struct task *t, struct str gateway, const struct gateway_charge *c, struct gateway_answer *out);
void gateway_authorize(struct task *t, struct str gateway, const struct gateway_charge *c, struct gateway_answer *out);
void gateway_capture(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out);
void gateway_void(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out);
void gateway_refund(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out);
void gateway_lookup(struct task *t, struct str gateway, struct str reference, struct gateway_records *out);

#endif
