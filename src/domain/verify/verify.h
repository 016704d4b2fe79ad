/*
 * verify.h - what must hold at every commit, asked of the books: each of
 * invariant.def in turn, all in one transaction that reads one moment, so that
 * what goes on meanwhile is either wholly seen or not at all. It writes nothing
 * and blocks nobody.
 *
 * verify_run() asks those that are wanted. Each gives at most `limit` of the
 * rows that break it; n = limit says that there may be more. An invariant that
 * takes longer than the connection waits (db_patience(), db.h) fails the whole run with
 * ERR_UNAVAILABLE: then ask for fewer, or nearer.
 *
 * Callers: `boxoffice verify [NAME...]` (everything, from the beginning) and the
 * job verify_hourly (what is cheap, over the last hours), which logs
 * invariant.broken and comes round in an hour whatever it found.
 */
#ifndef DOMAIN_VERIFY_VERIFY_H
#define DOMAIN_VERIFY_VERIFY_H

#include "io/db.h"

struct job;
struct task;

enum reach { REACH_NOW, REACH_TIMED, REACH_RECENT, REACH_WHOLE };

struct invariant {
        const char *name, *holds, *next;
        enum reach reach;
        const struct stmt *stmt;
};

enum {
#define INVARIANT(name, reach, holds, next) INVARIANT_##name,
#include "domain/verify/invariant.def"
#undef INVARIANT
        INVARIANT_COUNT
};

extern const struct invariant invariants[INVARIANT_COUNT];

struct verify_ask {
        bool wanted[INVARIANT_COUNT];
        int64_t recent_s;               /* how far back RECENT ones look, by business time; 0: to the beginning */
        int limit;
        /* Called before each, done of all; may be NULL. A run that loses the database begins anew. */
        void (*progress)(const struct invariant *what, int done, int all);
};

struct verified {
        struct rows broken[INVARIANT_COUNT];    /* org, object, detail; of those that were wanted */
        int64_t ms[INVARIANT_COUNT];
};

bool verify_find(const char *name, int *out) MUSTCHECK;
bool verify_is_cheap(const struct invariant *what);
bool verify_run(struct task *t, const struct verify_ask *ask, struct verified *out, struct err *e) MUSTCHECK;
/* One row, for people: "organizer 1: order 01...: what is wrong". */
struct str verify_row(struct arena *a, const struct rows *r, int i);

/* A job. */
bool verify_hourly(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

#endif
