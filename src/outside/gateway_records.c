/* gateway_records.c - ids that can be ids, and the order of records, which a gateway may list in any. */
#include "base/base.h"
#include "base/arena.h"
#include "outside/gateway_records.h"

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ID_MAX  64

bool
gateway_only_of(struct str s, const char *allowed, size_t max)
{
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] == '\0' || strchr(allowed, s.p[i]) == NULL)
                        return false;
        return s.n > 0 && s.n <= max;
}

bool
gateway_is_id(struct str s)
{
        return gateway_only_of(s, DIGITS LETTERS "-_", ID_MAX);
}

/* Times of one dialect have one form, in UTC: they order as text does. */
static bool
is_older(const struct gateway_record *a, const struct gateway_record *b)
{
        if (a->occurred_at.p == NULL || b->occurred_at.p == NULL)
                return a->occurred_at.p != NULL && b->occurred_at.p == NULL;
        return strcmp(a->occurred_at.p, b->occurred_at.p) < 0;
}

void
gateway_records_sort(struct gateway_records *r)
{
        for (int i = 1; i < r->n; i++) {
                struct gateway_record one = r->record[i];
                int at = i;

                for (; at > 0 && is_older(&one, &r->record[at - 1]); at--)
                        r->record[at] = r->record[at - 1];
                r->record[at] = one;
        }
}

void
gateway_records_reverse(struct gateway_records *r)
{
        for (int i = 0; i < r->n / 2; i++) {
                struct gateway_record one = r->record[i];

                r->record[i] = r->record[r->n - 1 - i];
                r->record[r->n - 1 - i] = one;
        }
}

bool
gateway_records_approved(const struct gateway_records *r)
{
        for (int i = 0; i < r->n; i++)
                if (r->record[i].state == RECORD_APPROVED)
                        return true;
        return false;
}

void
gateway_given_grow(struct arena *a, struct gateway_given *g, size_t more)
{
        struct gateway_record *all = ARENA_ARRAY(a, struct gateway_record, g->n + more + 1);

        if (g->n > 0)
                memcpy(all, g->record, g->n * sizeof *all);
        g->record = all;
}
