/* promos.c - /v1/promo_codes. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/catalog/catalog.h"
#include "domain/promos/promo.h"
#include "domain/promos/promo_code.h"
#include "edge/api/api.h"
#include "edge/api/catalog_show.h"
#include "io/task.h"

/* An organizer's own credential can't give away the platform's money. */
static struct catalog_change
change_of(const struct request *rq)
{
        return (struct catalog_change){
                .object = CATALOG_PROMO,
                .actor = rq->who.actor,
                .may_fund = rq->who.role != ROLE_ORGANIZER,
        };
}

bool
api_promo_create(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_change c = change_of(rq);
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        struct uuid organizer = catalog_get_organizer(rq, &r);

        c.org = uuid_org(organizer);
        if (!json_has(&r, "discount") && !json_has(&r, "opens_ticket_types"))
                json_complain(&r, "discount", FIELD_MISSING, "is required of a code that opens no ticket types");
        catalog_read(&r, CATALOG_PROMO, true, uuid_new(c.org), &c.doc);
        return json_reader_close(&r) && org_visible(rq, c.org, e) && organizer_exists(rq, organizer, e) &&
            catalog_show_created(rq, rp, &c, e);
}

static bool
param_promo(const struct request *rq, struct uuid *out, struct err *e)
{
        return param_id(rq, 0, "pro", out, e) && org_visible(rq, uuid_org(*out), e);
}

bool
api_promo_get(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_item item;
        struct uuid id;

        return param_promo(rq, &id, e) && catalog_find(rq->task, CATALOG_PROMO, uuid_org(id), id, id, &item, e) &&
            catalog_show(rp, 200, &item);
}

/* A batch names its organizer, as every id does: with another one's it is empty. */
bool
api_promo_list(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "limit", "cursor", "organizer", "code", "active", "batch", NULL };
        static const char *const words[] = { "true", "false", NULL };
        struct catalog_filter f = { .object = CATALOG_PROMO };

        f.org = list_org(rq, e);
        f.code = query_text(rq, "code");
        if (f.code.p != NULL && (f.code.n == 0 || f.code.n > PROMO_CODE_MAX))
                (void)err_field(e, "?code", FIELD_OUT_OF_RANGE, "must be 1 to 40 characters");
        f.active = query_word(rq, "active", words, e);
        f.batch = query_id(rq, "batch", "bat", e);
        if (f.org == 0 && !uuid_is_nil(f.batch))
                f.org = uuid_org(f.batch);
        return catalog_show_list(rq, rp, &f, known, e);
}

bool
api_promo_update(struct request *rq, struct reply *rp, struct err *e)
{
        struct catalog_change c = change_of(rq);
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        struct catalog_item item;

        catalog_read(&r, CATALOG_PROMO, false, (struct uuid){ { 0 } }, &c.doc);
        if (!json_reader_close(&r) || !param_promo(rq, &c.id, e) || !if_match_version(rq, &c.if_version, e))
                return false;
        c.org = uuid_org(c.id);
        return catalog_update(rq->task, &c, &item, e) && catalog_show(rp, 200, &item);
}

bool
api_promo_usage(struct request *rq, struct reply *rp, struct err *e)
{
        struct str view;
        struct uuid id;

        return param_promo(rq, &id, e) && promo_usage_view(rq->task, uuid_org(id), id, &view, e) &&
            reply_json(rp, 200, view);
}
