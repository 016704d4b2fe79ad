/*
 * order.h - an order from its hold to its tickets.
 *
 *   held --pay--> processing --> paid
 *      \--> expired, cancelled    \--> held again (declined, not sent, not found)
 *
 * order_place() and order_pay() run the whole charge: arm the fence, record
 * (transaction A), call the gateway with no transaction open, record the
 * outcome (transaction B). Their answer is what the caller is told, and what
 * its Idempotency-Key answers with from then on:
 *   201/200 paid or held · 402 declined, with the held order · 202 the outcome
 *   is not known yet, with the order · 503 nothing was sent, with the held order
 * They fail (false, e) only when nothing was recorded.
 *
 * Views are bytes of JSON; a guest is not shown what organizer and platform
 * share, and a browser not why a card was declined.
 */
#ifndef DOMAIN_ORDERS_ORDER_H
#define DOMAIN_ORDERS_ORDER_H

#include "base/err.h"
#include "base/id.h"
#include "base/money.h"
#include "domain/idem/idem.h"

struct job;
struct task;
struct tx;

#define ORDER_LINES_MAX 50

struct order_item {
        struct uuid type;
        int64_t quantity;
};

struct order_ask {
        int32_t org;
        struct uuid event;
        struct order_item *items;
        size_t items_n;
        struct str *promo_codes;        /* in the order in which they apply; up to PROMOS_MAX */
        size_t promo_codes_n;
        struct str access_code;
        struct uuid person;             /* the guest whose token asks; nil for the platform */
        struct str guest_name, guest_email, guest_locale;
        struct str person_email;        /* of that guest: whose uses of a code count; absent: guest_email's */
        struct str client_ip, client_agent, client_device;
        bool age_confirmed;
        int barred_seconds;             /* > 0: too many wrong codes, no new one for so long; a claimed key goes on */
        struct str payment_token;       /* absent: only hold */
        struct str metadata;            /* a JSON object, or absent */
        struct idem idem;
        const char *actor;
};

struct order_line {
        struct uuid type;
        int64_t quantity, unit_price, list, discount, net, fee, tax, total;
};

struct order_payment {
        struct uuid id;
        struct str state, decline_code, card_brand, card_last4;
};

struct order_ticket {
        struct uuid id, type;
        struct str code, status;
};

struct order_promo {
        struct str code;
        int64_t discount;               /* as booked */
};

struct order {
        int32_t org;
        struct uuid id, organizer, event, guest, person;
        struct str status, currency;
        struct str gateway;             /* its organizer's now: what a payment begun now would use */
        struct str guest_name, guest_email;
        int64_t list, discount, net, guest_fee, absorbed_fee, tax, share, reserve, total, refunded, disputed;
        int64_t version;
        struct str promo_code;          /* its codes joined by commas; absent: none */
        struct order_promo *promos;     /* each of them, in the order in which they apply */
        size_t promos_n;
        struct str access_code;         /* whose slot it has; absent: none */
        struct str metadata, expires_at, created_at;
        struct order_line *lines;
        size_t lines_n;
        struct order_payment *payments;
        size_t payments_n;
        struct order_ticket *tickets;
        size_t tickets_n;
};

/* *misses: codes named that do not exist, whatever the answer; none when a key is replayed. */
bool order_place(struct task *t, const struct order_ask *ask, struct answer *out, size_t *misses,
    struct err *e) MUSTCHECK;

struct order_pay_ask {
        int32_t org;
        struct uuid order;
        struct str payment_token;
        struct idem idem;
        const char *actor;
};
bool order_pay(struct task *t, const struct order_pay_ask *ask, struct answer *out, struct err *e) MUSTCHECK;

struct order_cancel_ask {
        int32_t org;
        struct uuid order;
        struct idem idem;
        const char *actor;
        bool guest;                     /* asked by a guest: what it is shown */
};
/* Cancels a held order; answers 200 with it. */
bool order_cancel(struct task *t, const struct order_cancel_ask *ask, struct answer *out, struct err *e) MUSTCHECK;

/* A job: the end of a hold. */
bool order_expire(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
/*
 * Jobs (order_mature.c): when the orders of an event that is over mature; and
 * some of an organizer's orders that are due, matured and their reserve released.
 */
bool event_mature(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
bool orders_mature(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

/* ERR_NOT_FOUND when there is none. */
bool order_find(struct task *t, int32_t org, struct uuid id, struct order *out, struct err *e) MUSTCHECK;
/* The same inside a transaction, at once or queued and got later. */
void order_read_put(struct task *t, struct tx *tx, int32_t org, struct uuid id);
bool order_read_get(struct task *t, struct tx *tx, int32_t org, struct order *out, struct err *e) MUSTCHECK;
bool order_read(struct task *t, struct tx *tx, int32_t org, struct uuid id, struct order *out, struct err *e) MUSTCHECK;

struct order_filter {
        int32_t org;                    /* 0: every organizer's */
        struct uuid event, guest, person;
        struct str status, before_at;
        struct uuid before_id;
        int64_t limit;
};
bool orders_list(struct task *t, const struct order_filter *f, struct order **out, size_t *n, struct err *e) MUSTCHECK;

struct str order_view(struct arena *a, const struct order *o, bool guest, bool browser);

#endif
