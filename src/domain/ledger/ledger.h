/*
 * ledger.h - journal entries: what a recipe posts, and reading what was posted.
 *
 * A recipe is a pure function over amounts; it fills a struct posting_set,
 * debit positive, in the currency's minor units. posting_set_params() CHECKs
 * that it sums to zero and hands it to a writing function, whose table checks
 * it again. The recipes are ledger.md's, by number.
 */
#ifndef DOMAIN_LEDGER_LEDGER_H
#define DOMAIN_LEDGER_LEDGER_H

#include "base/err.h"
#include "base/id.h"

struct arena;
struct params;
struct task;

enum account {
#define ACCOUNT(name, type) ACCOUNT_##name,
#include "domain/ledger/chart.def"
#undef ACCOUNT
        ACCOUNT_COUNT
};

struct posting_set {
        int64_t amount[ACCOUNT_COUNT];
};

const char *account_name(enum account a);
bool account_parse(struct str s, enum account *out) MUSTCHECK;

void posting_debit(struct posting_set *s, enum account a, int64_t amount);
void posting_credit(struct posting_set *s, enum account a, int64_t amount);
/* Two parameters: accounts text[], amounts bigint[]; zeros left out, the chart's order. */
void posting_set_params(const struct posting_set *s, struct params *p);

/* What an order is made of, as the sale needs it (pricing.h computes it). */
struct sale_amounts {
        int64_t list, discount, guest_fee, absorbed_fee, tax, share, reserve, total;
};
/* Recipe 1. A free order whose list is zero yields an empty set. */
struct posting_set ledger_sale(const struct sale_amounts *a);

/* Recipe 11: captured, and no order takes it; and its money given back. */
struct posting_set ledger_unplaced(int64_t amount);
struct posting_set ledger_refund_settled(int64_t amount);

struct ledger_filter {
        int32_t org;                    /* 0: every organizer */
        struct str account;             /* absent: every account */
        struct uuid order;              /* nil: every order */
        struct str times[4];            /* occurred from, to, recorded from, to; RFC 3339 or absent */
        struct str before_at;           /* page cursor */
        struct uuid before_id;
        int64_t limit;
};

struct ledger_entry {
        struct uuid id, organizer, object, order, reverses;
        struct str effect, promo, currency, occurred_at, recorded_at;
        struct str *accounts;
        int64_t *amounts;
        size_t n;
};

/* Up to filter->limit entries, newest first. */
bool ledger_entries_list(struct task *t, const struct ledger_filter *f, struct ledger_entry **out, size_t *n,
    struct err *e) MUSTCHECK;
/* {id, object, kind, organizer, order, object_id, promo, currency, postings, occurred_at, recorded_at, reverses} */
struct str ledger_entry_view(struct arena *a, const struct ledger_entry *entry);

#endif
