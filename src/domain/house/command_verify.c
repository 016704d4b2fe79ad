/* command_verify.c - `boxoffice verify`: a line for each invariant, and the rows that break one. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/house/command_inner.h"
#include "domain/verify/verify.h"
#include "io/db.h"

#include <unistd.h>

#define PATIENCE_MS     (INT64_C(30) * 60 * 1000)      /* for one invariant over whole books */
#define ROWS_MOST       1000
#define ROWS_SHOWN      10
#define CLEAR_LINE      "\r\033[K"

static int
unknown_name(const char *name)
{
        fprintf(stderr, "boxoffice: there is no invariant %s; there are\n", name);
        for (int i = 0; i < INVARIANT_COUNT; i++)
                fprintf(stderr, "  %-31s%s\n", invariants[i].name, invariants[i].holds);
        return EXIT_USAGE;
}

/* Those named, or all; false and *unknown when there is none of that name. */
static bool
names_read(const struct options *o, struct verify_ask *ask, const char **unknown)
{
        for (int i = 0; i < o->rest_n; i++) {
                int which;

                *unknown = o->rest[i];
                if (!verify_find(o->rest[i], &which))
                        return false;
                ask->wanted[which] = true;
        }
        for (int i = 0; i < INVARIANT_COUNT && o->rest_n == 0; i++)
                ask->wanted[i] = true;
        return true;
}

static void
progress_draw(const struct invariant *what, int done, int all)
{
        fprintf(stderr, CLEAR_LINE "  %d of %d  %s", done, all, what->name);
        (void)fflush(stderr);
}

static void
broken_print(struct task *t, const struct invariant *what, const struct rows *r)
{
        for (int i = 0; i < r->n && i < ROWS_SHOWN; i++) {
                struct str row = verify_row(t->arena, r, i);

                printf("        %.*s\n", STR_ARG(row));
        }
        if (r->n > ROWS_SHOWN)
                printf("        and %d more\n", r->n - ROWS_SHOWN);
        printf("        next: %s\n", what->next);
}

/* How many are broken. */
static int
verified_print(struct task *t, const struct verify_ask *ask, const struct verified *v)
{
        int asked = 0, broken = 0;
        int64_t ms = 0;

        for (int i = 0; i < INVARIANT_COUNT; i++) {
                const struct invariant *what = &invariants[i];
                int n = v->broken[i].n;

                if (!ask->wanted[i])
                        continue;
                asked++;
                ms += v->ms[i];
                if (n == 0) {
                        printf("ok      %-31s %-66s %6lld ms\n", what->name, what->holds, (long long)v->ms[i]);
                        continue;
                }
                broken++;
                printf("BROKEN  %-31s %-66s %d%s\n", what->name, what->holds, n, n == ROWS_MOST ? " or more" : "");
                broken_print(t, what, &v->broken[i]);
        }
        printf("%d of %d invariants hold, %d broken  (%lld ms)\n", asked - broken, asked, broken, (long long)ms);
        return broken;
}

int
verify_books(const struct conf *c, const struct options *o)
{
        struct verify_ask ask = { .limit = ROWS_MOST };
        struct verified *v;
        struct task t;
        struct err e = { .code = ERR_NONE };
        const char *unknown = NULL;
        bool seen = isatty(STDERR_FILENO) == 1, ok;
        int broken;

        if (!names_read(o, &ask, &unknown))
                return unknown_name(unknown);
        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        db_patience(t.db, PATIENCE_MS);
        if (seen)
                ask.progress = progress_draw;
        v = ARENA_NEW(t.arena, struct verified);
        ok = verify_run(&t, &ask, v, &e);
        if (seen)
                fprintf(stderr, CLEAR_LINE);
        if (!ok)
                return command_failed(&t, &e);
        broken = verified_print(&t, &ask, v);
        task_close(&t);
        return broken == 0 ? EXIT_DONE : EXIT_REFUSED;
}
