/*
 * gateway_dispute.h - disputes and settlement items, where a gateway has an
 * API for them (Stripe). NMI has none: its disputes come by webhook and file,
 * its settlements by file, and every call here says asked = false.
 *
 * The status is the object's, never an event's name. Amounts are minor units
 * of the given currency; fee is what the gateway charges for the dispute, 0
 * when not told. Answering and accepting are final at the gateway; both, and
 * sending a file, carry a key of the caller's: a second try under it after a
 * lost answer changes nothing. A gateway that failed says so again under the
 * same key, for a day: it is `spent`, and the next try needs another; before
 * that, ask what the dispute is.
 */
#ifndef OUTSIDE_GATEWAY_DISPUTE_H
#define OUTSIDE_GATEWAY_DISPUTE_H

#include "io/http.h"
#include "outside/gateway.h"

enum dispute_status {
        DISPUTE_WARNING, DISPUTE_NEEDS_RESPONSE, DISPUTE_UNDER_REVIEW, DISPUTE_WON, DISPUTE_LOST,
        DISPUTE_WARNING_CLOSED, DISPUTE_UNDECIDED
};

struct gateway_dispute {
        bool asked, found;
        struct str id, charge;          /* charge: the transaction as gateway_answer named it */
        enum dispute_status status;
        struct money amount;
        int64_t fee;
        struct str reason;              /* the gateway's word */
        struct str due_by;              /* RFC 3339; absent when it can't be answered */
        bool answered;                  /* evidence was submitted */
        bool spent;                     /* of the call's key */
        struct str why;
};

/* What a gateway takes as evidence, in bytes together. by_api false: nothing by us, the operator sends it. */
struct gateway_evidence {
        bool by_api;
        int64_t text_most, files_most;
};
struct gateway_evidence gateway_evidence(struct str gateway);

/* A file of evidence that was taken; id absent: it was not, and why. refused: and never will be. */
struct gateway_file {
        struct str id, why;
        bool refused, spent;
};
/* name: as the bank sees it, letters, digits, '.', '_', '-'. */
void gateway_dispute_file(struct task *t, struct str gateway, struct str key, struct str name, const char *media,
    struct str content, struct gateway_file *out);

/* Whether it can be asked about its disputes at all. */
bool gateway_has_disputes(struct str gateway);
void gateway_dispute_get(struct task *t, struct str gateway, struct str dispute, struct gateway_dispute *out);
/* Submits evidence: fields by the gateway's own names; a file is its id. */
void gateway_dispute_answer(struct task *t, struct str gateway, struct str dispute, const struct http_field *evidence,
    size_t n, struct str key, struct gateway_dispute *out);
void gateway_dispute_accept(struct task *t, struct str gateway, struct str dispute, struct str key,
    struct gateway_dispute *out);

/* One line of what the gateway settles with us; net = amount - fee. */
struct gateway_settled {
        struct str id, type;            /* the gateway's; type: charge, refund, adjustment, payout, ... */
        struct str source;              /* the object it is about: a charge, refund, dispute */
        int64_t amount, fee, net;       /* signed, as they change the balance */
        enum currency currency;
        struct str at, available_at;    /* RFC 3339 */
};

struct gateway_settlements {
        bool asked;
        struct gateway_settled *item;
        size_t n;
        struct str next, why;
};

/* Items created since (RFC 3339), page by page. */
void gateway_settlements(struct task *t, struct str gateway, struct str since, struct str cursor,
    struct gateway_settlements *out);

#endif
