/* organizers.c - /v1/organizers. */
#include "base/base.h"
#include "base/arena.h"
#include "base/money.h"
#include "base/secret.h"
#include "domain/catalog/catalog.h"
#include "domain/risk/risk.h"
#include "edge/api/api.h"
#include "edge/api/catalog_show.h"
#include "io/task.h"
#include "outside/gateway.h"

/* A number that nobody can guess; the ids of the organizer's objects carry it. A taken one is refused by its key. */
static int32_t
org_number_new(void)
{
        uint32_t n;

        do
                random_bytes(&n, sizeof n);
        while ((n &= 0x7fffffff) == 0);
        return (int32_t)n;
}

/* Nobody's charges may go to a gateway that this installation can't talk to, nor by default. */
static void
gateway_check(const struct request *rq, struct json_reader *r, bool whole)
{
        const struct json *gateway = json_member(rq->json, "gateway");

        if (gateway == NULL && whole && !gateway_usable(rq->task->conf, STR("nmi")))
                json_complain(r, "gateway", FIELD_MISSING,
                    "name it: this installation has no credentials for nmi, the default");
        if (gateway != NULL && gateway->kind == JSON_STRING && gateway_known(gateway->text) &&
            !gateway_usable(rq->task->conf, gateway->text))
                json_complain(r, "gateway", FIELD_UNKNOWN_VALUE, "this installation has no credentials for it");
}

bool
api_organizer_create(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_change c = { .object = CATALOG_ORGANIZER, .org = org_number_new(), .actor = rq->who.actor };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);

        catalog_read(&r, CATALOG_ORGANIZER, true, uuid_new(c.org), &c.doc);
        gateway_check(rq, &r, true);
        return json_reader_close(&r) && catalog_show_created(rq, rp, &c, e);
}

bool
api_organizer_get(struct request *rq, struct reply *rp, struct err *e)
{
        struct uuid id;
        struct catalog_item item;

        return catalog_param_org(rq, &id, e) &&
            catalog_find(rq->task, CATALOG_ORGANIZER, uuid_org(id), id, id, &item, e) && catalog_is(&item, id, e) &&
            catalog_show(rp, 200, &item);
}

bool
api_organizer_list(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "limit", "cursor", NULL };
        struct catalog_filter f = { .object = CATALOG_ORGANIZER };

        return catalog_show_list(rq, rp, &f, known, e);
}

bool
api_organizer_update(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_change c = { .object = CATALOG_ORGANIZER, .actor = rq->who.actor };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        struct catalog_item item;

        catalog_read(&r, CATALOG_ORGANIZER, false, (struct uuid){ { 0 } }, &c.doc);
        gateway_check(rq, &r, false);
        if (!json_reader_close(&r) || !catalog_param_org(rq, &c.id, e) || !if_match_version(rq, &c.if_version, e))
                return false;
        c.org = uuid_org(c.id);
        return catalog_find(rq->task, CATALOG_ORGANIZER, c.org, c.id, c.id, &item, e) && catalog_is(&item, c.id, e) &&
            catalog_update(rq->task, &c, &item, e) && catalog_show(rp, 200, &item);
}

bool
api_organizer_risk(struct request *rq, struct reply *rp, struct err *e)
{
        struct uuid id;
        struct catalog_item item;
        struct str view;

        return catalog_param_org(rq, &id, e) &&
            catalog_find(rq->task, CATALOG_ORGANIZER, uuid_org(id), id, id, &item, e) && catalog_is(&item, id, e) &&
            risk_show(rq->task, uuid_org(id), id, &view, e) && reply_json(rp, 200, view);
}

struct verifying {
        int32_t org;
        struct uuid id;
        struct verification v;
        const char *actor;
        int64_t version;
};

static bool
verify_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        struct verifying *w = arg;
        struct catalog_item item;

        if (!organizer_verify(t, tx, w->org, &w->v, w->actor, &item, e) || !catalog_is(&item, w->id, e))
                return false;
        w->version = item.version;
        *out = (struct answer){ .status = 200, .body = item.view };
        return true;
}

static struct str
get_date(struct json_reader *r, const char *key)
{
        struct str s = json_get_text(r, key, OPTIONAL, 10, 10);
        struct str as_time = str_fmt(r->arena, "%.*sT00:00:00Z", STR_ARG(s));

        if (s.p != NULL && !text_is_time(as_time))
                json_complain(r, key, FIELD_OUT_OF_RANGE, "must be a date: 2027-12-31");
        return s;
}

bool
api_organizer_verify(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const words[] = { "verified", "rejected", "pending", NULL };
        struct verifying w = { .actor = rq->who.actor };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        int word = json_get_word(&r, "status", REQUIRED, words);
        struct answer a;

        w.v.status = word < 0 ? STR_NONE : str_of(words[word]);
        w.v.licence_number = json_get_text(&r, "licence_number", OPTIONAL, 1, 100);
        w.v.licence_expires_on = get_date(&r, "licence_expires_on");
        w.v.reason = json_get_text(&r, "reason", OPTIONAL, 1, 500);
        if (!json_reader_close(&r) || !catalog_param_org(rq, &w.id, e))
                return false;
        w.org = uuid_org(w.id);
        if (!idem_run(rq->task, &rq->idem, verify_run, &w, &a, e))
                return false;
        if (!a.replayed)
                reply_etag(rp, w.version);
        return reply_answer(rp, &a);
}
