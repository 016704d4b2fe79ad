/*
 * refund.h - money of an order given back to its guest.
 *
 *   pending -> succeeded | failed        succeeded -> failed, when the gateway says so later
 *
 * refund_make() decides: under the order's lock it splits what is asked for
 * over the tickets (giveback.h), says from which of the organizer's accounts it
 * comes (recipe 2), and records it; from then on the money is promised. The job
 * refund_send() carries it to the gateway by attempts like a charge's, and
 * fails it when the gateway refuses. Amounts are minor units.
 *
 * Refusals: ERR_NOTHING_LEFT, ERR_REFUND_EXCEEDS_REFUNDABLE,
 * ERR_TICKET_NOT_REFUNDABLE (refunded; or used, when its guest asks), ERR_ORDER_DISPUTED, ERR_REFUND_WINDOW_CLOSED (a
 * guest's only), ERR_INSUFFICIENT_ORGANIZER_BALANCE, ERR_STATE_CONFLICT (not paid).
 */
#ifndef DOMAIN_REFUNDS_REFUND_H
#define DOMAIN_REFUNDS_REFUND_H

#include "base/err.h"
#include "base/id.h"
#include "domain/idem/idem.h"

struct job;
struct task;
struct tx;

struct refund_ask {
        int32_t org;
        struct uuid id;                 /* of the refund, where a second run must not make another; nil: a fresh one */
        struct uuid order;
        struct uuid guest;              /* who asks for itself: only its own order, within its window; nil: staff */
        int64_t amount;                 /* 0: not by amount */
        const struct uuid *tickets;     /* tickets_n 0: not by ticket; neither: all that is left */
        size_t tickets_n;
        struct str reason;              /* or absent */
        bool preview;                   /* says what it would do, and does nothing */
        struct idem idem;
        const char *actor;
};

/* Answers 201 with the refund, 200 with the preview. */
bool refund_make(struct task *t, const struct refund_ask *ask, struct answer *out, struct err *e) MUSTCHECK;

/*
 * A job, of a charge: takes in what the gateway gave back of it without our
 * sending it. Booked in full, whatever the order holds, and once.
 */
bool refund_external(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

struct refund {
        struct uuid id, order, organizer, guest, person;        /* id nil: a preview */
        struct str status, currency, reason, created_at;
        int64_t amount, list, discount, net, guest_fee, tax, share, absorbed_fee;
        int64_t own_pending, own_reserve, own_available;
        int64_t over;                   /* beyond what the order held; of an external one only */
        bool fees_back;
        bool external;                  /* made at the gateway, not by us */
        struct uuid *tickets;
        size_t tickets_n;
};

/* refund_make inside a transaction of the caller's, without key and preview. */
bool refund_make_in(struct task *t, struct tx *tx, const struct refund_ask *ask, struct refund *out,
    struct err *e) MUSTCHECK;

/* A job: sends what is pending, one attempt after the other, or fails it. */
bool refund_send(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

/* ERR_NOT_FOUND when there is none. */
bool refund_find(struct task *t, int32_t org, struct uuid id, struct refund *out, struct err *e) MUSTCHECK;

/* The same inside a transaction. */
bool refund_read(struct task *t, struct tx *tx, int32_t org, struct uuid id, struct refund *out,
    struct err *e) MUSTCHECK;

struct refund_filter {
        int32_t org;                    /* 0: every organizer's */
        struct uuid order, guest;
        struct str status, before_at;
        struct uuid before_id;
        int64_t limit;
};
bool refunds_list(struct task *t, const struct refund_filter *f, struct refund **out, size_t *n,
    struct err *e) MUSTCHECK;

/* A guest is not shown what the organizer gives. */
struct str refund_view(struct arena *a, const struct refund *r, bool guest);

#endif
