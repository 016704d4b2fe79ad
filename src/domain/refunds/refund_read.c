/* refund_read.c - refunds found, listed and shown. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/refunds/refund.h"
#include "domain/refunds/refund_facts.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"
#include "io/views.h"

#include "domain/refunds/refunds.sql.def"

static struct refund
refund_of_row(struct arena *a, const struct rows *r, int i)
{
        struct refund f = {
                .id = row_uuid(r, i, "id"), .order = row_uuid(r, i, "order_id"),
                .organizer = row_uuid(r, i, "organizer_id"), .guest = row_uuid(r, i, "guest_id"),
                .person = row_uuid(r, i, "person"), .status = row_text(r, i, "status"),
                .currency = row_text(r, i, "currency"), .reason = row_text(r, i, "reason"),
                .created_at = row_time(r, a, i, "created_at"), .amount = row_i64(r, i, "amount"),
                .list = row_i64(r, i, "list"), .discount = row_i64(r, i, "discount"), .net = row_i64(r, i, "net"),
                .guest_fee = row_i64(r, i, "guest_fee"), .tax = row_i64(r, i, "tax"), .share = row_i64(r, i, "share"),
                .absorbed_fee = row_i64(r, i, "absorbed_fee"), .own_pending = row_i64(r, i, "own_pending"),
                .own_reserve = row_i64(r, i, "own_reserve"), .own_available = row_i64(r, i, "own_available"),
                .over = row_i64(r, i, "over"), .fees_back = row_bool(r, i, "fees_back"),
                .external = row_bool(r, i, "external"),
        };

        f.tickets = row_uuid_array(r, a, i, "ticket_ids", &f.tickets_n);
        return f;
}

static bool
one_refund(struct arena *a, const struct rows *r, struct refund *out, struct err *e)
{
        if (r->n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such refund");
        *out = refund_of_row(a, r, 0);
        return true;
}

bool
refund_find(struct task *t, int32_t org, struct uuid id, struct refund *out, struct err *e)
{
        struct params p = views_params(t->arena, org, &id, 1);
        struct rows r;

        return db_query(t->db, t->arena, &t->subject, &stmt_refund_views, &p, &r, e) &&
            one_refund(t->arena, &r, out, e);
}

bool
refund_read(struct task *t, struct tx *tx, int32_t org, struct uuid id, struct refund *out, struct err *e)
{
        struct params p = views_params(t->arena, org, &id, 1);
        struct rows r;

        return tx_call(tx, &stmt_refund_views, &p, &r, e) && one_refund(t->arena, &r, out, e);
}

static void
place_refund(void *list, size_t at, struct arena *a, int32_t org UNUSED, const struct rows *r, int row)
{
        ((struct refund *)list)[at] = refund_of_row(a, r, row);
}

bool
refunds_list(struct task *t, const struct refund_filter *f, struct refund **out, size_t *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows page;

        param_i64_or_null(&p, f->org != 0, f->org);
        param_uuid_or_null(&p, f->order);
        param_uuid_or_null(&p, f->guest);
        param_i64(&p, uuid_org(f->guest));
        param_text(&p, f->status);
        param_text(&p, f->before_at);
        param_uuid_or_null(&p, f->before_id);
        param_i64(&p, f->limit);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_refunds_page, &p, &page, e))
                return false;
        *n = (size_t)page.n;
        *out = ARENA_ARRAY(t->arena, struct refund, *n + 1);
        return views_page(t, &stmt_refund_views, &page, place_refund, *out, e);
}

static void
put_parts(struct json_out *j, const struct refund *r)
{
        jo_object(j, "parts");
        jo_int(j, "list", r->list);
        jo_int(j, "discount", r->discount);
        jo_int(j, "net", r->net);
        jo_int(j, "guest_fee", r->guest_fee);
        jo_int(j, "tax", r->tax);
        jo_end_object(j);
}

/* Who gives what of it: the organizer by account, the platform its fees, the tax office its tax. */
static void
put_from(struct json_out *j, const struct refund *r)
{
        jo_object(j, "from");
        jo_object(j, "organizer");
        jo_int(j, "pending", r->own_pending);
        jo_int(j, "reserve", r->own_reserve);
        jo_int(j, "available", r->own_available);
        jo_end_object(j);
        jo_int(j, "platform_fees", r->guest_fee + (r->fees_back ? r->absorbed_fee : 0));
        jo_int(j, "platform_promo", r->share - r->net);
        jo_int(j, "tax", r->tax);
        jo_int(j, "platform_losses", r->over);
        jo_end_object(j);
}

struct str
refund_view(struct arena *a, const struct refund *r, bool guest)
{
        struct json_out j = json_out_new(a);

        jo_object(&j, NULL);
        jo_id(&j, "id", "ref", r->id);
        jo_z(&j, "object", "refund");
        jo_id(&j, "order", "ord", r->order);
        jo_id(&j, "organizer", "org", r->organizer);
        jo_text(&j, "status", r->status);
        jo_int(&j, "amount", r->amount);
        jo_text(&j, "currency", r->currency);
        put_parts(&j, r);
        if (!guest)
                put_from(&j, r);
        jo_bool(&j, "fees_back", r->fees_back);
        jo_bool(&j, "external", r->external);
        jo_array(&j, "tickets");
        for (size_t i = 0; i < r->tickets_n; i++)
                jo_id(&j, NULL, "tix", r->tickets[i]);
        jo_end_array(&j);
        jo_text(&j, "reason", r->reason);
        jo_text(&j, "created_at", r->created_at);
        jo_end_object(&j);
        return json_out_str(&j);
}
