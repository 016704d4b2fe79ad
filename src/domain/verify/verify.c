/* verify.c - invariant.def expanded, and asked in one transaction. */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "domain/verify/verify.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/verify/verify.sql.def"

#define SLACK_MS        60000           /* for a daemon that is busy or was just started */

const struct invariant invariants[INVARIANT_COUNT] = {
#define INVARIANT(name, reach, holds, next) { #name, holds, next, REACH_##reach, &stmt_##name },
#include "domain/verify/invariant.def"
#undef INVARIANT
};

bool
verify_find(const char *name, int *out)
{
        for (*out = 0; *out < INVARIANT_COUNT; ++*out)
                if (strcmp(name, invariants[*out].name) == 0)
                        return true;
        return false;
}

bool
verify_is_cheap(const struct invariant *what)
{
        return what->reach != REACH_WHOLE;
}

/*
 * A sender is dead at its fence, and a look-up says so soon after. What is
 * unknown is decided by the look-ups right after the horizon, if the gateway
 * answers them in time.
 */
static void
times_params(const struct conf *c, struct params *p)
{
        param_i64(p, c->fence_ms + SLACK_MS);
        param_i64(p, c->horizon_ms + c->call_deadline_ms + SLACK_MS);
}

static struct params
params_of(struct task *t, const struct verify_ask *ask, const struct invariant *what)
{
        struct params p = params_in(t->arena);

        param_i64(&p, ask->limit);
        switch (what->reach) {
        case REACH_RECENT:
                param_i64_or_null(&p, ask->recent_s > 0, ask->recent_s);
                break;
        case REACH_TIMED:
                times_params(t->conf, &p);
                break;
        case REACH_NOW:
        case REACH_WHOLE:
                break;
        }
        return p;
}

static int
wanted_count(const struct verify_ask *ask)
{
        int n = 0;

        for (int i = 0; i < INVARIANT_COUNT; i++)
                n += ask->wanted[i];
        return n;
}

struct running {
        struct task *task;
        const struct verify_ask *ask;
        struct verified *out;
};

static bool
verify_tx(struct tx *tx, void *arg, struct err *e)
{
        struct running *w = arg;
        int done = 0, all = wanted_count(w->ask);

        tx_repeatable(tx);
        if (!tx_call(tx, &stmt_snapshot, NULL, NULL, e))
                return false;
        for (int i = 0; i < INVARIANT_COUNT; i++) {
                struct params p = params_of(w->task, w->ask, &invariants[i]);
                int64_t began = clock_mono_ms();

                if (!w->ask->wanted[i])
                        continue;
                if (w->ask->progress != NULL)
                        w->ask->progress(&invariants[i], done++, all);
                if (!tx_call(tx, invariants[i].stmt, &p, &w->out->broken[i], e))
                        return false;
                w->out->ms[i] = clock_mono_ms() - began;
        }
        return true;
}

bool
verify_run(struct task *t, const struct verify_ask *ask, struct verified *out, struct err *e)
{
        struct running w = { .task = t, .ask = ask, .out = out };

        memset(out, 0, sizeof *out);
        return db_tx_run(t->db, t->arena, &t->subject, verify_tx, &w, e);
}

/* Where the function says "order UUID", the id that people know it by; a job stays as `boxoffice jobs` takes it. */
static struct str
object_name(struct arena *a, struct str object)
{
        static const struct {
                const char *word, *prefix;
        } known[] = {
                { "order", "ord" }, { "payment", "pay" }, { "refund", "ref" }, { "entry", "ent" }, { "type", "tkt" },
                { "promo", "pro" }, { "event", "evt" },
        };
        struct str word, rest;
        struct uuid u;
        char *text = arena_alloc(a, ID_TEXT_MAX);

        if (!str_cut(object, ' ', &word, &rest) || !uuid_parse(rest, &u))
                return object;
        for (size_t i = 0; i < ARRAY_LEN(known); i++) {
                if (!str_is(word, known[i].word))
                        continue;
                typeid_text(known[i].prefix, u, text);
                return str_of(text);
        }
        return object;
}

struct str
verify_row(struct arena *a, const struct rows *r, int i)
{
        struct str object = object_name(a, row_text(r, i, "object")), detail = row_text(r, i, "detail");

        return str_fmt(a, "organizer %lld: %.*s: %.*s", (long long)row_i64(r, i, "org"), STR_ARG(object),
            STR_ARG(detail));
}
