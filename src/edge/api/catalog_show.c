/* catalog_show.c - shared by the handlers of organizers, events, ticket types and promo codes. */
#include "base/base.h"
#include "base/arena.h"
#include "edge/api/api.h"
#include "edge/api/catalog_show.h"
#include "io/task.h"

bool
catalog_show(struct reply *rp, int status, const struct catalog_item *item)
{
        reply_etag(rp, item->version);
        return reply_json(rp, status, item->view);
}

static bool
create_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        struct catalog_item item;

        if (!catalog_create(t, tx, arg, &item, e))
                return false;
        *out = (struct answer){ .status = 201, .body = item.view };
        return true;
}

bool
catalog_show_created(struct request *rq, struct reply *rp, const struct catalog_change *c, struct err *e)
{
        struct catalog_change change = *c;
        struct answer a;

        if (!idem_run(rq->task, &rq->idem, create_run, &change, &a, e))
                return false;
        if (!a.replayed)
                reply_etag(rp, 1);
        return reply_answer(rp, &a);
}

bool
catalog_show_list(struct request *rq, struct reply *rp, struct catalog_filter *f, const char *const *known,
    struct err *e)
{
        struct page page;
        struct catalog_item *items;
        struct page_item *shown;
        size_t n;

        page_read(rq, &page, e);
        if (!query_close(rq, known, e))
                return false;
        f->before_at = page.before_at;
        f->before_id = page.before_id;
        f->limit = page.limit + 1;
        if (!catalog_list(rq->task, f, &items, &n, e))
                return false;
        shown = ARENA_ARRAY(rq->task->arena, struct page_item, n + 1);
        for (size_t i = 0; i < n; i++)
                shown[i] = (struct page_item){ items[i].view, items[i].created_at, items[i].id };
        return reply_page(rp, &page, shown, n);
}

struct uuid
catalog_get_organizer(struct request *rq, struct json_reader *r)
{
        bool own = rq->who.role == ROLE_ORGANIZER;
        struct uuid id = json_get_id(r, "organizer", own ? OPTIONAL : REQUIRED, "org");

        return own && uuid_is_nil(id) ? rq->who.subject : id;
}

bool
catalog_param_org(struct request *rq, struct uuid *out, struct err *e)
{
        return param_id(rq, 0, "org", out, e) && org_visible(rq, uuid_org(*out), e);
}

bool
catalog_param_event(struct request *rq, struct uuid *out, struct err *e)
{
        return param_id(rq, 0, "evt", out, e) && org_visible(rq, uuid_org(*out), e);
}

bool
catalog_event_find(struct request *rq, struct catalog_item *out, struct err *e)
{
        struct uuid id;

        return catalog_param_event(rq, &id, e) &&
            catalog_find(rq->task, CATALOG_EVENT, uuid_org(id), id, id, out, e);
}

bool
catalog_type_find(struct request *rq, struct catalog_item *out, struct err *e)
{
        struct uuid event, id;

        return catalog_param_event(rq, &event, e) && param_id(rq, 1, "tkt", &id, e) &&
            catalog_find(rq->task, CATALOG_TICKET_TYPE, uuid_org(event), event, id, out, e);
}

bool
catalog_is(const struct catalog_item *item, struct uuid id, struct err *e)
{
        return uuid_eq(item->id, id) || err_set(e, ERR_NOT_FOUND, "there is no such organizer");
}

bool
organizer_exists(struct request *rq, struct uuid id, struct err *e)
{
        struct catalog_item item;

        if (!catalog_find(rq->task, CATALOG_ORGANIZER, uuid_org(id), id, id, &item, e))
                return false;
        return uuid_eq(item.id, id) || err_set(e, ERR_NOT_FOUND, "there is no such organizer");
}

int32_t
list_org(struct request *rq, struct err *e)
{
        struct uuid id = query_id(rq, "organizer", "org", e);
        struct catalog_item item;

        if (rq->who.role == ROLE_ORGANIZER) {
                if (!uuid_is_nil(id) && !uuid_eq(id, rq->who.subject))
                        (void)err_set(e, ERR_NOT_FOUND, "there is no such organizer");
                return rq->who.org;
        }
        if (uuid_is_nil(id))
                return 0;
        if (catalog_find(rq->task, CATALOG_ORGANIZER, uuid_org(id), id, id, &item, e) && !uuid_eq(item.id, id))
                (void)err_set(e, ERR_NOT_FOUND, "there is no such organizer");
        return uuid_org(id);
}
