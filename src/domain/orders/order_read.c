/* order_read.c - orders out of the database: one, or a page of them. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/orders/order.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"
#include "io/views.h"

#include "domain/orders/orders.sql.def"

static void
lines_of_row(struct order *o, const struct rows *r, struct arena *a, int i)
{
        size_t quantities, amounts;
        struct uuid *types = row_uuid_array(r, a, i, "line_types", &o->lines_n);
        int64_t *quantity = row_i64_array(r, a, i, "line_quantities", &quantities);
        int64_t *v = row_i64_array(r, a, i, "line_amounts", &amounts);

        CHECK(quantities == o->lines_n && amounts == 7 * o->lines_n);
        o->lines = ARENA_ARRAY(a, struct order_line, o->lines_n + 1);
        for (size_t k = 0; k < o->lines_n; k++, v += 7)
                o->lines[k] = (struct order_line){ types[k], quantity[k], v[0], v[1], v[2], v[3], v[4], v[5], v[6] };
}

static void
payments_of_row(struct order *o, const struct rows *r, struct arena *a, int i)
{
        size_t n[4];
        struct uuid *ids = row_uuid_array(r, a, i, "pay_ids", &o->payments_n);
        struct str *states = row_text_array(r, a, i, "pay_states", &n[0]);
        struct str *declines = row_text_array(r, a, i, "pay_declines", &n[1]);
        struct str *brands = row_text_array(r, a, i, "pay_brands", &n[2]);
        struct str *last4s = row_text_array(r, a, i, "pay_last4s", &n[3]);

        CHECK(n[0] == o->payments_n && n[1] == n[0] && n[2] == n[0] && n[3] == n[0]);
        o->payments = ARENA_ARRAY(a, struct order_payment, o->payments_n + 1);
        for (size_t k = 0; k < o->payments_n; k++)
                o->payments[k] = (struct order_payment){ ids[k], states[k], declines[k], brands[k], last4s[k] };
}

static void
tickets_of_row(struct order *o, const struct rows *r, struct arena *a, int i)
{
        size_t n[3];
        struct uuid *ids = row_uuid_array(r, a, i, "ticket_ids", &o->tickets_n);
        struct uuid *types = row_uuid_array(r, a, i, "ticket_types", &n[0]);
        struct str *codes = row_text_array(r, a, i, "ticket_codes", &n[1]);
        struct str *statuses = row_text_array(r, a, i, "ticket_statuses", &n[2]);

        CHECK(n[0] == o->tickets_n && n[1] == n[0] && n[2] == n[0]);
        o->tickets = ARENA_ARRAY(a, struct order_ticket, o->tickets_n + 1);
        for (size_t k = 0; k < o->tickets_n; k++)
                o->tickets[k] = (struct order_ticket){ ids[k], types[k], codes[k], statuses[k] };
}

static void
promos_of_row(struct order *o, const struct rows *r, struct arena *a, int i)
{
        size_t n;
        struct str *codes = row_text_array(r, a, i, "promo_codes", &o->promos_n);
        int64_t *discounts = row_i64_array(r, a, i, "promo_discounts", &n);

        CHECK(n == o->promos_n);
        o->promos = ARENA_ARRAY(a, struct order_promo, n + 1);
        for (size_t k = 0; k < n; k++)
                o->promos[k] = (struct order_promo){ codes[k], discounts[k] };
}

static void
order_of_row(int32_t org, const struct rows *r, struct arena *a, int i, struct order *o)
{
        *o = (struct order){
                .org = org,
                .id = row_uuid(r, i, "id"),
                .organizer = row_uuid(r, i, "organizer_id"),
                .event = row_uuid(r, i, "event_id"),
                .guest = row_uuid(r, i, "guest_id"),
                .person = row_uuid(r, i, "person"),
                .status = row_text(r, i, "status"),
                .currency = row_text(r, i, "currency"),
                .gateway = row_text(r, i, "gateway"),
                .guest_name = row_text(r, i, "guest_name"),
                .guest_email = row_text(r, i, "guest_email"),
                .list = row_i64(r, i, "list"),
                .discount = row_i64(r, i, "discount"),
                .net = row_i64(r, i, "net"),
                .guest_fee = row_i64(r, i, "guest_fee"),
                .absorbed_fee = row_i64(r, i, "absorbed_fee"),
                .tax = row_i64(r, i, "tax"),
                .share = row_i64(r, i, "share"),
                .reserve = row_i64(r, i, "reserve"),
                .total = row_i64(r, i, "total"),
                .refunded = row_i64(r, i, "refunded"),
                .disputed = row_i64(r, i, "disputed"),
                .version = row_i64(r, i, "version"),
                .promo_code = row_text(r, i, "promo_code"),
                .access_code = row_text(r, i, "access_code"),
                .metadata = row_text(r, i, "metadata"),
                .expires_at = row_time(r, a, i, "expires_at"),
                .created_at = row_time(r, a, i, "created_at"),
        };
        lines_of_row(o, r, a, i);
        payments_of_row(o, r, a, i);
        tickets_of_row(o, r, a, i);
        promos_of_row(o, r, a, i);
}

static bool
one_order(struct task *t, const struct rows *r, int32_t org, struct order *out, struct err *e)
{
        if (r->n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such order");
        order_of_row(org, r, t->arena, 0, out);
        return true;
}

bool
order_find(struct task *t, int32_t org, struct uuid id, struct order *out, struct err *e)
{
        struct params p = views_params(t->arena, org, &id, 1);
        struct rows r;

        return db_query(t->db, t->arena, &t->subject, &stmt_order_views, &p, &r, e) && one_order(t, &r, org, out, e);
}

void
order_read_put(struct task *t, struct tx *tx, int32_t org, struct uuid id)
{
        struct params p = views_params(t->arena, org, &id, 1);

        tx_put(tx, &stmt_order_views, &p);
}

bool
order_read_get(struct task *t, struct tx *tx, int32_t org, struct order *out, struct err *e)
{
        struct rows r;

        return tx_get(tx, &r, e) && one_order(t, &r, org, out, e);
}

bool
order_read(struct task *t, struct tx *tx, int32_t org, struct uuid id, struct order *out, struct err *e)
{
        order_read_put(t, tx, org, id);
        return order_read_get(t, tx, org, out, e);
}

static void
place_order(void *list, size_t at, struct arena *a, int32_t org, const struct rows *r, int row)
{
        order_of_row(org, r, a, row, (struct order *)list + at);
}

bool
orders_list(struct task *t, const struct order_filter *f, struct order **out, size_t *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows page;

        param_i64_or_null(&p, f->org != 0, f->org);
        param_uuid_or_null(&p, f->event);
        param_text(&p, f->status);
        param_uuid_or_null(&p, f->guest);
        param_uuid_or_null(&p, f->person);
        param_i64(&p, uuid_org(f->person));
        param_text(&p, f->before_at);
        param_uuid_or_null(&p, f->before_id);
        param_i64(&p, f->limit);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_orders_page, &p, &page, e))
                return false;
        *n = (size_t)page.n;
        *out = ARENA_ARRAY(t->arena, struct order, *n + 1);
        return views_page(t, &stmt_order_views, &page, place_order, *out, e);
}
