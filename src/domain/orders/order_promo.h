/*
 * order_promo.h - the codes that an order names: looked up with the snapshot,
 * judged, applied, and their slots taken with the tickets. Inside the room.
 *
 * A promo code takes off; an access code only opens hidden ticket types, and
 * needs a slot only when the order has one of those. A code given as both is
 * one code.
 */
#ifndef DOMAIN_ORDERS_ORDER_PROMO_H
#define DOMAIN_ORDERS_ORDER_PROMO_H

#include "domain/orders/order.h"
#include "domain/pricing/pricing.h"
#include "domain/promos/promo.h"
#include "io/db.h"

/* A code as it was named, and what came of it. */
struct order_code {
        struct str asked;
        struct str normal;              /* absent: it can't be a code */
        const struct promo *promo;      /* NULL: there is none, or none that this caller may see */
        enum err_code refused;          /* ERR_NONE: applied */
        struct str why;
        struct price_promo part;
};

struct order_codes {
        struct order_code *code;        /* promo codes, in the order in which they apply */
        size_t n;
        struct order_code *access;      /* NULL: none named */
        bool opened;                    /* the access code opened a type of this order */
        bool doubled;                   /* it is one of the promo codes as well, and has no slot of its own */
        size_t unknown;                 /* of all of them: there is no such code */
};

/* Whether the order names any code. */
bool order_names_codes(const struct order_ask *ask);

/* Of promos_snapshot: what is known of the codes that are named, and of their guest. */
struct params order_codes_params(struct task *t, const struct order_ask *ask);
void order_codes_read(struct task *t, const struct order_ask *ask, const struct rows *r, struct order_codes *out);

/*
 * strict: fails with the first promo code that may not be used. Else a refused
 * code says so and is left out; so does an access code that opens nothing or
 * may not be used, which only matters to who needs it.
 */
bool order_codes_judge(struct arena *a, struct order_codes *c, bool strict, struct err *e) MUSTCHECK;

/* Whether a code that may be used opens this hidden type. Notes that the access code did. */
bool order_codes_open(struct order_codes *c, struct uuid type);
/* Of a type that none opened: fails with why the access code, which is for it, may not be used. */
bool order_codes_shut(const struct order_codes *c, struct uuid type, struct err *e) MUSTCHECK;

/* Applies what was not refused, one after the other; lines[].off is filled. strict as above. */
bool order_codes_apply(struct arena *a, struct order_codes *c, struct promo_line *lines, size_t n, bool strict,
    struct err *e) MUSTCHECK;

/* The codes that apply, for pricing, and back: their discounts as booked. */
size_t order_codes_parts(struct arena *a, const struct order_codes *c, struct price_promo **out);
void order_codes_booked(struct order_codes *c, const struct price_promo *parts);

/*
 * Whether a discount is more than its code's budget. That code is refused
 * then: strict: with e set; else the order must be priced anew without it.
 */
bool order_codes_over_budget(struct order_codes *c, bool strict, struct err *e) MUSTCHECK;

/* Writes those that applied, and the access code that takes a slot, into the order that is made with them. */
void order_codes_show(struct arena *a, const struct order_codes *c, struct order *o);

/* The slots that the order takes: the last seven parameters of order_open. */
void order_codes_slots(struct params *p, struct arena *a, const struct order_ask *ask, const struct order_codes *c);

#endif
