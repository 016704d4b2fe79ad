/* access.c - /v1/api_keys and /v1/access_tokens. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/access/access.h"
#include "domain/catalog/catalog.h"
#include "domain/guests/guest.h"
#include "domain/orders/order.h"
#include "edge/api/api.h"
#include "edge/api/catalog_show.h"
#include "io/json_write.h"
#include "io/task.h"

#define TTL_DEFAULT     3600
#define TTL_MAX         86400

static unsigned
get_scopes(struct json_reader *r)
{
        struct json *list = json_get_any(r, "scopes", OPTIONAL);
        unsigned bits = 0;

        if (list == NULL || list->kind == JSON_NULL)
                return 0;
        if (list->kind != JSON_ARRAY || list->children == 0) {
                json_complain(r, "scopes", FIELD_WRONG_TYPE, "must be a list of scopes");
                return 0;
        }
        for (struct json *c = list->child; c != NULL; c = c->next) {
                int s = 0;

                while (s < SCOPE_COUNT && (c->kind != JSON_STRING || !str_is(c->text, scope_name((enum scope)s))))
                        s++;
                if (s == SCOPE_COUNT)
                        json_complain(r, "scopes", FIELD_UNKNOWN_VALUE,
                            "catalog, orders, ledger, access or operations");
                else
                        bits |= 1U << s;
        }
        return bits;
}

struct creating {
        struct credential_ask ask;
        struct guest guest;
        bool new_guest;
};

static struct str
credential_view(struct arena *a, const struct creating *w, const struct credential *c)
{
        const struct credential_ask *ask = &w->ask;
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_id(&o, "id", ask->token ? "att" : "key", c->id);
        jo_z(&o, "object", ask->token ? "access_token" : "api_key");
        jo_z(&o, "role", role_name(ask->role));
        jo_text(&o, "name", ask->name);
        if (ask->role == ROLE_ORGANIZER)
                jo_id(&o, "organizer", "org", ask->subject);
        if (ask->role == ROLE_GUEST)
                jo_id(&o, "guest", "gst", ask->subject);
        if (!ask->token) {
                jo_array(&o, "scopes");
                for (int s = 0; s < SCOPE_COUNT; s++)
                        if (ask->scopes == 0 || ask->scopes & 1U << s)
                                jo_z(&o, NULL, scope_name((enum scope)s));
                jo_end_array(&o);
        }
        jo_text(&o, ask->token ? "token" : "key", c->secret);
        jo_text(&o, "created_at", c->created_at);
        jo_text(&o, "expires_at", c->expires_at);
        jo_end_object(&o);
        return json_out_str(&o);
}

static bool
create_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        struct creating *w = arg;
        struct credential c;

        if (w->new_guest) {
                if (!guest_create(t, tx, &w->guest, e))
                        return false;
                w->ask.subject = w->guest.id;
        }
        if (!access_create(t, tx, &w->ask, &c, e))
                return false;
        *out = (struct answer){ .status = 201, .body = credential_view(t->arena, w, &c) };
        return true;
}

static bool
create(struct request *rq, struct reply *rp, struct creating *w, struct err *e)
{
        struct answer a;

        w->ask.actor = rq->who.actor;
        w->ask.request_id = rq->task->subject.request_id;
        return idem_run(rq->task, &rq->idem, create_run, w, &a, e) && reply_answer(rp, &a);
}

bool
api_key_create(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const roles[] = { "admin", "platform", "organizer", NULL };
        struct creating w = { .new_guest = false };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        int role = json_get_word(&r, "role", REQUIRED, roles);
        bool organizer = role == 2;
        struct uuid id = json_get_id(&r, "organizer", organizer ? REQUIRED : OPTIONAL, "org");

        w.ask.name = json_get_text(&r, "name", REQUIRED, 1, 100);
        w.ask.expires_at = json_get_time(&r, "expires_at", OPTIONAL);
        w.ask.scopes = get_scopes(&r);
        if (role >= 0 && !organizer && json_has(&r, "organizer"))
                json_complain(&r, "organizer", FIELD_UNKNOWN_VALUE, "only a key of the role organizer has one");
        if (!json_reader_close(&r) || !role_parse(str_of(roles[role]), &w.ask.role))
                return false;
        if (organizer && !organizer_exists(rq, id, e))
                return false;
        w.ask.subject = organizer ? id : (struct uuid){ { 0 } };
        w.ask.org = organizer ? uuid_org(id) : 0;
        return create(rq, rp, &w, e);
}

/* Whom a token is for: exactly one of organizer, guest, order, or a new guest by e-mail and name. */
static bool
token_subject(struct request *rq, struct creating *w, struct uuid organizer, struct uuid guest, struct uuid order,
    struct err *e)
{
        struct guest g;
        struct order o;

        w->ask.role = ROLE_GUEST;
        if (!uuid_is_nil(organizer)) {
                w->ask.role = ROLE_ORGANIZER;
                w->ask.org = uuid_org(organizer);
                w->ask.subject = organizer;
                return organizer_exists(rq, organizer, e);
        }
        if (!uuid_is_nil(guest)) {
                w->ask.org = uuid_org(guest);
                w->ask.subject = guest;
                return guest_find(rq->task, w->ask.org, guest, &g, e);
        }
        if (!uuid_is_nil(order)) {
                w->ask.org = uuid_org(order);
                if (!order_find(rq->task, w->ask.org, order, &o, e))
                        return false;
                w->ask.subject = o.guest;
                return true;
        }
        w->new_guest = true;
        return true;
}

bool
api_token_create(struct request *rq, struct reply *rp, struct err *e)
{
        struct creating w = { .ask = { .token = true, .name = STR("access token") } };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        int forms = json_has(&r, "organizer") + json_has(&r, "guest") + json_has(&r, "order") +
            (json_has(&r, "email") || json_has(&r, "name"));
        struct uuid organizer = json_get_id(&r, "organizer", OPTIONAL, "org");
        struct uuid guest = json_get_id(&r, "guest", OPTIONAL, "gst");
        struct uuid order = json_get_id(&r, "order", OPTIONAL, "ord");
        enum need by_email = json_has(&r, "email") || json_has(&r, "name") ? REQUIRED : OPTIONAL;

        w.guest.email = json_get_email(&r, "email", by_email);
        w.guest.name = json_get_text(&r, "name", by_email, 1, 200);
        w.ask.ttl_seconds = json_get_int(&r, "ttl_seconds", OPTIONAL, 1, TTL_MAX, TTL_DEFAULT);
        if (forms != 1)
                json_complain(&r, forms == 0 ? "email" : "organizer", forms == 0 ? FIELD_MISSING : FIELD_UNKNOWN_VALUE,
                    "send exactly one of organizer, guest, order, or email with name");
        return json_reader_close(&r) && token_subject(rq, &w, organizer, guest, order, e) && create(rq, rp, &w, e);
}

static bool
revoke(struct request *rq, struct reply *rp, const char *prefix, bool token, struct err *e)
{
        struct json_out o = json_out_new(rq->task->arena);
        struct uuid id;

        if (!param_id(rq, 0, prefix, &id, e) || !access_revoke(rq->task, &rq->who, id, token, e))
                return false;
        jo_object(&o, NULL);
        jo_id(&o, "id", prefix, id);
        jo_z(&o, "object", token ? "access_token" : "api_key");
        jo_bool(&o, "deleted", true);
        jo_end_object(&o);
        return reply_json(rp, 200, json_out_str(&o));
}

bool
api_key_revoke(struct request *rq, struct reply *rp, struct err *e)
{
        return revoke(rq, rp, "key", false, e);
}

bool
api_token_revoke(struct request *rq, struct reply *rp, struct err *e)
{
        return revoke(rq, rp, "att", true, e);
}
