/* refund_facts.h - what a refund is decided on, read under the order's lock; inside the room. */
#ifndef DOMAIN_REFUNDS_REFUND_FACTS_H
#define DOMAIN_REFUNDS_REFUND_FACTS_H

#include "domain/ledger/ledger.h"
#include "domain/refunds/giveback.h"
#include "io/db.h"

struct refund_facts {
        struct uuid organizer, guest, person;
        struct str status, currency, at;
        int64_t total, refunded, disputed;
        bool fees_back;                 /* by the order's policy */
        bool stands;                    /* the event is neither cancelled nor postponed */
        bool window_open;               /* for guests */
        bool allow_negative;
        bool captured;                  /* there is a charge to give back from; none is needed where all was free */
        int64_t live_refunds;
        struct own_parts own;           /* available is not known: refund_available */
        struct own_taken taken;         /* reserve is each refund's own */
        struct giveback_ticket *ticket;
        struct uuid *ticket_id;
        struct str *ticket_status;
        size_t tickets;
};

/* Queues the two statements, and gets their answers. ERR_NOT_FOUND when there is no such order. */
void refund_facts_put(struct tx *tx, struct arena *a, int32_t org, struct uuid order);
bool refund_facts_get(struct tx *tx, struct arena *a, struct refund_facts *out, struct err *e) MUSTCHECK;

#endif
