/* refund_facts.h - what a refund, or a dispute, of an order is decided on, read under its lock. */
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
        bool frozen;                    /* the event is cancelled or postponed */
        bool stands;                    /* it is not, nor was it lately put off */
        bool window_open;               /* for guests; also where the event does not stand */
        bool allow_negative;
        bool captured;                  /* there is a charge to give back from; none is needed where all was free */
        int64_t live_refunds;
        int64_t contested;              /* taken by disputes that are open */
        struct own_parts own;           /* available is not known: refund_available */
        struct own_taken taken;         /* reserve is each refund's own */
        struct giveback_ticket *ticket;
        struct uuid *ticket_id;
        struct str *ticket_status;
        int64_t *ticket_paid;           /* by its guest, whatever became of it */
        size_t tickets;
};

/* Queues the two statements, and gets their answers. ERR_NOT_FOUND when there is no such order. */
void refund_facts_put(struct tx *tx, struct arena *a, int32_t org, struct uuid order);
bool refund_facts_get(struct tx *tx, struct arena *a, struct refund_facts *out, struct err *e) MUSTCHECK;

/* Two parameters: the tickets that give something, and what, seven parts each, as app.refund_parts takes them. */
void refund_gives_params(struct params *q, struct arena *a, const struct refund_facts *f);

#endif
