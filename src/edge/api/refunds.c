/* refunds.c - /v1/orders/{order}/refunds and /v1/refunds. */
#include "base/base.h"
#include "base/arena.h"
#include "base/money.h"
#include "domain/refunds/refund.h"
#include "edge/api/api.h"
#include "io/task.h"

#define TICKETS_MAX 1000

static void
get_tickets(struct json_reader *r, struct refund_ask *ask)
{
        size_t n;
        struct str *texts = json_get_texts(r, "tickets", OPTIONAL, TICKETS_MAX, ID_TEXT_MAX, &n);
        struct uuid *ids = ARENA_ARRAY(r->arena, struct uuid, n + 1);

        for (size_t i = 0; i < n; i++) {
                if (texts[i].n > 0 && !typeid_parse("tix", texts[i], &ids[i]))
                        (void)err_field(r->e, str_fmt(r->arena, "/tickets/%zu", i).p, FIELD_WRONG_TYPE,
                            "must be the id of a ticket (tix_...)");
        }
        if (json_has(r, "tickets") && n == 0)
                json_complain(r, "tickets", FIELD_OUT_OF_RANGE,
                    "must name a ticket; leave it out for all that is left");
        ask->tickets = ids;
        ask->tickets_n = n;
}

static bool
ask_read(struct request *rq, struct refund_ask *ask, struct err *e)
{
        static const char *const known[] = { "preview", NULL };
        static const char *const flags[] = { "true", "false", NULL };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);

        *ask = (struct refund_ask){ .idem = rq->idem, .actor = rq->who.actor };
        if (rq->who.role == ROLE_GUEST)
                ask->guest = rq->who.subject;
        if (json_has(&r, "amount"))
                ask->amount = json_get_int(&r, "amount", OPTIONAL, 1, AMOUNT_MAX, 0);
        get_tickets(&r, ask);
        if (json_has(&r, "amount") && ask->tickets_n > 0)
                json_complain(&r, "tickets", FIELD_UNKNOWN_FIELD, "send amount or tickets, not both");
        ask->reason = json_get_text(&r, "reason", OPTIONAL, 1, 500);
        ask->preview = str_is(query_word(rq, "preview", flags, e), "true");
        return json_reader_close(&r) && query_close(rq, known, e);
}

bool
api_refund_create(struct request *rq, struct reply *rp, struct err *e)
{
        struct refund_ask ask;
        struct answer a;

        if (!ask_read(rq, &ask, e) || !param_id(rq, 0, "ord", &ask.order, e) ||
            !org_visible(rq, uuid_org(ask.order), e))
                return false;
        ask.org = uuid_org(ask.order);
        return refund_make(rq->task, &ask, &a, e) && reply_answer(rp, &a);
}

bool
api_refund_get(struct request *rq, struct reply *rp, struct err *e)
{
        bool guest = rq->who.role == ROLE_GUEST;
        struct refund r;
        struct uuid id;

        if (!param_id(rq, 0, "ref", &id, e) || !org_visible(rq, uuid_org(id), e) ||
            !refund_find(rq->task, uuid_org(id), id, &r, e))
                return false;
        if (guest && !uuid_eq(r.guest, rq->who.subject) && !uuid_eq(r.person, rq->who.subject))
                return err_set(e, ERR_NOT_FOUND, "there is no such refund");
        return reply_json(rp, 200, refund_view(rq->task->arena, &r, guest));
}

bool
api_refund_list(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "limit", "cursor", "organizer", "order", "status", NULL };
        static const char *const statuses[] = { "pending", "succeeded", "failed", NULL };
        struct refund_filter f = { .org = list_org(rq, e) };
        struct page page;
        struct page_item *items;
        struct refund *refunds;
        size_t n;

        page_read(rq, &page, e);
        f.order = query_id(rq, "order", "ord", e);
        if (f.org == 0 && !uuid_is_nil(f.order))
                f.org = uuid_org(f.order);
        f.status = query_word(rq, "status", statuses, e);
        f.before_at = page.before_at;
        f.before_id = page.before_id;
        f.limit = page.limit + 1;
        if (rq->who.role == ROLE_GUEST)
                f.guest = rq->who.subject;
        if (!query_close(rq, known, e) || !refunds_list(rq->task, &f, &refunds, &n, e))
                return false;
        items = ARENA_ARRAY(rq->task->arena, struct page_item, n + 1);
        for (size_t i = 0; i < n; i++)
                items[i] = (struct page_item){
                        refund_view(rq->task->arena, &refunds[i], rq->who.role == ROLE_GUEST), refunds[i].created_at,
                        refunds[i].id,
                };
        return reply_page(rp, &page, items, n);
}
