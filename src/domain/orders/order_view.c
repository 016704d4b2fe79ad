/* order_view.c - an order and a quote as JSON. Here and not at the edge: the jobs daemon writes stored answers too. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/orders/order_price.h"
#include "io/json_write.h"

/* What the API calls an attempt's state: until the outcome is known it is processing. */
static const char *
payment_status(struct str state)
{
        static const struct {
                const char *state, *status;
        } words[] = {
                { "sending", "processing" }, { "unknown", "processing" }, { "late_approved", "processing" },
                { "succeeded", "succeeded" }, { "declined", "declined" }, { "not_sent", "failed" },
                { "not_found_final", "failed" }, { "voided", "voided" },
        };

        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                if (str_is(state, words[i].state))
                        return words[i].status;
        return "processing";
}

static struct str
or_null(struct str s)
{
        return s.n == 0 ? STR_NONE : s;
}

static void
put_line(struct json_out *o, const struct order_line *l)
{
        jo_object(o, NULL);
        jo_id(o, "ticket_type", "tkt", l->type);
        jo_int(o, "quantity", l->quantity);
        jo_int(o, "unit_price", l->unit_price);
        jo_int(o, "list", l->list);
        jo_int(o, "discount", l->discount);
        jo_int(o, "net", l->net);
        jo_int(o, "fee", l->fee);
        jo_int(o, "tax", l->tax);
        jo_int(o, "total", l->total);
        jo_end_object(o);
}

static void
put_payment(struct json_out *o, const struct order_payment *p, bool browser)
{
        jo_object(o, NULL);
        jo_id(o, "id", "pay", p->id);
        jo_z(o, "status", payment_status(p->state));
        jo_text(o, "decline_code", p->decline_code.n > 0 &&
            browser ? STR("generic_decline") : or_null(p->decline_code));
        if (p->card_last4.n == 0 && p->card_brand.n == 0) {
                jo_null(o, "card");
        } else {
                jo_object(o, "card");
                jo_text(o, "brand", or_null(p->card_brand));
                jo_text(o, "last4", or_null(p->card_last4));
                jo_end_object(o);
        }
        jo_end_object(o);
}

static void
put_ticket(struct json_out *o, const struct order_ticket *t)
{
        jo_object(o, NULL);
        jo_id(o, "id", "tix", t->id);
        jo_id(o, "ticket_type", "tkt", t->type);
        jo_text(o, "code", t->code);
        jo_text(o, "status", t->status);
        jo_end_object(o);
}

static void
put_amounts(struct json_out *j, const struct order *o, bool guest)
{
        jo_object(j, "amounts");
        jo_int(j, "list", o->list);
        jo_int(j, "discount", o->discount);
        jo_int(j, "net", o->net);
        jo_int(j, "guest_fee", o->guest_fee);
        jo_int(j, "tax", o->tax);
        jo_int(j, "total", o->total);
        jo_int(j, "refunded", o->refunded);
        jo_int(j, "disputed", o->disputed);
        if (!guest) {
                jo_int(j, "absorbed_fee", o->absorbed_fee);
                jo_int(j, "share", o->share);
                jo_int(j, "reserve", o->reserve);
        }
        jo_end_object(j);
}

static void
put_codes(struct json_out *j, const struct order *o)
{
        jo_text(j, "promo_code", o->promo_code);
        jo_array(j, "promos");
        for (size_t i = 0; i < o->promos_n; i++) {
                jo_object(j, NULL);
                jo_text(j, "code", o->promos[i].code);
                jo_int(j, "discount", o->promos[i].discount);
                jo_end_object(j);
        }
        jo_end_array(j);
        jo_text(j, "access_code", o->access_code);
}

struct str
order_view(struct arena *a, const struct order *o, bool guest, bool browser)
{
        struct json_out j = json_out_new(a);

        jo_object(&j, NULL);
        jo_id(&j, "id", "ord", o->id);
        jo_z(&j, "object", "order");
        jo_text(&j, "status", o->status);
        jo_id(&j, "event", "evt", o->event);
        jo_id(&j, "organizer", "org", o->organizer);
        jo_object(&j, "guest");
        jo_id(&j, "id", "gst", o->guest);
        jo_text(&j, "email", o->guest_email);
        jo_text(&j, "name", o->guest_name);
        jo_end_object(&j);
        jo_array(&j, "items");
        for (size_t i = 0; i < o->lines_n; i++)
                put_line(&j, &o->lines[i]);
        jo_end_array(&j);
        put_amounts(&j, o, guest);
        jo_text(&j, "currency", o->currency);
        put_codes(&j, o);
        jo_text(&j, "expires_at", o->expires_at);
        jo_array(&j, "payments");
        for (size_t i = 0; i < o->payments_n; i++)
                put_payment(&j, &o->payments[i], browser);
        jo_end_array(&j);
        jo_array(&j, "tickets");
        for (size_t i = 0; i < o->tickets_n; i++)
                put_ticket(&j, &o->tickets[i]);
        jo_end_array(&j);
        jo_raw(&j, "metadata", o->metadata.p == NULL ? STR("{}") : o->metadata);
        jo_text(&j, "created_at", o->created_at);
        jo_end_object(&j);
        return json_out_str(&j);
}

static void
put_quote_line(struct json_out *j, struct uuid type, const struct price_line *l)
{
        struct order_line line = { type, l->quantity, l->unit_price, l->list, l->discount, l->net, l->fee, l->tax,
            l->total };

        put_line(j, &line);
}

static void
put_promo(struct json_out *j, const char *name, const struct order_code *c)
{
        jo_object(j, name);
        jo_text(j, "code", c->asked);
        jo_bool(j, "applied", c->refused == ERR_NONE);
        jo_z(j, "reason", c->refused == ERR_NONE ? NULL : err_info(c->refused)->code);
        if (name == NULL) {
                jo_text(j, "detail", c->why);
                jo_int(j, "discount", c->part.discount);
        }
        jo_end_object(j);
}

/* It applies where it opened something; one that may be used and was not needed says so. */
static void
put_access(struct json_out *j, const struct order_codes *c)
{
        enum err_code refused = c->opened ? ERR_NONE : ERR_PROMO_NOT_APPLICABLE;
        struct str why = c->opened ? STR_NONE : STR("the code opens none of these ticket types");

        if (c->access == NULL) {
                jo_null(j, "access");
                return;
        }
        if (c->access->refused != ERR_NONE) {
                refused = c->access->refused;
                why = c->access->why;
        }
        jo_object(j, "access");
        jo_text(j, "code", c->access->asked);
        jo_bool(j, "applied", refused == ERR_NONE);
        jo_z(j, "reason", refused == ERR_NONE ? NULL : err_info(refused)->code);
        jo_text(j, "detail", why);
        jo_end_object(j);
}

/* promo is the first code in short, promos all of them. */
static void
put_promos(struct json_out *j, const struct order_codes *c)
{
        if (c->n == 0)
                jo_null(j, "promo");
        else
                put_promo(j, "promo", &c->code[0]);
        jo_array(j, "promos");
        for (size_t i = 0; i < c->n; i++)
                put_promo(j, NULL, &c->code[i]);
        jo_end_array(j);
        put_access(j, c);
}

struct str
quote_view(struct arena *a, const struct order_ask *ask, const struct quote *q, bool guest)
{
        const struct price *p = &q->price;
        struct order amounts = {
                .list = p->list, .discount = p->discount, .net = p->net, .guest_fee = p->guest_fee, .tax = p->tax,
                .total = p->total, .absorbed_fee = p->absorbed_fee, .share = p->share, .reserve = p->reserve,
        };
        struct json_out j = json_out_new(a);

        jo_object(&j, NULL);
        jo_id(&j, "id", "qte", uuid_new(ask->org));
        jo_z(&j, "object", "quote");
        jo_id(&j, "event", "evt", ask->event);
        jo_array(&j, "items");
        for (size_t i = 0; i < p->lines; i++)
                put_quote_line(&j, ask->items[i].type, &p->line[i]);
        jo_end_array(&j);
        put_amounts(&j, &amounts, guest);
        jo_text(&j, "currency", q->currency);
        put_promos(&j, &q->codes);
        jo_text(&j, "created_at", q->created_at);
        jo_end_object(&j);
        return json_out_str(&j);
}
