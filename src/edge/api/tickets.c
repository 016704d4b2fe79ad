/* tickets.c - /v1/tickets: what stands on them, and the door. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/tickets/ticket.h"
#include "domain/tickets/ticket_code.h"
#include "edge/api/api.h"
#include "io/qr.h"
#include "io/task.h"

#define QR_SIZE 320

/* nginx sends what is here to pool api, whose workers have them. */
static bool
keys_here(const struct request *rq, struct err *e)
{
        if (rq->task->ticket_keys == NULL)
                return err_set(e, ERR_UNAVAILABLE, "this worker does not have the keys of tickets");
        return true;
}

static bool
scan_read(struct request *rq, struct scan_ask *ask, struct err *e)
{
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);

        *ask = (struct scan_ask){
                .org = rq->who.role == ROLE_ORGANIZER ? rq->who.org : 0, .idem = rq->idem, .actor = rq->who.actor,
        };
        ask->code = json_get_text(&r, "code", REQUIRED, 1, TICKET_CODE_TEXT_MAX);
        ask->event = json_get_id(&r, "event", OPTIONAL, "evt");
        ask->gate = json_get_text(&r, "gate", OPTIONAL, 1, 100);
        ask->device = json_get_text(&r, "device", OPTIONAL, 1, 100);
        return json_reader_close(&r);
}

bool
api_ticket_scan(struct request *rq, struct reply *rp, struct err *e)
{
        struct scan_ask ask;
        struct answer a;

        if (!keys_here(rq, e) || !scan_read(rq, &ask, e))
                return false;
        if (!uuid_is_nil(ask.event) && !org_visible(rq, uuid_org(ask.event), e))
                return false;
        return ticket_scan(rq->task, &ask, &a, e) && reply_answer(rp, &a);
}

static bool
qr_reply(struct request *rq, struct reply *rp, struct str format, int size, struct str code)
{
        struct arena *a = rq->task->arena;

        if (format.p == NULL && request_wants(rq, "image/png", "image/svg+xml"))
                format = STR("png");
        else if (format.p == NULL && request_wants(rq, "text/plain", "image/svg+xml"))
                format = STR("text");
        reply_field(rp, "Vary", STR("Accept"));
        if (str_is(format, "png"))
                return reply_as(rp, TYPE_PNG, qr_png(a, code, size));
        if (str_is(format, "text"))
                return reply_as(rp, TYPE_TEXT, code);
        return reply_as(rp, TYPE_SVG, qr_svg(a, code, size));
}

bool
api_ticket_qr(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "format", "size", NULL };
        static const char *const formats[] = { "svg", "png", "text", NULL };
        struct str format = query_word(rq, "format", formats, e), code;
        int size = (int)query_int(rq, "size", QR_SIZE_MIN, QR_SIZE_MAX, QR_SIZE, e);
        struct ticket k;
        struct uuid id;

        if (!query_close(rq, known, e) || !keys_here(rq, e) || !param_id(rq, 0, "tix", &id, e) ||
            !org_visible(rq, uuid_org(id), e) || !ticket_find(rq->task, uuid_org(id), id, &k, e))
                return false;
        if (rq->who.role == ROLE_GUEST && !uuid_eq(k.guest, rq->who.subject) && !uuid_eq(k.person, rq->who.subject))
                return err_set(e, ERR_NOT_FOUND, "there is no such ticket");
        return ticket_show(rq->task, &k, &code, e) && qr_reply(rq, rp, format, size, code);
}

bool
api_ticket_keys(struct request *rq, struct reply *rp, struct err *e)
{
        return keys_here(rq, e) && reply_json(rp, 200, ticket_keys_view(rq->task));
}
