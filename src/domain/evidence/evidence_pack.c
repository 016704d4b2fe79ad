/*
 * evidence_pack.c - the pack: what the system knows of a disputed purchase, a
 * section for each thing. What has no source is not there.
 */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "domain/evidence/evidence_inner.h"
#include "domain/orders/order.h"
#include "io/json_read.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/evidence/evidence.sql.def"

#define EARLIER_MAX     10

/* --- sections ---------------------------------------------------------- */

/* Members of an object by their columns of the row of facts; those without a value are left out. */
static void
put_columns(struct json_out *o, const struct rows *r, const char *const (*columns)[2])
{
        for (; (*columns)[0] != NULL; columns++) {
                struct str value = row_text(r, 0, (*columns)[1]);

                if (value.n > 0)
                        jo_text(o, (*columns)[0], value);
        }
}

static void
put_charge(struct json_out *o, struct arena *a, const struct dispute *d, const struct rows *r)
{
        static const char *const columns[][2] = {
                { "reference", "reference" }, { "transaction", "transaction" }, { NULL, NULL },
        };

        jo_object(o, "charge");
        jo_id(o, "id", "pay", d->capture);
        put_columns(o, r, columns);
        jo_int(o, "amount", row_i64(r, 0, "charged"));
        jo_text(o, "currency", d->currency);
        jo_text(o, "charged_at", row_time(r, a, 0, "charged_at"));
        if (row_text(r, 0, "card_last4").n > 0) {
                jo_object(o, "card");
                jo_text(o, "brand", row_text(r, 0, "card_brand"));
                jo_text(o, "last4", row_text(r, 0, "card_last4"));
                jo_end_object(o);
        }
        jo_end_object(o);
}

static void
put_event(struct json_out *o, struct arena *a, const struct rows *r)
{
        static const char *const event[][2] = {
                { "name", "event_name" }, { "venue", "venue_name" }, { "address", "venue_address" },
                { "time_zone", "event_time_zone" }, { "organizer", "organizer_name" },
                { "organizer_email", "organizer_email" }, { NULL, NULL },
        };

        jo_object(o, "event");
        put_columns(o, r, event);
        jo_text(o, "starts_at", row_time(r, a, 0, "starts_at"));
        jo_text(o, "ends_at", row_time(r, a, 0, "ends_at"));
        jo_end_object(o);
}

static void
put_purchase(struct json_out *o, struct arena *a, const struct rows *r)
{
        static const char *const client[][2] = {
                { "ip", "client_ip" }, { "user_agent", "client_agent" }, { "device_id", "client_device" },
                { "locale", "locale" }, { NULL, NULL },
        };

        jo_object(o, "purchase");
        jo_text(o, "ordered_at", row_time(r, a, 0, "ordered_at"));
        jo_text(o, "paid_at", row_time(r, a, 0, "paid_at"));
        put_columns(o, r, client);
        jo_end_object(o);
}

/* The terms and the refund policy as they were when the order was made. */
static void
put_terms(struct json_out *o, struct arena *a, const struct rows *r, struct str disclosure)
{
        struct err ignored = { .code = ERR_NONE };
        const struct json *hours, *fees;
        struct json *policy;

        if (row_text(r, 0, "terms").n > 0) {
                jo_object(o, "terms");
                jo_text(o, "sha256", evidence_sha256(a, row_text(r, 0, "terms")));
                jo_text(o, "since", row_time(r, a, 0, "terms_since"));
                jo_text(o, "body", row_text(r, 0, "terms"));
                jo_end_object(o);
        }
        if (disclosure.p == NULL || !json_parse(a, row_text(r, 0, "policy"), &policy, &ignored))
                return;
        hours = json_member(policy, "refund_until_hours");
        fees = json_member(policy, "refund_fees");
        jo_object(o, "refund_policy");
        jo_bool(o, "refund_fees", fees != NULL && fees->boolean);
        if (hours != NULL)
                jo_raw(o, "until_hours_before_event", hours->text);
        jo_text(o, "disclosure", disclosure);
        jo_end_object(o);
}

static void
put_tickets(struct json_out *o, struct arena *a, const struct rows *r)
{
        jo_array(o, "tickets");
        for (int i = 0; i < r->n; i++) {
                struct str used = row_time(r, a, i, "used_at");

                jo_object(o, NULL);
                jo_id(o, "id", "tix", row_uuid(r, i, "id"));
                jo_text(o, "type", row_text(r, i, "type_name"));
                jo_text(o, "status", row_text(r, i, "status"));
                jo_text(o, "issued_at", row_time(r, a, i, "issued_at"));
                if (used.p != NULL)
                        jo_text(o, "used_at", used);
                jo_end_object(o);
        }
        jo_end_array(o);
}

/* Those too that let nobody in: somebody stood there with the ticket. */
static void
put_scans(struct json_out *o, struct arena *a, const struct rows *r)
{
        if (r->n == 0)
                return;
        jo_array(o, "scans");
        for (int i = 0; i < r->n; i++) {
                jo_object(o, NULL);
                jo_id(o, "id", "scn", row_uuid(r, i, "id"));
                jo_id(o, "ticket", "tix", row_uuid(r, i, "ticket_id"));
                jo_text(o, "status", row_text(r, i, "status"));
                jo_text(o, "gate", row_text(r, i, "gate"));
                jo_text(o, "device", row_text(r, i, "device"));
                jo_bool(o, "signed", row_bool(r, i, "signed"));
                jo_text(o, "created_at", row_time(r, a, i, "scanned_at"));
                jo_end_object(o);
        }
        jo_end_array(o);
}

static void
put_refunds(struct json_out *o, struct arena *a, const struct rows *r)
{
        if (r->n == 0)
                return;
        jo_array(o, "refunds");
        for (int i = 0; i < r->n; i++) {
                jo_object(o, NULL);
                jo_id(o, "id", "ref", row_uuid(r, i, "id"));
                jo_text(o, "status", row_text(r, i, "status"));
                jo_int(o, "amount", row_i64(r, i, "amount"));
                jo_text(o, "reason", row_text(r, i, "reason"));
                jo_text(o, "created_at", row_time(r, a, i, "created_at"));
                jo_text(o, "ended_at", row_time(r, a, i, "ended_at"));
                jo_end_object(o);
        }
        jo_end_array(o);
}

static void
put_earlier(struct json_out *o, struct arena *a, const struct rows *r)
{
        if (r->n == 0)
                return;
        jo_array(o, "earlier_orders");
        for (int i = 0; i < r->n; i++) {
                jo_object(o, NULL);
                jo_id(o, "id", "ord", row_uuid(r, i, "id"));
                jo_text(o, "event", row_text(r, i, "event_name"));
                jo_int(o, "amount", row_i64(r, i, "amount"));
                jo_text(o, "currency", row_text(r, i, "currency"));
                jo_text(o, "paid_at", row_time(r, a, i, "paid_at"));
                jo_text(o, "card_last4", row_text(r, i, "card_last4"));
                jo_int(o, "tickets_used", row_i64(r, i, "tickets_used"));
                jo_bool(o, "same_card", row_bool(r, i, "same_card"));
                jo_bool(o, "same_ip", row_bool(r, i, "same_ip"));
                jo_bool(o, "same_device", row_bool(r, i, "same_device"));
                jo_end_object(o);
        }
        jo_end_array(o);
}

/* What answers for fields that nobody gave. */
static void
put_texts(struct json_out *o, const struct evidence_words *w)
{
        const struct { const char *field; struct str text; } texts[] = {
                { "customer_name", w->customer_name }, { "customer_email_address", w->customer_email_address },
                { "customer_purchase_ip", w->customer_purchase_ip }, { "product_description", w->product_description },
                { "service_date", w->service_date },
                { "cancellation_policy_disclosure", w->cancellation_policy_disclosure },
                { "refund_policy_disclosure", w->refund_policy_disclosure },
                { "access_activity_log", w->access_activity_log }, { "uncategorized_text", w->uncategorized_text },
        };

        jo_object(o, "text");
        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
                if (texts[i].text.n > 0)
                        jo_text(o, texts[i].field, texts[i].text);
        jo_end_object(o);
}

static struct str
pack_text(struct arena *a, const struct dispute *d, const struct evidence_facts *f)
{
        struct evidence_words w = evidence_words_of(a, f);
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_z(&o, "object", "evidence_pack");
        jo_id(&o, "dispute", "dsp", d->id);
        jo_text(&o, "made_at", f->at);
        put_charge(&o, a, d, &f->facts);
        if (f->order != NULL) {
                jo_raw(&o, "order", order_view(a, f->order, true, false));
                jo_text(&o, "receipt", w.receipt);
                put_event(&o, a, &f->facts);
                put_purchase(&o, a, &f->facts);
                put_terms(&o, a, &f->facts, w.refund_policy_disclosure);
                put_tickets(&o, a, &f->tickets);
                put_scans(&o, a, &f->scans);
                put_refunds(&o, a, &f->refunds);
                put_earlier(&o, a, &f->orders);
        }
        put_texts(&o, &w);
        jo_end_object(&o);
        return json_out_str(&o);
}

/* --- reading ----------------------------------------------------------- */

static bool
ask(struct task *t, const struct stmt *st, int32_t org, struct uuid object, int64_t limit, struct rows *out,
    struct err *e)
{
        struct params p = params_in(t->arena);

        param_i64(&p, org);
        param_uuid(&p, object);
        if (limit > 0)
                param_i64(&p, limit);
        return db_query(t->db, t->arena, &t->subject, st, &p, out, e);
}

static bool
facts_read(struct task *t, int32_t org, struct evidence_facts *f, struct err *e)
{
        struct order *o = ARENA_NEW(t->arena, struct order);
        struct uuid order;

        if (!ask(t, &stmt_evidence_facts, org, f->dispute, 0, &f->facts, e))
                return false;
        if (f->facts.n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such dispute");
        f->at = row_time(&f->facts, t->arena, 0, "at");
        order = row_uuid(&f->facts, 0, "order_id");
        if (uuid_is_nil(order))
                return true;
        f->order = o;
        return order_find(t, org, order, o, e) && ask(t, &stmt_evidence_tickets, org, order, 0, &f->tickets, e) &&
            ask(t, &stmt_evidence_scans, org, order, 0, &f->scans, e) &&
            ask(t, &stmt_evidence_refunds, org, order, 0, &f->refunds, e) &&
            ask(t, &stmt_evidence_orders, org, order, EARLIER_MAX, &f->orders, e);
}

bool
evidence_pack(struct task *t, int32_t org, struct uuid dispute, struct str *out, struct err *e)
{
        struct evidence_facts f = { .dispute = dispute };
        struct dispute d;

        if (!dispute_find(t, org, dispute, &d, e) || !facts_read(t, org, &f, e))
                return false;
        *out = pack_text(t->arena, &d, &f);
        return true;
}

/* --- showing ----------------------------------------------------------- */

static void
put_piece(struct json_out *o, const struct evidence_piece *p)
{
        jo_object(o, NULL);
        jo_id(o, "id", "evd", p->id);
        jo_array(o, "fields");
        for (size_t i = 0; i < p->fields_n; i++)
                jo_text(o, NULL, p->fields[i]);
        jo_end_array(o);
        jo_text(o, "media_type", p->media_type);
        jo_int(o, "size", p->size);
        jo_text(o, "sha256", p->sha256);
        jo_text(o, "created_at", p->created_at);
        if (p->refused.p != NULL)
                jo_text(o, "refused", p->refused);
        jo_end_object(o);
}

/* The pack's bytes stay as they are hashed: what stands besides comes behind them, in the same object. */
static struct str
view(struct arena *a, struct str pack, const struct evidence_piece *pieces, size_t n)
{
        const struct evidence_piece *frozen = evidence_frozen(pieces, n);
        struct json_out o = json_out_new(a);
        struct str more;

        jo_object(&o, NULL);
        jo_bool(&o, "frozen", frozen != NULL);
        if (frozen != NULL)
                jo_id(&o, "id", "evd", frozen->id);
        jo_text(&o, "sha256", evidence_sha256(a, pack));
        jo_array(&o, "evidence");
        for (size_t i = 0; i < n; i++)
                if (&pieces[i] != frozen)
                        put_piece(&o, &pieces[i]);
        jo_end_array(&o);
        jo_end_object(&o);
        more = json_out_str(&o);
        return str_fmt(a, "%.*s,%.*s", (int)(pack.n - 1), pack.p, (int)(more.n - 1), more.p + 1);
}

bool
evidence_pack_view(struct task *t, int32_t org, struct uuid dispute, struct str *out, struct err *e)
{
        const struct evidence_piece *frozen;
        struct evidence_piece *pieces;
        struct str pack, name;
        size_t n;

        if (!evidence_pieces(t, org, dispute, &pieces, &n, e))
                return false;
        frozen = evidence_frozen(pieces, n);
        if (!(frozen != NULL ? evidence_read(t, frozen, &name, &pack, e) : evidence_pack(t, org, dispute, &pack, e)))
                return false;
        *out = view(t->arena, pack, pieces, n);
        return true;
}
