/* cancellations.c - /v1/events/{event}/cancel, /postpone, and how far a cancellation is. */
#include "base/base.h"
#include "domain/batches/batch.h"
#include "domain/catalog/catalog.h"
#include "edge/api/api.h"
#include "edge/api/catalog_show.h"
#include "io/task.h"

#define REFUND_DAYS     30

typedef bool (*halt_fn)(struct task *t, struct tx *tx, const struct event_halt *h, struct catalog_item *out,
    struct err *e);

struct halting {
        struct event_halt ask;
        halt_fn fn;
        int64_t version;
};

static bool
halt_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        struct halting *w = arg;
        struct catalog_item item;

        if (!w->fn(t, tx, &w->ask, &item, e))
                return false;
        w->version = item.version;
        *out = (struct answer){ .status = 200, .body = item.view };
        return true;
}

static bool
halt(struct request *rq, struct reply *rp, struct json_reader *r, struct halting *w, struct err *e)
{
        struct answer a;

        w->ask.reason = json_get_text(r, "reason", OPTIONAL, 1, 500);
        w->ask.over = rq->who.role != ROLE_ORGANIZER;
        w->ask.actor = rq->who.actor;
        if (!json_reader_close(r) || !catalog_param_event(rq, &w->ask.event, e) ||
            !idem_run(rq->task, &rq->idem, halt_run, w, &a, e))
                return false;
        if (!a.replayed)
                reply_etag(rp, w->version);
        return reply_answer(rp, &a);
}

bool
api_event_cancel(struct request *rq, struct reply *rp, struct err *e)
{
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        struct halting w = { .fn = event_cancel };

        return halt(rq, rp, &r, &w, e);
}

bool
api_event_postpone(struct request *rq, struct reply *rp, struct err *e)
{
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        struct halting w = { .fn = event_postpone };

        w.ask.days = json_get_int(&r, "refund_days", OPTIONAL, 1, 365, REFUND_DAYS);
        return halt(rq, rp, &r, &w, e);
}

bool
api_cancellation_get(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_item event;
        struct batch batch;

        return catalog_event_find(rq, &event, e) && batch_find(rq->task, event.id, &batch, e) &&
            reply_json(rp, 200, batch_view(rq->task->arena, &batch));
}
