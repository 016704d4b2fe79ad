/* batch_read.c - batches found, listed and shown; an operator's words to them. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/batches/batch.h"
#include "io/db.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/batches/batches.sql.def"

static struct batch
batch_of_row(struct arena *a, const struct rows *r, int i)
{
        return (struct batch){
                .id = row_uuid(r, i, "id"), .event = row_uuid(r, i, "event_id"), .status = row_text(r, i, "status"),
                .reason = row_text(r, i, "reason"), .currency = row_text(r, i, "currency"),
                .created_at = row_time(r, a, i, "created_at"),
                .ended_at = row_is_null(r, i, "ended_at") ? STR_NONE : row_time(r, a, i, "ended_at"),
                .total = row_i64(r, i, "total"), .waiting = row_i64(r, i, "waiting"),
                .pending = row_i64(r, i, "pending"), .done = row_i64(r, i, "done"),
                .disputed = row_i64(r, i, "disputed"), .failed = row_i64(r, i, "failed"),
                .amount = row_i64(r, i, "amount"),
        };
}

static struct params
event_params(struct task *t, struct uuid event)
{
        struct params p = params_in(t->arena);

        param_i64(&p, uuid_org(event));
        param_uuid(&p, event);
        return p;
}

static bool
no_batch(struct err *e)
{
        return err_set(e, ERR_NOT_FOUND, "the event is not cancelled");
}

bool
batch_find(struct task *t, struct uuid event, struct batch *out, struct err *e)
{
        struct params p = event_params(t, event);
        struct rows r;

        if (!db_query(t->db, t->arena, &t->subject, &stmt_batch_get, &p, &r, e))
                return false;
        if (r.n == 0)
                return no_batch(e);
        *out = batch_of_row(t->arena, &r, 0);
        return true;
}

struct str
batch_view(struct arena *a, const struct batch *b)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_id(&o, "id", "rfb", b->id);
        jo_z(&o, "object", "cancellation");
        jo_id(&o, "event", "evt", b->event);
        jo_text(&o, "status", b->status);
        jo_text(&o, "reason", b->reason);
        jo_int(&o, "total", b->total);
        jo_int(&o, "waiting", b->waiting);
        jo_int(&o, "pending", b->pending);
        jo_int(&o, "done", b->done);
        jo_int(&o, "disputed", b->disputed);
        jo_int(&o, "failed", b->failed);
        jo_int(&o, "amount", b->amount);
        jo_text(&o, "currency", b->currency);
        jo_text(&o, "created_at", b->created_at);
        jo_text(&o, "ended_at", b->ended_at);
        jo_end_object(&o);
        return json_out_str(&o);
}

bool
batches_list(struct task *t, int64_t limit, struct batch **out, size_t *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, limit);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_batches_list, &p, &r, e))
                return false;
        *n = (size_t)r.n;
        *out = ARENA_ARRAY(t->arena, struct batch, *n + 1);
        for (int i = 0; i < r.n; i++)
                (*out)[i] = batch_of_row(t->arena, &r, i);
        return true;
}

bool
batch_failures(struct task *t, const struct batch *b, int64_t limit, struct batch_failure **out, size_t *n,
    struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, uuid_org(b->id));
        param_uuid(&p, b->id);
        param_i64(&p, limit);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_batch_failures, &p, &r, e))
                return false;
        *n = (size_t)r.n;
        *out = ARENA_ARRAY(t->arena, struct batch_failure, *n + 1);
        for (int i = 0; i < r.n; i++)
                (*out)[i] = (struct batch_failure){
                        .order = row_uuid(&r, i, "order_id"), .refund = row_uuid(&r, i, "refund_id"),
                        .detail = row_text(&r, i, "detail"),
                };
        return true;
}

bool
batch_pause(struct task *t, struct uuid event, const char *actor, struct err *e)
{
        struct params p = event_params(t, event);
        struct rows r;

        param_z(&p, actor);
        return db_query(t->db, t->arena, &t->subject, &stmt_batch_pause, &p, &r, e) &&
            (row_bool(&r, 0, "found") || no_batch(e));
}

bool
batch_resume(struct task *t, struct uuid event, const char *actor, int64_t *again, struct err *e)
{
        struct params p = event_params(t, event);
        struct rows r;

        param_z(&p, actor);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_batch_resume, &p, &r, e))
                return false;
        if (row_is_null(&r, 0, "again"))
                return no_batch(e);
        *again = row_i64(&r, 0, "again");
        return true;
}
