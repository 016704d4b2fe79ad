/*
 * promo_code.h - promo codes as those who give them out see them, besides what
 * the catalogue has (domain/catalog): names, copies by the thousand, and what
 * they have done. What a code takes off an order is promo.h's.
 */
#ifndef DOMAIN_PROMOS_PROMO_CODE_H
#define DOMAIN_PROMOS_PROMO_CODE_H

#include "base/err.h"
#include "base/id.h"

struct arena;
struct task;

#define PROMO_FLAGGED_MAX       100     /* orders that a code's usage names */
#define PROMO_CODE_RANDOM       8       /* characters of a code that nobody chose */
#define PROMO_COPY_RANDOM       10      /* of one of many, after their prefix: 50 bits */

/* prefix, and n random characters of Crockford's base32, upper case. */
struct str promo_code_random(struct arena *a, struct str prefix, size_t n);

struct promo_usage {
        struct str batch;               /* bat_..., when the row is of a batch; else absent */
        struct str code;                /* of the row's one code, where rows are told apart */
        int64_t codes;
        int64_t reserved, committed, returned;          /* slots */
        int64_t discount, platform;     /* given on paid orders, and the platform's part of it */
        int64_t list, revenue;          /* of those orders, each counted once; revenue is their net */
        int64_t guests;
        int64_t flagged;                /* uses paid with a card with which another guest has used the same code */
};

/* Which codes: those named, or of a batch, or (neither) all of the organizer's. */
struct promo_choice {
        int32_t org;
        const struct uuid *promos;
        size_t promos_n;
        struct uuid batch;
        bool each;                      /* a row for each code, those of a batch together; else one for all */
};
/* No row: there are no such codes. */
bool promo_usage_ask(struct task *t, const struct promo_choice *c, struct promo_usage **out, size_t *n,
    struct err *e) MUSTCHECK;
/* Of one code, as the API shows it; ERR_NOT_FOUND. */
bool promo_usage_view(struct task *t, int32_t org, struct uuid promo, struct str *out, struct err *e) MUSTCHECK;

/* Copies of a template, made together. */
struct promo_copying {
        struct uuid template, batch;    /* the batch's id names the template's organizer */
        struct str prefix;
        int64_t most;                   /* how many the batch is to have in the end */
        const char *actor;
};
struct promo_copied {
        struct uuid id;
        struct str code;
};
/* Up to n more, in a transaction of their own. *got 0: there are as many as there are to be.
 * ERR_NOT_FOUND; ERR_STATE_CONFLICT when the batch is of another template. */
bool promo_copy(struct task *t, const struct promo_copying *c, size_t n, struct promo_copied **out, size_t *got,
    struct err *e) MUSTCHECK;
/* Members of a batch by id, behind `after`, as many as n. */
bool promo_batch_read(struct task *t, struct uuid batch, struct uuid after, size_t n, struct promo_copied **out,
    size_t *got, struct err *e) MUSTCHECK;

/* A batch's codes, all of them, and the next n switched on or off, in a transaction of their own. */
bool promo_batch_count(struct task *t, struct uuid batch, int64_t *out, struct err *e) MUSTCHECK;
struct promo_switching {
        struct uuid batch;
        bool active;                    /* what they become */
        const char *actor;
        struct uuid after;              /* nil: from the first on; moved to the last that was looked at */
        int64_t seen, switched;         /* added up; the others were so before */
};
/* *more: there may be others behind. */
bool promo_batch_switch(struct task *t, struct promo_switching *w, int64_t n, bool *more, struct err *e) MUSTCHECK;

#endif
