/*
 * ledger.h - journal entries: what a recipe posts, and reading what was posted.
 *
 * A recipe is data (recipe.def, by ledger.md's numbers): recipe_post() fills a
 * struct posting_set from amounts, debit positive, in the currency's minor
 * units. posting_set_params() CHECKs that it sums to zero and hands it to a
 * writing function, whose table checks it again. Sums that leave int64_t are a
 * failed CHECK, never a wrong number.
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
const char *account_type(enum account a);       /* asset, liability, revenue, contra_revenue, expense */
bool account_is_debit(enum account a);          /* where its balance normally stands */
bool account_parse(struct str s, enum account *out) MUSTCHECK;

enum recipe {
#define RECIPE(name, effect) RECIPE_##name,
#define RECIPE_LINE(name, side, account, part)
#define RECIPE_REVERSE(name, effect, of) RECIPE_##name,
#include "domain/ledger/recipe.def"
#undef RECIPE
#undef RECIPE_LINE
#undef RECIPE_REVERSE
        RECIPE_COUNT
};

/* What recipes post. Each takes the parts that its lines name; the rest may be anything. */
struct amounts {
        /* Of an order (pricing.h computes them), or what of it is given back, frozen or lost. */
        int64_t list, discount, guest_fee, absorbed_fee, tax, share, reserve, total;
        int64_t amount;                 /* that moves: refund, disputed, payout, ... */
        int64_t fee;                    /* of a dispute */
        int64_t over, owed;             /* beyond what the order holds; not given back yet */
        int64_t own_pending, own_reserve, own_available;
        int64_t gross, fees, withheld, net;             /* of a gateway's settlement item */
};

struct posting_set recipe_post(enum recipe r, const struct amounts *a);
/* What its entry says happened: a name of effect.def. */
const char *recipe_effect(enum recipe r);

void posting_debit(struct posting_set *s, enum account a, int64_t amount);
void posting_credit(struct posting_set *s, enum account a, int64_t amount);
struct posting_set posting_reverse(const struct posting_set *s);
/* To be asked where figures come from outside (a settlement item). */
bool posting_balances(const struct posting_set *s) MUSTCHECK;
/* Two parameters: accounts text[], amounts bigint[]; zeros left out, the chart's order. */
void posting_set_params(const struct posting_set *s, struct params *p);
/* The same of n sets that have two postings each, one after the other. */
void posting_pairs_params(const struct posting_set *sets, size_t n, struct params *p);

/* Parts of one order in its organizer's accounts; above zero: the organizer's. */
struct own_parts {
        int64_t pending, reserve, available;
};
/*
 * Which accounts give an amount, from what the order has there, until covered;
 * the last is available, which may go below zero (own->available is not read).
 * Refunds, recipe 2: pending, reserve. Disputes, recipe 7: reserve, pending.
 */
struct own_parts cover_refund(int64_t amount, const struct own_parts *own);
struct own_parts cover_dispute(int64_t amount, const struct own_parts *own);

/*
 * Both sums only grow: where pending or reserve has its entry, more may come
 * back to available than was taken from it, and a difference would go negative.
 */
struct own_taken {
        int64_t available;              /* all that the order took from it; no passed-on dispute fees */
        int64_t came_available;         /* all that came to it for the order: matured, released, returned */
        int64_t reserve;                /* the refund or dispute took from it */
        bool matured, reserve_released; /* the order has this entry: what comes back is available at once */
};
/* Which accounts get an amount back, recipe 8. */
struct own_parts cover_return(int64_t amount, const struct own_taken *was);

struct ledger_filter {
        int32_t org;                    /* 0: every organizer */
        struct str account;             /* absent: every account */
        struct uuid order;              /* nil: every order */
        struct str times[4];            /* occurred from, to, recorded from, to; RFC 3339 or absent */
        struct str before_at;           /* page cursor */
        struct uuid before_id;
        int64_t limit;                  /* 0: all, where they come in pieces */
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

/* "ord", ...: which kind of id the object of such an entry has; NULL: not known here. */
const char *ledger_object_prefix(struct str effect);
struct params ledger_filter_params(struct arena *a, const struct ledger_filter *f);

/*
 * The same as CSV, a row a posting, all of one moment, in pieces that end with
 * a row; *out is empty when that was all. Only a piece is in memory.
 */
struct ledger_csv;
bool ledger_csv_open(struct task *t, const struct ledger_filter *f, struct ledger_csv **out, struct err *e) MUSTCHECK;
bool ledger_csv_piece(struct ledger_csv *c, struct str *out, struct err *e) MUSTCHECK;

#endif
