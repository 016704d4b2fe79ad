/*
 * promo.h - what promo codes take off an order (ledger.md, "Components";
 * flows.md, "Promo codes"). Pure: a code and its counters come as a snapshot,
 * and nothing here is a promise; promo_take (sql/functions/promos) takes the
 * slots in the order's transaction and has the last word, on limits and on
 * whether the code is still what the snapshot says. No limit is by card: no
 * gateway tells one before the charge; promo_flagged tells of it after.
 *
 * Amounts are minor units. Discounts are gross: where a price contains tax, so
 * does what is taken off it. One code an order, unless each of several says
 * that it stacks; they apply in the order in which the caller names them, each
 * on what the former left.
 */
#ifndef DOMAIN_PROMOS_PROMO_H
#define DOMAIN_PROMOS_PROMO_H

#include "base/err.h"
#include "base/id.h"

struct arena;

#define PROMOS_MAX              5       /* that an order may name, besides its access code */
#define PROMO_CODE_MAX          40      /* letters, digits, _ and - */
#define GUEST_KEY_SIZE          32

struct promo {
        struct uuid id;
        int64_t version;                /* of these terms */
        struct str code;
        int64_t percent_bps;            /* 0: none */
        int64_t fixed_amount;           /* 0: none */
        bool per_ticket;                /* of fixed_amount; else per order */
        const struct uuid *types;       /* that it counts for; none: all */
        size_t types_n;
        const struct uuid *opens;       /* hidden types that it lets in */
        size_t opens_n;
        int64_t min_order_amount, min_tickets;          /* of eligible lines, before discount */
        int64_t platform_bps;
        bool stacks;
        /* As it stood when the snapshot was taken. */
        bool for_event, active, started, ended;
        bool uses_left;                 /* one at least */
        bool limited_budget;
        int64_t budget_left;            /* only where limited_budget */
        bool guest_may;                 /* its guest has uses left; true when nobody is named */
};

/* A line of the cart as codes see it. */
struct promo_line {
        struct uuid type;
        int64_t unit_price, quantity;
        int64_t *off;                   /* per ticket; what former codes took and this one adds */
};

/*
 * Whether a code may be used at all, whatever is in the cart. The reasons:
 *   ERR_PROMO_EXPIRED         inactive, or its time is over
 *   ERR_PROMO_NOT_APPLICABLE  another event, or its time has not come
 *   ERR_PROMO_EXHAUSTED       no use or no budget left
 *   ERR_PROMO_GUEST_LIMIT     the guest has had its uses
 */
bool promo_usable(const struct promo *p, struct err *e) MUSTCHECK;

/*
 * Takes one code's discount off the lines: rounded once, split over the
 * eligible tickets by what they still cost. *taken is what came off.
 * ERR_PROMO_NOT_APPLICABLE: no eligible line, or below its minimum. A code
 * that gives no discount (it only opens types) takes 0.
 */
bool promo_apply(struct arena *a, const struct promo *p, struct promo_line *lines, size_t n, int64_t *taken,
    struct err *e) MUSTCHECK;

/* Whether it lets this hidden type in. */
bool promo_opens(const struct promo *p, struct uuid type);

/* The code as it is looked up: upper case. Absent when it can't be one (too long, other characters). */
struct str promo_code_normal(struct arena *a, struct str code);

/* What a guest is to limits: SHA-256 of organizer and normalised e-mail, so that no address stands beside a code. */
void promo_guest_key(struct arena *a, int32_t org, struct str email, unsigned char out[GUEST_KEY_SIZE]);

#endif
