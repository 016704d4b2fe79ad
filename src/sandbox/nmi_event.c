/*
 * nmi_event.c - the bodies of NMI's webhooks (docs.nmi.com, transaction events
 * and chargeback events; reference/protocols.md 1.7).
 *
 * A chargeback carries transaction_id and fee besides the documented members,
 * and where it is about the outcome, status: "won" or "lost".
 */
#include "base/base.h"
#include "base/arena.h"
#include "io/json_write.h"
#include "sandbox/event.h"
#include "sandbox/nmi.h"

#include <inttypes.h>

static void
put_amount(struct json_out *o, struct arena *a, const char *key, struct money m)
{
        char text[MONEY_TEXT_MAX];

        money_decimal(m, text);
        jo_text(o, key, str_fmt(a, "%s", text));
}

static void
put_number(struct json_out *o, struct arena *a, const char *key, int64_t n)
{
        jo_text(o, key, str_fmt(a, "%" PRId64, n));
}

static void
put_merchant(struct json_out *o)
{
        jo_object(o, "merchant");
        jo_z(o, "id", "1000001");
        jo_z(o, "name", "Boxoffice");
        jo_end_object(o);
        jo_object(o, "features");
        jo_bool(o, "is_test_mode", true);
        jo_end_object(o);
}

static void
put_card(struct json_out *o, struct arena *a, const struct txn *t)
{
        jo_object(o, "card");
        jo_text(o, "cc_number", nmi_cc_number(a, t));
        jo_z(o, "cc_exp", "1030");
        jo_z(o, "cavv", "");
        jo_z(o, "avs_response", "");
        jo_z(o, "csc_response", t->status == TXN_DECLINED ? "" : "M");
        jo_z(o, "entry_mode", "");
        jo_z(o, "cc_bin", "");
        jo_z(o, "cc_type", card_brand_word(t->brand));
        jo_end_object(o);
}

static void
put_action(struct json_out *o, struct arena *a, const struct txn *t)
{
        char date[NMI_TIME_MAX];

        nmi_time(t->created_ms, date);
        jo_object(o, "action");
        put_amount(o, a, "amount", t->amount);
        jo_z(o, "action_type", txn_kind_word(t->kind));
        jo_z(o, "date", date);
        jo_z(o, "success", t->code == BOOKS_CODE_APPROVED ? "1" : "0");
        jo_z(o, "ip_address", "");
        jo_z(o, "source", "api");
        jo_z(o, "api_method", "nvp");
        jo_z(o, "username", "");
        jo_z(o, "response_text", nmi_answer_text(t));
        put_number(o, a, "response_code", t->code);
        jo_z(o, "processor_response_text", "");
        jo_z(o, "processor_response_code", "");
        jo_end_object(o);
}

static void
put_merchant_fields(struct json_out *o, const struct txn *t)
{
        jo_object(o, "merchant_defined_fields");
        if (t->order.n > 0)
                jo_text(o, "1", t->order);
        if (t->house.n > 0)
                jo_text(o, "2", t->house);
        jo_end_object(o);
}

/* A capture and a void are actions of their original; a refund is a transaction of its own. */
static void
put_transaction(struct json_out *o, struct arena *a, const struct event_scene *s)
{
        const struct txn *t = s->row.kind == TXN_REFUND ? &s->row : &s->charge;
        char authcode[NMI_AUTHCODE_MAX] = "";

        if (t->status != TXN_DECLINED && t->kind != TXN_REFUND)
                nmi_authcode(t->id, authcode);
        put_number(o, a, "transaction_id", t->id);
        jo_z(o, "transaction_type", "cc");
        jo_z(o, "condition", nmi_condition(t));
        jo_z(o, "processor_id", "sandbox");
        jo_z(o, "ponumber", "");
        jo_z(o, "order_description", "");
        jo_text(o, "order_id", t->reference);
        jo_z(o, "customerid", "");
        jo_z(o, "currency", currency_code(t->amount.currency));
        put_amount(o, a, "requested_amount", s->row.amount);
        jo_z(o, "authorization_code", authcode);
        put_merchant_fields(o, t);
        put_card(o, a, t);
        put_action(o, a, &s->row);
}

static void
put_chargeback(struct json_out *o, struct arena *a, const struct event_scene *s)
{
        char date[NMI_TIME_MAX];

        nmi_time(s->dispute.created_ms, date);
        jo_object(o, "processor");
        jo_z(o, "id", "sandbox");
        jo_z(o, "name", "Sandbox");
        jo_z(o, "type", "");
        jo_end_object(o);
        jo_z(o, "count", "1");
        put_amount(o, a, "chargeback_amount", s->dispute.amount);
        jo_array(o, "chargebacks");
        jo_object(o, NULL);
        put_number(o, a, "id", s->dispute.id);
        jo_text(o, "date", str_fmt(a, "%.8s", date));
        jo_z(o, "customer_name", "");
        jo_text(o, "cc_number", nmi_cc_number(a, &s->charge));
        put_amount(o, a, "amount", s->dispute.amount);
        jo_text(o, "reason", s->dispute.data);
        put_number(o, a, "transaction_id", s->charge.id);
        put_amount(o, a, "fee", (struct money){ .minor = s->dispute.fee, .currency = s->dispute.amount.currency });
        if (s->dispute.closed_by != NULL)
                jo_z(o, "status", txn_kind_word(s->dispute.closed_by->kind));
        jo_end_object(o);
        jo_end_array(o);
}

struct str
nmi_event_body(struct arena *a, const struct event_scene *s, struct str id, const char *type)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_text(&o, "event_id", id);
        jo_z(&o, "event_type", type);
        jo_object(&o, "event_body");
        put_merchant(&o);
        if (s->row.kind >= TXN_DISPUTE)
                put_chargeback(&o, a, s);
        else
                put_transaction(&o, a, s);
        jo_end_object(&o);
        jo_end_object(&o);
        return json_out_str(&o);
}
