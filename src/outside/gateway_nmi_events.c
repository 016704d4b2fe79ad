/*
 * gateway_nmi_events.c - a list of events out of NMI's list of transactions:
 * for each what became of it by now, as the webhook that would have said so.
 * Its id comes from the transaction and that state alone, so that it is the
 * same each time and another one when the state has changed.
 */
#include "base/base.h"
#include "base/arena.h"
#include "io/json_read.h"
#include "io/json_write.h"
#include "io/task.h"
#include "outside/gateway_nmi_xml.h"
#include "outside/gateway_records.h"

#define PAGE            100
#define PAGES_MAX       100000
#define START_DATE      14              /* YYYYMMDDhhmmss */

/* A transaction, and the one word of it that its event tells. */
struct made {
        const xmlNode *transaction, *action;
        enum nmi_kind kind;
        struct str id;
        const char *type, *result;
};

static const char *
result_of(enum gateway_record_state s, enum nmi_kind kind)
{
        switch (s) {
        case RECORD_APPROVED:
                return "success";
        case RECORD_DECLINED:
                return "failure";
        case RECORD_VOIDED:             /* a refund that was voided gave nothing back */
                return kind == NMI_REFUND ? "failure" : "success";
        case RECORD_UNDECIDED:
                break;
        }
        return "unknown";
}

/* An authorisation that stands as taken was captured; a voided charge is a void. */
static const char *
type_of(enum gateway_record_state s, enum nmi_kind kind, struct str action_type)
{
        if (kind == NMI_REFUND)
                return "refund";
        if (s == RECORD_VOIDED)
                return "void";
        return !str_is(action_type, "auth") ? "sale" : s == RECORD_APPROVED ? "capture" : "auth";
}

/* false: nothing became of it yet, or it is nothing of ours (a validation). */
static bool
made_read(struct arena *a, const xmlNode *transaction, struct made *m)
{
        enum gateway_record_state s;

        *m = (struct made){ .transaction = transaction, .kind = NMI_CHARGE };
        m->action = nmi_xml_action(a, transaction, NMI_CHARGE);
        if (m->action == NULL) {
                m->kind = NMI_REFUND;
                m->action = nmi_xml_action(a, transaction, NMI_REFUND);
        }
        m->id = nmi_xml_text(a, transaction, "transaction_id");
        if (m->action == NULL || !gateway_is_id(m->id))
                return false;
        s = nmi_xml_state(nmi_xml_text(a, transaction, "condition"), nmi_xml_text(a, m->action, "success"));
        m->type = type_of(s, m->kind, nmi_xml_text(a, m->action, "action_type"));
        m->result = result_of(s, m->kind);
        return true;
}

static void
copy(struct json_out *o, struct arena *a, const xmlNode *from, const char *name)
{
        struct str text = nmi_xml_text(a, from, name);

        jo_text(o, name, text.p == NULL ? STR("") : text);
}

static void
put_body(struct json_out *o, struct arena *a, const struct made *m)
{
        static const char *const own[] = {
                "transaction_id", "transaction_type", "condition", "order_id", "currency", "original_transaction_id",
        };
        static const char *const card[] = { "cc_number", "cc_type" };
        static const char *const action[] = { "amount", "action_type", "date", "success", "response_code" };
        static const char *const fields[] = { "1", "2" };

        for (size_t i = 0; i < ARRAY_LEN(own); i++)
                copy(o, a, m->transaction, own[i]);
        jo_object(o, "merchant_defined_fields");
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
                jo_text(o, fields[i], nmi_xml_merchant_field(a, m->transaction, fields[i]));
        jo_end_object(o);
        jo_object(o, "card");
        for (size_t i = 0; i < ARRAY_LEN(card); i++)
                copy(o, a, m->transaction, card[i]);
        jo_end_object(o);
        jo_object(o, "action");
        for (size_t i = 0; i < ARRAY_LEN(action); i++)
                copy(o, a, m->action, action[i]);
        jo_end_object(o);
}

static bool
event_make(struct arena *a, const xmlNode *transaction, struct gateway_event *out)
{
        struct json_out o = json_out_new(a);
        struct err ignored = { .code = ERR_NONE };
        struct made m;
        struct str body;

        if (!made_read(a, transaction, &m))
                return false;
        jo_object(&o, NULL);
        jo_text(&o, "event_id", str_fmt(a, "made.%.*s.%s.%s", STR_ARG(m.id), m.type, m.result));
        jo_text(&o, "event_type", str_fmt(a, "transaction.%s.%s", m.type, m.result));
        jo_object(&o, "event_body");
        put_body(&o, a, &m);
        jo_end_object(&o);
        jo_end_object(&o);
        body = json_out_str(&o);
        if (!gateway_event_read(a, STR("nmi"), body, out, &ignored))
                return false;
        out->made = true;
        out->body = body;
        return true;
}

void
nmi_events_read(struct arena *a, struct str body, struct gateway_events *out, size_t *seen)
{
        const xmlNode *root;

        *out = (struct gateway_events){ .asked = false };
        *seen = 0;
        root = nmi_xml_root(a, body, &out->why);
        if (root == NULL)
                return;
        for (const xmlNode *c = root->children; c != NULL; c = c->next)
                *seen += nmi_xml_is(c, "transaction");
        out->event = ARENA_ARRAY(a, struct gateway_event, *seen);
        for (const xmlNode *c = root->children; c != NULL; c = c->next)
                if (nmi_xml_is(c, "transaction") && event_make(a, c, &out->event[out->n]))
                        out->n++;
        out->asked = true;
        out->why = STR_NONE;
}

/* The digits of 2026-11-24T22:50:39[.123]Z; a fraction is cut off. */
static bool
start_date(struct arena *a, struct str since, struct str *out)
{
        char *z = arena_alloc(a, START_DATE + 1);
        size_t n = 0;

        for (size_t i = 0; text_is_time(since) && i < since.n && n < START_DATE; i++)
                if (since.p[i] >= '0' && since.p[i] <= '9')
                        z[n++] = since.p[i];
        *out = (struct str){ z, n };
        return n == START_DATE;
}

/* The cursor is the number of the page. */
void
nmi_events(struct task *t, struct str since, struct str cursor, struct gateway_events *out)
{
        struct str start, body, why;
        int64_t page = 0;
        size_t seen;

        *out = (struct gateway_events){ .why = STR("since is no time, or the cursor none of ours") };
        if (!start_date(t->arena, since, &start) ||
            (cursor.p != NULL && (!str_to_i64(cursor, &page) || page < 0 || page > PAGES_MAX)))
                return;
        cursor = str_fmt(t->arena, "%lld", (long long)page);
        if (!nmi_query(t, &(struct nmi_question){ .filter = (const struct http_field[]){
                { "start_date", start }, { "date_search", STR("updated") }, { "result_order", STR("standard") },
                { "result_limit", str_fmt(t->arena, "%d", PAGE) }, { "page_number", cursor },
            }, .filter_n = 5 }, &body, &why)) {
                out->why = why;
                return;
        }
        nmi_events_read(t->arena, body, out, &seen);
        if (out->asked && seen >= PAGE)
                out->next = str_fmt(t->arena, "%lld", (long long)page + 1);
}
