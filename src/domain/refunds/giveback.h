/*
 * giveback.h - splitting an amount given back, by refund or dispute, over the
 * tickets of an order and over what each is made of (ledger.md, "Splitting an
 * amount R given back"). Pure, in minor units.
 *
 * What a ticket holds are its parts less those of accepted refunds and of open
 * and lost disputes; what it gives is filled in here and never more than that
 * (CHECKed, as is that a given amount was split to the unit). When all that can
 * be given back is, in however many steps, nothing is left that should have
 * followed it: the last step takes every ticket's rest.
 *
 * fees_back: whether guest_fee and tax_on_fee can be given back (refunds: the
 * order's policy; disputes: always). absorbed_fee leaves with its net either
 * way; whether the organizer gets it back is the recipe's business.
 *
 * Tickets stand in the order of lines and seats, since ties go to the earlier;
 * amounts are split over them directly, not by line.
 */
#ifndef DOMAIN_REFUNDS_GIVEBACK_H
#define DOMAIN_REFUNDS_GIVEBACK_H

#include "base/base.h"
#include "domain/pricing/pricing.h"

struct arena;

struct giveback_ticket {
        struct price_parts holds;
        struct price_parts gives;       /* filled in; zeros where nothing */
};

/* Sums over the tickets, as recipes and the API want them. */
struct giveback {
        int64_t amount;                 /* net + guest_fee + tax */
        int64_t list, discount, net, guest_fee, tax;    /* tax with tax_on_fee */
        int64_t share, platform, absorbed;
};

/* What these tickets can give back at most. */
int64_t giveback_left(const struct giveback_ticket *t, size_t n, bool fees_back);

/* All that the chosen tickets hold; chosen has n elements. */
struct giveback giveback_tickets(struct giveback_ticket *t, size_t n, const bool *chosen, bool fees_back);

/*
 * An amount, 1 to giveback_left(), or 0 where that is 0 (CHECKed); n >= 1: over
 * the tickets in proportion to what each can still give, inside each over net,
 * guest_fee, tax, tax_on_fee likewise; promo parts and absorbed fee follow its
 * net. All that is left takes every ticket's rest, also where nothing was paid.
 */
struct giveback giveback_amount(struct arena *a, struct giveback_ticket *t, size_t n, int64_t amount, bool fees_back);

#endif
