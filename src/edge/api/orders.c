/* orders.c - /v1/quotes and /v1/orders. */
#include "base/base.h"
#include "base/address.h"
#include "base/arena.h"
#include "domain/guests/guest.h"
#include "domain/orders/order_price.h"
#include "edge/api/api.h"
#include "edge/gate.h"
#include "io/json_write.h"
#include "io/task.h"

#define METADATA_MAX    50

/* Up to 50 names with text; written again in our own spelling. */
static struct str
get_metadata(struct json_reader *r)
{
        struct json *m = json_get_any(r, "metadata", OPTIONAL);
        struct json_out o = json_out_new(r->arena);

        if (m == NULL || m->kind == JSON_NULL)
                return STR_NONE;
        if (m->kind != JSON_OBJECT || m->children > METADATA_MAX) {
                json_complain(r, "metadata", m->kind == JSON_OBJECT ? FIELD_OUT_OF_RANGE : FIELD_WRONG_TYPE,
                    "must be an object of at most 50 names");
                return STR_NONE;
        }
        jo_object(&o, NULL);
        for (struct json *c = m->child; c != NULL; c = c->next) {
                if (c->kind != JSON_STRING || c->text.n > 500 || c->key.n > 40 || c->key.n == 0) {
                        json_complain(r, "metadata", FIELD_WRONG_TYPE,
                            "names of 1 to 40 bytes, each with a text of at most 500");
                        return STR_NONE;
                }
                jo_text(&o, str_z(r->arena, c->key), c->text);
        }
        jo_end_object(&o);
        return json_out_str(&o);
}

static void
get_items(struct json_reader *r, struct order_ask *ask)
{
        size_t n;
        struct json_reader *items = json_get_objects(r, "items", REQUIRED, 1, ORDER_LINES_MAX, &n);

        ask->items = ARENA_ARRAY(r->arena, struct order_item, n + 1);
        ask->items_n = n;
        for (size_t i = 0; i < n; i++) {
                ask->items[i].type = json_get_id(&items[i], "ticket_type", REQUIRED, "tkt");
                ask->items[i].quantity = json_get_int(&items[i], "quantity", REQUIRED, 1, PRICE_TICKETS_MAX, 1);
                (void)!json_reader_close(&items[i]);
        }
}

static void
get_guest(struct json_reader *r, struct order_ask *ask, enum need need)
{
        struct json_reader g = json_reader_member(r, "guest", need);
        struct json_reader c;

        ask->guest_email = json_get_email(&g, "email", REQUIRED);
        ask->guest_name = json_get_text(&g, "name", REQUIRED, 1, 200);
        ask->guest_locale = json_get_text(&g, "locale", OPTIONAL, 2, 35);
        (void)!json_reader_close(&g);
        c = json_reader_member(r, "client", OPTIONAL);
        ask->client_ip = json_get_text(&c, "ip", OPTIONAL, 2, 45);
        if (ask->client_ip.p != NULL && address_network(r->arena, ask->client_ip).p == NULL)
                json_complain(&c, "ip", FIELD_UNKNOWN_VALUE, "is no IP address");
        ask->client_agent = json_get_text(&c, "user_agent", OPTIONAL, 1, 1000);
        ask->client_device = json_get_text(&c, "device_id", OPTIONAL, 1, 200);
        (void)!json_reader_close(&c);
}

/* promo_code is one, promo_codes several in the order in which they apply. */
static void
get_codes(struct json_reader *r, struct order_ask *ask)
{
        struct str one = json_get_text(r, "promo_code", OPTIONAL, 1, 100);

        ask->promo_codes = json_get_texts(r, "promo_codes", OPTIONAL, PROMOS_MAX, 100, &ask->promo_codes_n);
        if (one.p == NULL)
                return;
        if (ask->promo_codes_n > 0)
                json_complain(r, "promo_codes", FIELD_UNKNOWN_FIELD, "send promo_code or promo_codes, not both");
        ask->promo_codes = ARENA_ARRAY(r->arena, struct str, 1);
        ask->promo_codes[0] = one;
        ask->promo_codes_n = 1;
}

static bool
order_ask_read(struct request *rq, struct order_ask *ask, enum need guest, struct err *e)
{
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);

        *ask = (struct order_ask){ .idem = rq->idem, .actor = rq->who.actor };
        ask->event = json_get_id(&r, "event", REQUIRED, "evt");
        ask->org = uuid_org(ask->event);
        get_items(&r, ask);
        get_guest(&r, ask, guest);
        get_codes(&r, ask);
        ask->access_code = json_get_text(&r, "access_code", OPTIONAL, 1, 100);
        ask->payment_token = json_get_text(&r, "payment_token", OPTIONAL, 1, 200);
        ask->age_confirmed = json_get_bool(&r, "age_confirmed", OPTIONAL, false);
        ask->metadata = get_metadata(&r);
        if (rq->who.role == ROLE_GUEST)
                ask->person = rq->who.subject;
        return json_reader_close(&r);
}

/*
 * A guest's token need not name the guest: what it was made for is known. And
 * limits of codes are asked and counted for that guest, whoever is named: else
 * a quote would tell who has bought, and another address be another use.
 */
static bool
guest_of_token(struct request *rq, struct order_ask *ask, struct err *e)
{
        struct guest g;

        if (rq->who.role != ROLE_GUEST || (ask->guest_email.p != NULL && !order_names_codes(ask)))
                return true;
        if (!guest_find(rq->task, rq->who.org, rq->who.subject, &g, e))
                return false;
        ask->person_email = g.email;
        if (ask->guest_email.p != NULL)
                return true;
        ask->guest_email = g.email;
        ask->guest_name = g.name;
        return true;
}

bool
api_quote_create(struct request *rq, struct reply *rp, struct err *e)
{
        struct order_ask ask;
        struct answer a;
        size_t misses = 0;
        bool ok;

        if (!order_ask_read(rq, &ask, OPTIONAL, e) || !org_visible(rq, ask.org, e) ||
            (order_names_codes(&ask) && !guest_of_token(rq, &ask, e)))
                return false;
        ratelimit_guesser(rq, &ask);
        ok = order_quote(rq->task, &ask, rq->who.role == ROLE_GUEST, &a, &misses, e);
        ratelimit_guessed(rq, &ask, misses);
        return ok && reply_answer(rp, &a);
}

bool
api_order_create(struct request *rq, struct reply *rp, struct err *e)
{
        struct order_ask ask;
        struct answer a;
        size_t misses = 0;
        bool ok;

        if (!order_ask_read(rq, &ask, rq->who.role == ROLE_GUEST ? OPTIONAL : REQUIRED, e) ||
            !guest_of_token(rq, &ask, e))
                return false;
        ratelimit_guesser(rq, &ask);
        ok = order_place(rq->task, &ask, &a, &misses, e);
        ratelimit_guessed(rq, &ask, misses);
        return ok && reply_answer(rp, &a);
}

/* {order}, seen by the organizer it belongs to, by its own guest, or by the platform. */
static bool
param_order(struct request *rq, struct order *o, struct err *e)
{
        struct uuid id;

        if (!param_id(rq, 0, "ord", &id, e) || !org_visible(rq, uuid_org(id), e) ||
            !order_find(rq->task, uuid_org(id), id, o, e))
                return false;
        if (rq->who.role == ROLE_GUEST && !uuid_eq(o->guest, rq->who.subject) && !uuid_eq(o->person, rq->who.subject))
                return err_set(e, ERR_NOT_FOUND, "there is no such order");
        return true;
}

static struct str
view(const struct request *rq, const struct order *o)
{
        return order_view(rq->task->arena, o, rq->who.role == ROLE_GUEST, rq->who.token);
}

bool
api_order_get(struct request *rq, struct reply *rp, struct err *e)
{
        struct order o;

        return param_order(rq, &o, e) && reply_json(rp, 200, view(rq, &o));
}

bool
api_order_pay(struct request *rq, struct reply *rp, struct err *e)
{
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        struct order_pay_ask ask = { .idem = rq->idem, .actor = rq->who.actor };
        struct order o;
        struct answer a;

        ask.payment_token = json_get_text(&r, "payment_token", REQUIRED, 1, 200);
        if (!json_reader_close(&r) || !param_order(rq, &o, e))
                return false;
        ask.org = o.org;
        ask.order = o.id;
        return order_pay(rq->task, &ask, &a, e) && reply_answer(rp, &a);
}

bool
api_order_cancel(struct request *rq, struct reply *rp, struct err *e)
{
        struct order_cancel_ask ask = {
                .idem = rq->idem, .actor = rq->who.actor, .guest = rq->who.role == ROLE_GUEST,
        };
        struct order o;
        struct answer a;

        if (!param_order(rq, &o, e))
                return false;
        ask.org = o.org;
        ask.order = o.id;
        return order_cancel(rq->task, &ask, &a, e) && reply_answer(rp, &a);
}

bool
api_order_list(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "limit", "cursor", "event", "status", "guest", "organizer", NULL };
        static const char *const statuses[] = {
                "held", "processing", "paid", "partially_refunded", "refunded", "expired", "cancelled", NULL,
        };
        struct order_filter f = { .org = list_org(rq, e) };
        struct page page;
        struct page_item *items;
        struct order *orders;
        size_t n;

        page_read(rq, &page, e);
        f.event = query_id(rq, "event", "evt", e);
        f.guest = query_id(rq, "guest", "gst", e);
        /* An id names its organizer: the platform's own question need not go to all of them. */
        if (f.org == 0 && !uuid_is_nil(f.event))
                f.org = uuid_org(f.event);
        if (f.org == 0 && !uuid_is_nil(f.guest))
                f.org = uuid_org(f.guest);
        f.status = query_word(rq, "status", statuses, e);
        f.before_at = page.before_at;
        f.before_id = page.before_id;
        f.limit = page.limit + 1;
        if (rq->who.role == ROLE_GUEST)
                f.person = rq->who.subject;
        if (!query_close(rq, known, e) || !orders_list(rq->task, &f, &orders, &n, e))
                return false;
        items = ARENA_ARRAY(rq->task->arena, struct page_item, n + 1);
        for (size_t i = 0; i < n; i++)
                items[i] = (struct page_item){ view(rq, &orders[i]), orders[i].created_at, orders[i].id };
        return reply_page(rp, &page, items, n);
}
