/* events.c - /v1/events and their ticket types. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/catalog/catalog.h"
#include "edge/api/api.h"
#include "edge/api/catalog_show.h"
#include "io/task.h"

bool
api_event_create(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_change c = { .object = CATALOG_EVENT, .actor = rq->who.actor };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        struct uuid organizer = catalog_get_organizer(rq, &r);

        c.org = uuid_org(organizer);
        catalog_read(&r, CATALOG_EVENT, true, uuid_new(c.org), &c.doc);
        return json_reader_close(&r) && org_visible(rq, c.org, e) && organizer_exists(rq, organizer, e) &&
            catalog_show_created(rq, rp, &c, e);
}

bool
api_event_get(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_item item;

        return catalog_event_find(rq, &item, e) && catalog_show(rp, 200, &item);
}

bool
api_event_list(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "limit", "cursor", "status", "organizer", NULL };
        static const char *const statuses[] = { "draft", "on_sale", "paused", "completed", "cancelled",
            "postponed", NULL };
        struct catalog_filter f = { .object = CATALOG_EVENT };

        f.org = list_org(rq, e);
        f.status = query_word(rq, "status", statuses, e);
        return catalog_show_list(rq, rp, &f, known, e);
}

bool
api_event_update(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_change c = { .object = CATALOG_EVENT, .actor = rq->who.actor };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        struct catalog_item item;

        catalog_read(&r, CATALOG_EVENT, false, (struct uuid){ { 0 } }, &c.doc);
        if (!json_reader_close(&r) || !catalog_param_event(rq, &c.event, e) || !if_match_version(rq, &c.if_version, e))
                return false;
        c.org = uuid_org(c.event);
        return catalog_update(rq->task, &c, &item, e) && catalog_show(rp, 200, &item);
}

struct moving {
        struct uuid event;
        const char *to, *actor;
        int64_t version;
};

static bool
move_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        struct moving *w = arg;
        struct catalog_item item;

        if (!event_move(t, tx, uuid_org(w->event), w->event, w->to, w->actor, &item, e))
                return false;
        w->version = item.version;
        *out = (struct answer){ .status = 200, .body = item.view };
        return true;
}

static bool
move(struct request *rq, struct reply *rp, const char *to, struct err *e)
{
        struct moving w = { .to = to, .actor = rq->who.actor };
        struct answer a;

        if (!catalog_param_event(rq, &w.event, e) || !idem_run(rq->task, &rq->idem, move_run, &w, &a, e))
                return false;
        if (!a.replayed)
                reply_etag(rp, w.version);
        return reply_answer(rp, &a);
}

bool
api_event_publish(struct request *rq, struct reply *rp, struct err *e)
{
        return move(rq, rp, "on_sale", e);
}

bool
api_event_pause(struct request *rq, struct reply *rp, struct err *e)
{
        return move(rq, rp, "paused", e);
}

bool
api_type_create(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_change c = { .object = CATALOG_TICKET_TYPE, .actor = rq->who.actor };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);

        if (!catalog_param_event(rq, &c.event, e))
                return false;
        c.org = uuid_org(c.event);
        catalog_read(&r, CATALOG_TICKET_TYPE, true, uuid_new(c.org), &c.doc);
        return json_reader_close(&r) && catalog_show_created(rq, rp, &c, e);
}

bool
api_type_list(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "limit", "cursor", NULL };
        struct catalog_filter f = { .object = CATALOG_TICKET_TYPE };
        struct catalog_item event;

        if (!catalog_event_find(rq, &event, e))
                return false;
        f.event = event.id;
        f.org = uuid_org(event.id);
        return catalog_show_list(rq, rp, &f, known, e);
}

bool
api_type_get(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_item item;

        return catalog_type_find(rq, &item, e) && catalog_show(rp, 200, &item);
}

bool
api_type_update(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_change c = { .object = CATALOG_TICKET_TYPE, .actor = rq->who.actor };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        struct catalog_item item;

        catalog_read(&r, CATALOG_TICKET_TYPE, false, (struct uuid){ { 0 } }, &c.doc);
        if (!json_reader_close(&r) || !catalog_param_event(rq, &c.event, e) || !param_id(rq, 1, "tkt", &c.id, e) ||
            !if_match_version(rq, &c.if_version, e))
                return false;
        c.org = uuid_org(c.event);
        return catalog_update(rq->task, &c, &item, e) && catalog_show(rp, 200, &item);
}
