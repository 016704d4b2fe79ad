/* views.c - a page's objects, organizer by organizer. */
#include "base/base.h"
#include "base/arena.h"
#include "io/task.h"
#include "io/views.h"

struct params
views_params(struct arena *a, int32_t org, const struct uuid *ids, size_t n)
{
        struct params p = params_in(a);

        param_i64(&p, org);
        param_uuid_array(&p, ids, n);
        return p;
}

/* The ids of the first row's organizer that is not placed yet; n 0: all are. */
static int32_t
next_org(const struct rows *page, bool *placed, struct uuid *ids, size_t *n)
{
        int32_t org = 0;

        *n = 0;
        for (int i = 0; i < page->n; i++) {
                int32_t its = (int32_t)row_i64(page, i, "org");

                if (placed[i] || (*n > 0 && its != org))
                        continue;
                org = its;
                placed[i] = true;
                ids[(*n)++] = row_uuid(page, i, "id");
        }
        return org;
}

bool
views_page(struct task *t, const struct stmt *views, const struct rows *page, views_place_fn place, void *list,
    struct err *e)
{
        bool *placed = ARENA_ARRAY(t->arena, bool, (size_t)page->n + 1);
        struct uuid *ids = ARENA_ARRAY(t->arena, struct uuid, (size_t)page->n + 1);

        for (;;) {
                size_t n;
                int32_t org = next_org(page, placed, ids, &n);
                struct params p = views_params(t->arena, org, ids, n);
                struct rows r;

                if (n == 0)
                        return true;
                if (!db_query(t->db, t->arena, &t->subject, views, &p, &r, e))
                        return false;
                for (int k = 0; k < r.n; k++)
                        for (int i = 0; i < page->n; i++)
                                if (uuid_eq(row_uuid(page, i, "id"), row_uuid(&r, k, "id")))
                                        place(list, (size_t)i, t->arena, org, &r, k);
        }
}
