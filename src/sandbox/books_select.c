/* books_select.c - the rows that a caller wants to see, as one moment saw them. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "sandbox/books_inner.h"

/* Where the rows that pass are counted and, with room for them, copied. */
struct selection {
        const struct txn_filter *filter;
        int64_t wall_ms;
        struct txn *out;                /* NULL: only count */
        size_t n;
};

static void
consider(struct selection *s, const struct txn *t)
{
        const struct txn_filter *f = s->filter;

        if ((f->reference.p != NULL && !str_eq(t->reference, f->reference)) ||
            (f->order.p != NULL && !str_eq(t->order, f->order)) ||
            t->updated_ms < f->from_ms || (f->to_ms != 0 && t->updated_ms > f->to_ms) ||
            (f->original != 0 && t->original != f->original) ||
            !txn_is_there(t, s->wall_ms) || (f->lookup && t->hidden_ms > s->wall_ms))
                return;
        if (s->out != NULL)
                s->out[s->n] = *t;
        s->n++;
}

static void
select_by_ids(const struct books *b, struct selection *s)
{
        const int64_t *id = s->filter->ids;

        for (size_t i = 0; i < s->filter->ids_n; i++) {
                const struct txn *t = i > 0 && id[i] == id[i - 1] ? NULL : books_row(b, id[i]);

                if (t != NULL)
                        consider(s, t);
        }
}

static void
select_by_reference(const struct books *b, struct selection *s)
{
        for (const struct txn *t = books_bucket(b, s->filter->reference); t != NULL; t = t->same_bucket)
                consider(s, t);
        for (size_t i = 0; s->out != NULL && i < s->n / 2; i++) {       /* a bucket has the newest first */
                struct txn t = s->out[i];

                s->out[i] = s->out[s->n - 1 - i];
                s->out[s->n - 1 - i] = t;
        }
}

/* Called twice, first to count. */
static size_t
select_locked(const struct books *b, const struct txn_filter *f, int64_t wall_ms, struct txn *out)
{
        struct selection s = { .filter = f, .wall_ms = wall_ms, .out = out };

        if (f->ids_n > 0)
                select_by_ids(b, &s);
        else if (f->reference.p != NULL)
                select_by_reference(b, &s);
        else
                for (size_t i = 0; i < b->n; i++)
                        consider(&s, b->row[i]);
        return s.n;
}

struct txn *
books_select(struct books *b, const struct txn_filter *f, struct arena *a, size_t *n)
{
        struct txn *out = NULL;
        int64_t wall_ms = clock_wall_ms();

        books_lock(b);
        *n = select_locked(b, f, wall_ms, NULL);
        if (*n > 0) {
                out = malloc(*n * sizeof *out);         /* whole books are more than an arena's cap */
                CHECK(out != NULL);
                arena_hook(a, free, out);
                CHECK(select_locked(b, f, wall_ms, out) == *n);
        }
        books_settle_unlock(b);
        return out;
}
