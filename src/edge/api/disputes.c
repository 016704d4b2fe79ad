/* disputes.c - /v1/disputes. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "edge/api/api.h"
#include "io/task.h"

bool
api_dispute_get(struct request *rq, struct reply *rp, struct err *e)
{
        struct dispute d;
        struct uuid id;

        if (!param_id(rq, 0, "dsp", &id, e) || !org_visible(rq, uuid_org(id), e) ||
            !dispute_find(rq->task, uuid_org(id), id, &d, e))
                return false;
        reply_etag(rp, d.version);
        return reply_json(rp, 200, dispute_view(rq->task->arena, &d));
}

bool
api_dispute_import(struct request *rq, struct reply *rp, struct err *e)
{
        struct answer a;

        if (!str_starts(rq->content_type, STR("text/csv")))
                return err_set(e, ERR_UNSUPPORTED_MEDIA_TYPE, "the body must be text/csv");
        return disputes_import(rq->task, rq->body, &rq->idem, &a, e) && reply_answer(rp, &a);
}

bool
api_dispute_list(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "limit", "cursor", "organizer", "order", "event", "status", NULL };
        static const char *const statuses[] = {
                "warning", "needs_response", "under_review", "won", "lost", "accepted", "expired", NULL,
        };
        struct dispute_filter f = { .org = list_org(rq, e) };
        struct page page;
        struct page_item *items;
        struct dispute *disputes;
        size_t n;

        page_read(rq, &page, e);
        f.order = query_id(rq, "order", "ord", e);
        f.event = query_id(rq, "event", "evt", e);
        if (f.org == 0 && !uuid_is_nil(f.order))
                f.org = uuid_org(f.order);
        if (f.org == 0 && !uuid_is_nil(f.event))
                f.org = uuid_org(f.event);
        f.status = query_word(rq, "status", statuses, e);
        f.before_at = page.before_at;
        f.before_id = page.before_id;
        f.limit = page.limit + 1;
        if (!query_close(rq, known, e) || !disputes_list(rq->task, &f, &disputes, &n, e))
                return false;
        items = ARENA_ARRAY(rq->task->arena, struct page_item, n + 1);
        for (size_t i = 0; i < n; i++)
                items[i] = (struct page_item){
                        dispute_view(rq->task->arena, &disputes[i]), disputes[i].created_at, disputes[i].id,
                };
        return reply_page(rp, &page, items, n);
}
