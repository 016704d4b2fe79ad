/*
 * order_price.h - quotes, and inside the room: the snapshot that an order is
 * priced on and an order that a repeated key goes on with.
 */
#ifndef DOMAIN_ORDERS_ORDER_PRICE_H
#define DOMAIN_ORDERS_ORDER_PRICE_H

#include "domain/orders/order.h"
#include "domain/orders/order_promo.h"
#include "domain/pricing/pricing.h"
#include "io/db.h"

struct payment;

/*
 * What an order would cost, priced and checked as an order is, with no effect;
 * answers 200. *misses: as order_place() says.
 */
bool order_quote(struct task *t, const struct order_ask *ask, bool guest, struct answer *out, size_t *misses,
    struct err *e) MUSTCHECK;

struct quote {
        struct price price;
        struct str currency, created_at;
        struct order_codes codes;       /* what came of each that was named */
};
struct str quote_view(struct arena *a, const struct order_ask *ask, const struct quote *q, bool guest);

/*
 * Inside the room: a run with a key whose first run ended without a final
 * answer goes on with the order that it made. A held order is paid now (*send
 * is set, payment recorded); anything else is answered as it is.
 */
struct order_resuming {
        int32_t org;
        struct uuid order;
        struct str payment_token;
        const struct idem *idem;
        const char *actor;
        int status_when_paid;
        bool mine;                      /* this run recorded the attempt itself and has not sent it yet */
        struct order *out;
        struct payment *payment;
        bool *send;
        struct answer *answer;
};
bool order_resume(struct task *t, struct tx *tx, const struct order_resuming *r, struct err *e) MUSTCHECK;

/* Inside the room: the snapshot an order is priced on, and the terms that follow from it. */
struct order_terms {
        struct uuid organizer;
        struct str currency, gateway;
        struct price_rules rules;
        struct str policy;              /* JSON, stored with the order */
        struct order_codes codes;
};
struct order_facts {
        struct rows types;              /* of order_snapshot */
        struct rows promos;             /* of promos_snapshot, where the order names codes */
        bool strict;                    /* a refused promo code refuses the order; else it is left out */
};
/* Queues the statements, and gets their answers. */
void order_facts_put(struct task *t, struct tx *tx, const struct order_ask *ask);
bool order_facts_get(struct tx *tx, const struct order_ask *ask, struct order_facts *out, struct err *e) MUSTCHECK;
/* Checks what may be sold now and prices it. terms->codes says what came of the codes also when it fails. */
bool order_price(struct task *t, const struct order_ask *ask, const struct order_facts *facts,
    struct order_terms *terms, struct price *out, struct err *e) MUSTCHECK;

#endif
