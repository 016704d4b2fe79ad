/*
 * pricing.h - what an order costs and who gets which part of it. Pure
 * functions over integers in the currency's minor unit (ledger.md,
 * "Components"): each rate is rounded once per order, half up, then split over
 * lines and tickets by largest remainder, ties to the earlier.
 *
 * The unit is the ticket: each keeps seven parts, and every sum of parts is
 * the order's component. What promo codes take off comes as it is, per ticket
 * and per code (promo.h decides it); who funds it is settled here.
 */
#ifndef DOMAIN_PRICING_PRICING_H
#define DOMAIN_PRICING_PRICING_H

#include "base/base.h"
#include "base/err.h"

struct arena;

#define PRICE_TICKETS_MAX 1000          /* per order */

struct price_rules {
        int64_t fee_percent_bps, fee_fixed;
        bool fee_by_guest;              /* else the organizer absorbs it */
        int64_t tax_rate_bps;
        bool tax_inclusive, tax_on_fees;
        int64_t reserve_bps;
};

/* One code's part in what is taken off, in the order in which the codes applied. */
struct price_promo {
        int64_t taken;                  /* gross; the sum over the codes is the sum of taken_off */
        int64_t platform_bps;           /* the platform's part of its discount */
        int64_t discount, platform;     /* filled in: as booked, without tax that the price contained */
};

struct price_ask {
        int64_t unit_price;
        int64_t quantity;
        const int64_t *taken_off;       /* per ticket, gross; NULL: nothing */
};

/* In the order in which they are stored (app.order_lines.parts). */
struct price_parts {
        int64_t net, guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee;
};

struct price_line {
        int64_t unit_price, quantity;
        int64_t list, discount, net, fee, tax, total;   /* tax with tax_on_fee; fee is the guest's */
        struct price_parts *ticket;                     /* quantity of them */
};

struct price {
        int64_t list, discount, net, guest_fee, absorbed_fee, tax, share, reserve, total;
        int64_t tax_on_fee;             /* contained in tax */
        int64_t tickets;
        struct price_line *line;
        size_t lines;
};

/* What is to be priced; promo's results are filled in. */
struct price_cart {
        const struct price_ask *line;
        size_t lines;
        struct price_promo *promo;
        size_t promos;
};

/* Fails (ERR_INVALID_REQUEST) when a sum leaves 0..AMOUNT_MAX; never wraps. */
bool price_order(struct arena *a, const struct price_rules *rules, const struct price_cart *cart, struct price *out,
    struct err *e) MUSTCHECK;

#endif
