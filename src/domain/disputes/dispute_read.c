/* dispute_read.c - disputes found, listed and shown. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"
#include "io/views.h"

#include "domain/disputes/disputes.sql.def"

static struct str
time_or_none(struct arena *a, const struct rows *r, int i, const char *column)
{
        return row_is_null(r, i, column) ? STR_NONE : row_time(r, a, i, column);
}

static struct dispute
dispute_of_row(struct arena *a, const struct rows *r, int i)
{
        return (struct dispute){
                .id = row_uuid(r, i, "id"), .organizer = row_uuid(r, i, "organizer_id"),
                .order = row_uuid(r, i, "order_id"), .event = row_uuid(r, i, "event_id"),
                .guest = row_uuid(r, i, "guest_id"), .person = row_uuid(r, i, "person"),
                .capture = row_uuid(r, i, "capture_id"), .gateway = row_text(r, i, "gateway"),
                .gateway_dispute = row_text(r, i, "gateway_dispute"), .status = row_text(r, i, "status"),
                .currency = row_text(r, i, "currency"), .reason = row_text(r, i, "reason"),
                .answer = row_text(r, i, "answer"), .due_by = time_or_none(a, r, i, "due_by"),
                .answered_at = time_or_none(a, r, i, "answered_at"), .opened_at = time_or_none(a, r, i, "opened_at"),
                .ended_at = time_or_none(a, r, i, "ended_at"), .created_at = row_time(r, a, i, "created_at"),
                .amount = row_i64(r, i, "amount"), .fee = row_i64(r, i, "fee"), .over = row_i64(r, i, "over"),
                .covered = row_i64(r, i, "covered"), .list = row_i64(r, i, "list"),
                .discount = row_i64(r, i, "discount"), .net = row_i64(r, i, "net"),
                .guest_fee = row_i64(r, i, "guest_fee"), .tax = row_i64(r, i, "tax"), .share = row_i64(r, i, "share"),
                .absorbed_fee = row_i64(r, i, "absorbed_fee"), .own_pending = row_i64(r, i, "own_pending"),
                .own_reserve = row_i64(r, i, "own_reserve"), .own_available = row_i64(r, i, "own_available"),
                .moved = row_bool(r, i, "moved"), .fee_passed = row_bool(r, i, "fee_passed"),
                .reversed = row_bool(r, i, "reversed"), .version = row_i64(r, i, "version"),
        };
}

bool
dispute_find(struct task *t, int32_t org, struct uuid id, struct dispute *out, struct err *e)
{
        struct params p = views_params(t->arena, org, &id, 1);
        struct rows r;

        if (!db_query(t->db, t->arena, &t->subject, &stmt_dispute_views, &p, &r, e))
                return false;
        if (r.n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such dispute");
        *out = dispute_of_row(t->arena, &r, 0);
        return true;
}

static void
place_dispute(void *list, size_t at, struct arena *a, int32_t org UNUSED, const struct rows *r, int row)
{
        ((struct dispute *)list)[at] = dispute_of_row(a, r, row);
}

bool
disputes_list(struct task *t, const struct dispute_filter *f, struct dispute **out, size_t *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows page;

        param_i64_or_null(&p, f->org != 0, f->org);
        param_uuid_or_null(&p, f->order);
        param_uuid_or_null(&p, f->event);
        param_text(&p, f->status);
        param_text(&p, f->before_at);
        param_uuid_or_null(&p, f->before_id);
        param_i64(&p, f->limit);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_disputes_page, &p, &page, e))
                return false;
        *n = (size_t)page.n;
        *out = ARENA_ARRAY(t->arena, struct dispute, *n + 1);
        return views_page(t, &stmt_dispute_views, &page, place_dispute, *out, e);
}

static void
put_parts(struct json_out *j, const struct dispute *d)
{
        jo_object(j, "parts");
        jo_int(j, "list", d->list);
        jo_int(j, "discount", d->discount);
        jo_int(j, "net", d->net);
        jo_int(j, "guest_fee", d->guest_fee);
        jo_int(j, "tax", d->tax);
        jo_int(j, "over", d->over - d->covered);
        jo_end_object(j);
}

/* From which of the organizer's accounts its share was taken. */
static void
put_from(struct json_out *j, const struct dispute *d)
{
        jo_object(j, "from");
        jo_object(j, "organizer");
        jo_int(j, "pending", d->own_pending);
        jo_int(j, "reserve", d->own_reserve);
        jo_int(j, "available", d->own_available);
        jo_end_object(j);
        jo_int(j, "platform_promo", d->share - d->net);
        jo_end_object(j);
}

struct str
dispute_view(struct arena *a, const struct dispute *d)
{
        struct json_out j = json_out_new(a);

        jo_object(&j, NULL);
        jo_id(&j, "id", "dsp", d->id);
        jo_z(&j, "object", "dispute");
        jo_id(&j, "order", "ord", d->order);
        jo_id(&j, "payment", "pay", d->capture);
        jo_id(&j, "event", "evt", d->event);
        jo_id(&j, "organizer", "org", d->organizer);
        jo_text(&j, "status", d->status);
        jo_int(&j, "amount", d->amount);
        jo_text(&j, "currency", d->currency);
        jo_int(&j, "fee", d->fee);
        jo_bool(&j, "fee_passed", d->fee_passed);
        put_parts(&j, d);
        put_from(&j, d);
        jo_text(&j, "reason", d->reason);
        jo_text(&j, "due_by", d->due_by);
        jo_text(&j, "evidence", d->answer);
        jo_text(&j, "answered_at", d->answered_at);
        jo_bool(&j, "reversed", d->reversed);
        jo_text(&j, "gateway", d->gateway);
        jo_text(&j, "gateway_dispute", d->gateway_dispute);
        jo_text(&j, "opened_at", d->opened_at);
        jo_text(&j, "ended_at", d->ended_at);
        jo_text(&j, "created_at", d->created_at);
        jo_end_object(&j);
        return json_out_str(&j);
}
