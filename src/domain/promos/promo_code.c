/* promo_code.c - names of promo codes, copies of one, and what they have done. */
#include "base/base.h"
#include "base/arena.h"
#include "base/secret.h"
#include "domain/promos/promo_code.h"
#include "io/db.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/promos/promo_code.sql.def"

struct str
promo_code_random(struct arena *a, struct str prefix, size_t n)
{
        static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        char *z = arena_alloc(a, prefix.n + n + 1);

        memcpy(z, prefix.p, prefix.n);
        random_bytes(z + prefix.n, n);
        for (size_t i = prefix.n; i < prefix.n + n; i++)
                z[i] = crockford[(unsigned char)z[i] % 32];
        return (struct str){ z, prefix.n + n };
}

static struct promo_usage
usage_of_row(struct task *t, const struct rows *r, int i)
{
        struct promo_usage u = {
                .code = row_text(r, i, "code"),
                .codes = row_i64(r, i, "codes"),
                .reserved = row_i64(r, i, "reserved"),
                .committed = row_i64(r, i, "committed"),
                .returned = row_i64(r, i, "returned"),
                .discount = row_i64(r, i, "discount_given"),
                .platform = row_i64(r, i, "platform_funded"),
                .list = row_i64(r, i, "list"),
                .revenue = row_i64(r, i, "revenue"),
                .guests = row_i64(r, i, "guests"),
                .flagged = row_i64(r, i, "flagged"),
        };
        char text[ID_TEXT_MAX];

        if (!row_is_null(r, i, "batch")) {
                typeid_text("bat", row_uuid(r, i, "batch"), text);
                u.batch = str_dup(t->arena, str_of(text));
        }
        return u;
}

bool
promo_usage_ask(struct task *t, const struct promo_choice *c, struct promo_usage **out, size_t *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, c->org);
        if (c->promos == NULL)
                param_null(&p);
        else
                param_uuid_array(&p, c->promos, c->promos_n);
        param_uuid_or_null(&p, c->batch);
        param_bool(&p, c->each);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_promos_usage, &p, &r, e))
                return false;
        *n = (size_t)r.n;
        *out = ARENA_ARRAY(t->arena, struct promo_usage, *n + 1);
        for (int i = 0; i < r.n; i++)
                (*out)[i] = usage_of_row(t, &r, i);
        return true;
}

static struct str
usage_view(struct arena *a, struct uuid promo, struct str currency, const struct promo_usage *u,
    const struct rows *flagged)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_z(&o, "object", "promo_usage");
        jo_id(&o, "promo_code", "pro", promo);
        jo_text(&o, "currency", currency);
        jo_object(&o, "redemptions");
        jo_int(&o, "reserved", u->reserved);
        jo_int(&o, "committed", u->committed);
        jo_int(&o, "returned", u->returned);
        jo_end_object(&o);
        jo_int(&o, "discount_given", u->discount);
        jo_object(&o, "funded_by");
        jo_int(&o, "organizer", u->discount - u->platform);
        jo_int(&o, "platform", u->platform);
        jo_end_object(&o);
        jo_int(&o, "list", u->list);
        jo_int(&o, "revenue", u->revenue);
        jo_int(&o, "guests", u->guests);
        jo_int(&o, "flagged", u->flagged);
        jo_array(&o, "flagged_orders");
        for (int i = 0; i < flagged->n; i++)
                jo_id(&o, NULL, "ord", row_uuid(flagged, i, "order_id"));
        jo_end_array(&o);
        jo_end_object(&o);
        return json_out_str(&o);
}

bool
promo_usage_view(struct task *t, int32_t org, struct uuid promo, struct str *out, struct err *e)
{
        struct promo_choice c = { .org = org, .promos = &promo, .promos_n = 1 };
        struct params p = params_in(t->arena);
        struct promo_usage *usage;
        struct rows r, flagged;
        size_t n;

        param_i64(&p, org);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_organizer_sells_in, &p, &r, e))
                return false;
        param_uuid(&p, promo);
        param_i64(&p, PROMO_FLAGGED_MAX);
        if (!promo_usage_ask(t, &c, &usage, &n, e) ||
            !db_query(t->db, t->arena, &t->subject, &stmt_promo_flagged, &p, &flagged, e))
                return false;
        if (r.n == 0 || n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such promo code");
        *out = usage_view(t->arena, promo, row_text(&r, 0, "currency"), &usage[0], &flagged);
        return true;
}

static void
copied_of_rows(struct task *t, const struct rows *r, struct promo_copied **out, size_t *got)
{
        *got = (size_t)r->n;
        *out = ARENA_ARRAY(t->arena, struct promo_copied, *got + 1);
        for (int i = 0; i < r->n; i++)
                (*out)[i] = (struct promo_copied){ row_uuid(r, i, "id"), row_text(r, i, "code") };
}

struct copy {
        struct task *task;
        const struct promo_copying *what;
        struct uuid *ids;
        struct str *codes;
        size_t n;
        struct rows rows;
};

static bool
copy_tx(struct tx *tx, void *arg, struct err *e)
{
        struct copy *w = arg;
        struct params p = params_in(w->task->arena);

        param_i64(&p, uuid_org(w->what->template));
        param_uuid(&p, w->what->template);
        param_uuid(&p, w->what->batch);
        param_i64(&p, w->what->most);
        param_uuid_array(&p, w->ids, w->n);
        param_text_array(&p, w->codes, w->n);
        param_z(&p, w->what->actor);
        return tx_call(tx, &stmt_promos_copy, &p, &w->rows, e);
}

bool
promo_copy(struct task *t, const struct promo_copying *c, size_t n, struct promo_copied **out, size_t *got,
    struct err *e)
{
        struct copy w = {
                .task = t,
                .what = c,
                .ids = ARENA_ARRAY(t->arena, struct uuid, n),
                .codes = ARENA_ARRAY(t->arena, struct str, n),
                .n = n,
        };

        for (size_t i = 0; i < n; i++) {
                w.ids[i] = uuid_new(uuid_org(c->template));
                w.codes[i] = promo_code_random(t->arena, c->prefix, PROMO_COPY_RANDOM);
        }
        if (!db_tx_run(t->db, t->arena, &t->subject, copy_tx, &w, e))
                return false;
        copied_of_rows(t, &w.rows, out, got);
        return true;
}

bool
promo_batch_read(struct task *t, struct uuid batch, struct uuid after, size_t n, struct promo_copied **out, size_t *got,
    struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, uuid_org(batch));
        param_uuid(&p, batch);
        param_uuid_or_null(&p, after);
        param_i64(&p, (int64_t)n);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_promos_of_batch, &p, &r, e))
                return false;
        copied_of_rows(t, &r, out, got);
        return true;
}

bool
promo_batch_count(struct task *t, struct uuid batch, int64_t *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, uuid_org(batch));
        param_uuid(&p, batch);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_promos_in_batch, &p, &r, e))
                return false;
        *out = row_i64(&r, 0, "n");
        return true;
}

struct switching {
        struct task *task;
        const struct promo_switching *what;
        int64_t n;
        struct rows rows;
};

static bool
switch_tx(struct tx *tx, void *arg, struct err *e)
{
        struct switching *w = arg;
        struct params p = params_in(w->task->arena);

        param_i64(&p, uuid_org(w->what->batch));
        param_uuid(&p, w->what->batch);
        param_uuid_or_null(&p, w->what->after);
        param_i64(&p, w->n);
        param_bool(&p, w->what->active);
        param_z(&p, w->what->actor);
        return tx_call(tx, &stmt_promos_switch, &p, &w->rows, e);
}

bool
promo_batch_switch(struct task *t, struct promo_switching *w, int64_t n, bool *more, struct err *e)
{
        struct switching s = { .task = t, .what = w, .n = n };

        if (!db_tx_run(t->db, t->arena, &t->subject, switch_tx, &s, e))
                return false;
        *more = !row_is_null(&s.rows, 0, "last");
        w->seen += row_i64(&s.rows, 0, "seen");
        w->switched += row_i64(&s.rows, 0, "switched");
        if (*more)
                w->after = row_uuid(&s.rows, 0, "last");
        return true;
}
