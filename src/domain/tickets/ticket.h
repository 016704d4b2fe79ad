/*
 * ticket.h - issued tickets: what stands on them, and what a door is told.
 *
 * A scan answers of a ticket
 *   valid            let in by this scan, the first and only one that says so
 *   used             was let in before: when, at which gate, by which device;
 *                    not if the event was postponed since: new dates, new guests
 *   refunded, void   its money is back, or was never kept
 *   disputed         a dispute, open or lost, has left nothing of its money; one of a
 *                    part leaves it valid, as a refund by amount does
 *   wrong_event      it is for another event of this organizer than the door's
 *   event_cancelled, event_postponed
 * and each is kept. A code that is no ticket's, or only looks like one of ours,
 * is ERR_NOT_FOUND and is not: there is nothing that it could prove.
 *
 * The order is locked before its ticket (sql/README.md), shared: guests who
 * come together don't wait for each other, a refund waits for both.
 */
#ifndef DOMAIN_TICKETS_TICKET_H
#define DOMAIN_TICKETS_TICKET_H

#include "base/err.h"
#include "base/id.h"
#include "domain/idem/idem.h"

struct task;

struct scan_ask {
        int32_t org;                    /* 0: asked by the platform, of whichever organizer */
        struct str code;                /* signed or plain (ticket_code.h) */
        struct uuid event;              /* whose door it is; nil: not said */
        struct str gate, device;        /* where, as the door calls it; or absent */
        struct idem idem;
        const char *actor;
};

bool ticket_scan(struct task *t, const struct scan_ask *ask, struct answer *out, struct err *e) MUSTCHECK;

struct ticket {
        struct uuid id, event, guest, person;
        struct str status;
};

/* ERR_NOT_FOUND when there is none. */
bool ticket_find(struct task *t, int32_t org, struct uuid id, struct ticket *out, struct err *e) MUSTCHECK;

/* The code that proves this ticket; ERR_STATE_CONFLICT for one that opens no door any more. */
bool ticket_show(struct task *t, const struct ticket *k, struct str *code, struct err *e) MUSTCHECK;

/* The public keys of signed codes, as a JSON Web Key Set (RFC 7517, RFC 8037). */
struct str ticket_keys_view(struct task *t);

#endif
