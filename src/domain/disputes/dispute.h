/*
 * dispute.h - a charge that its cardholder has the bank take back.
 *
 *   warning -> needs_response -> (expired ->) under_review -> won | lost | accepted        lost, accepted -> won, once
 *
 * The other side decides; what it says is always booked, in full. Money moves
 * when a dispute opens: its parts are fixed then (recipe 7), by the same split
 * as a refund's, fees included, and what the order does not hold is `over`.
 * States move forward only, so that the same word any number of times, late or
 * with its outcome first, ends in the same books.
 *
 * Ways in: an event or a row of a file is kept as a report (dispute_hear,
 * disputes_import); the job dispute_place asks the gateway for the dispute
 * itself, where it has an API, finds the charge, and books it by
 * dispute_book(). The job dispute_look asks again about one that we have: put
 * it after whatever was sent to the gateway, or call dispute_book() with what
 * it answered. Amounts are minor units of the charge's currency.
 */
#ifndef DOMAIN_DISPUTES_DISPUTE_H
#define DOMAIN_DISPUTES_DISPUTE_H

#include "base/err.h"
#include "base/id.h"
#include "domain/idem/idem.h"
#include "outside/gateway_dispute.h"
#include "outside/gateway_event.h"

struct job;
struct task;
struct tx;

/* --- booking ----------------------------------------------------------- */

/* What a gateway says of a dispute. */
struct dispute_word {
        struct str gateway, dispute;    /* the gateway's id of it */
        enum dispute_status status;
        struct money amount;
        int64_t fee;
        struct str reason, due_by;      /* absent when not told */
        bool current;                   /* the object itself, as it stands now; else one word of several, */
        struct str told_at;             /* and when it came */
};
struct dispute_word dispute_word_of(struct str gateway, const struct gateway_dispute *d);

enum dispute_booked {
        DISPUTE_BOOKED,                 /* the books say what the gateway says */
        DISPUTE_WAITS,                  /* not yet: the charge's end, or that of a refund of it, is not known */
        DISPUTE_OTHER_CURRENCY,         /* than the charge's: nothing is booked */
        DISPUTE_UNREAD                  /* a status that is not known here */
};
/* Brings the books to it, in one transaction. ERR_NOT_FOUND: there is no such charge. */
bool dispute_book(struct task *t, struct uuid capture, const struct dispute_word *word, const char *actor,
    enum dispute_booked *out, struct err *e) MUSTCHECK;

/*
 * over_covered (recipe 8): something came back to an order by `object`, a
 * refund that failed or a dispute that was won; it first pays what others took
 * beyond the order. In the transaction that brought it back, under the order's lock.
 */
struct came_back {
        int32_t org;
        struct uuid order, object;
        const char *actor;
};
bool overs_cover(struct task *t, struct tx *tx, const struct came_back *c, struct err *e) MUSTCHECK;

/* --- what gateways say by themselves ----------------------------------- */

/* Queues what keeps an event's words, and gets their answers; dry: keeps nothing. *news: any was not known. */
void dispute_hear_put(struct task *t, struct tx *tx, const struct gateway_event *ev, bool dry);
bool dispute_hear_get(struct tx *tx, const struct gateway_event *ev, bool *news, struct err *e)
    MUSTCHECK;

/*
 * A file of them, as CSV with a line of columns: id transaction_id cc_number date
 * amount fee reason status due_by; amount, and transaction_id or cc_number, must
 * be there. Answers 200 {object, rows, new, known}; a bad field is
 * /lines/LINE/COLUMN, and then nothing of the file is taken.
 */
bool disputes_import(struct task *t, struct str csv, const struct idem *i, struct answer *out, struct err *e)
    MUSTCHECK;

/* Jobs. */
bool dispute_place(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
bool dispute_look(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
bool dispute_expire(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

/* --- reading ----------------------------------------------------------- */

struct dispute {
        struct uuid id, organizer, order, event, guest, person, capture;        /* order nil: none took the charge */
        struct str gateway, gateway_dispute, status, currency, reason, answer;
        struct str due_by, answered_at, opened_at, ended_at, created_at;        /* absent: none */
        int64_t amount, fee, over, covered;
        int64_t list, discount, net, guest_fee, tax, share, absorbed_fee;
        int64_t own_pending, own_reserve, own_available;
        bool moved, fee_passed, reversed;
        int64_t version;
};

/* ERR_NOT_FOUND when there is none. */
bool dispute_find(struct task *t, int32_t org, struct uuid id, struct dispute *out, struct err *e) MUSTCHECK;

struct dispute_filter {
        int32_t org;                    /* 0: every organizer's */
        struct uuid order, event;
        struct str status, before_at;
        struct uuid before_id;
        int64_t limit;
};
bool disputes_list(struct task *t, const struct dispute_filter *f, struct dispute **out, size_t *n,
    struct err *e) MUSTCHECK;

struct str dispute_view(struct arena *a, const struct dispute *d);

#endif
