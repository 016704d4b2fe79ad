/*
 * gateway_nmi_query.c - NMI's Query API: what became of a reference. The XML
 * is read by libxml2 without network, entities or DTD; an answer that has any
 * of them, or that is not <nm_response>, tells nothing.
 *
 * A transaction's truth is its condition and its actions: pendingsettlement
 * and complete are approved, failed and abandoned declined, canceled voided,
 * everything else undecided. A refund is a transaction of its own, under its
 * own reference and with a negative amount; a void only cancels the charge's.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "io/http.h"
#include "io/json_read.h"
#include "io/task.h"
#include "outside/gateway_nmi.h"
#include "outside/gateway_records.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

static void
free_document(void *doc)
{
        xmlFreeDoc(doc);
}

static bool
is_named(const xmlNode *n, const char *name)
{
        return n->type == XML_ELEMENT_NODE && xmlStrEqual(n->name, (const xmlChar *)name);
}

static struct str
node_text(struct arena *a, const xmlNode *n)
{
        xmlChar *text = xmlNodeGetContent(n);
        struct str copy = str_dup(a, str_of((const char *)text));

        xmlFree(text);
        return copy;
}

static struct str
child_text(struct arena *a, const xmlNode *n, const char *name)
{
        for (xmlNode *c = n->children; c != NULL; c = c->next)
                if (is_named(c, name))
                        return node_text(a, c);
        return STR_NONE;
}

static bool
is_of_kind(struct str action_type, enum nmi_kind kind)
{
        switch (kind) {
        case NMI_CHARGE:
                return str_is(action_type, "sale") || str_is(action_type, "auth");
        case NMI_REFUND:
                return str_is(action_type, "refund") || str_is(action_type, "credit");
        }
        NEVER("a kind that is none");
}

/* The action that began a transaction of this kind; NULL when it has none (yet). */
static const xmlNode *
first_action(struct arena *a, const xmlNode *transaction, enum nmi_kind kind)
{
        for (xmlNode *c = transaction->children; c != NULL; c = c->next)
                if (is_named(c, "action") && is_of_kind(child_text(a, c, "action_type"), kind))
                        return c;
        return NULL;
}

/* <merchant_defined_field id="1">, or <merchant_defined_field_1>. Absent when it is there but empty. */
static struct str
merchant_field(struct arena *a, const xmlNode *transaction, const char *number)
{
        struct str text = child_text(a, transaction, str_fmt(a, "merchant_defined_field_%s", number).p);

        for (xmlNode *c = transaction->children; c != NULL && text.n == 0; c = c->next) {
                xmlChar *id;

                if (!is_named(c, "merchant_defined_field"))
                        continue;
                id = xmlGetProp(c, (const xmlChar *)"id");
                if (id != NULL && xmlStrEqual(id, (const xmlChar *)number))
                        text = node_text(a, c);
                xmlFree(id);
        }
        return text.n == 0 ? STR_NONE : text;
}

static enum gateway_record_state
state_of(struct str condition, struct str success)
{
        if (str_is(condition, "pendingsettlement") || str_is(condition, "complete"))
                return str_is(success, "1") ? RECORD_APPROVED : RECORD_UNDECIDED;
        if (str_is(condition, "failed") || str_is(condition, "abandoned"))
                return RECORD_DECLINED;
        return str_is(condition, "canceled") ? RECORD_VOIDED : RECORD_UNDECIDED;
}

/* YYYYMMDDhhmmss in UTC as RFC 3339; absent when it is something else. */
static struct str
time_of(struct arena *a, struct str date)
{
        const char *d = date.p;
        struct str text;

        if (date.n != 14)
                return STR_NONE;
        text = str_fmt(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", d, d + 4, d + 6, d + 8, d + 10, d + 12);
        return text_is_time(text) ? text : STR_NONE;
}

/* The root of an answer; NULL, with a word why, when it is not one that tells anything. */
static const xmlNode *
root_of(struct arena *a, struct str body, struct str *why)
{
        xmlDoc *doc = xmlReadMemory(body.p, (int)body.n, "query.xml", NULL,
            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        const xmlNode *root;

        *why = STR("the answer is not what query.php answers");
        if (doc == NULL)
                return NULL;
        arena_hook(a, free_document, doc);
        root = xmlDocGetRootElement(doc);
        if (doc->intSubset != NULL || root == NULL || !is_named(root, "nm_response"))
                return NULL;
        for (const xmlNode *c = root->children; c != NULL; c = c->next) {
                if (is_named(c, "error_response")) {
                        *why = node_text(a, c);
                        return NULL;
                }
        }
        return root;
}

/* A refund's amount is negative. */
static bool
amount_read(struct arena *a, const xmlNode *transaction, const xmlNode *action, enum nmi_kind kind, struct money *out)
{
        struct str text = child_text(a, action, "amount");
        enum currency currency;

        if (kind == NMI_REFUND && str_starts(text, STR("-")))
                text = (struct str){ text.p + 1, text.n - 1 };
        return currency_parse(child_text(a, transaction, "currency"), &currency) && nmi_amount(text, currency, out);
}

static bool
is_wanted(struct arena *a, const xmlNode *transaction, const struct nmi_wanted *w)
{
        return (w->reference.p == NULL || str_eq(child_text(a, transaction, "order_id"), w->reference)) &&
            (w->transaction.p == NULL || str_eq(child_text(a, transaction, "transaction_id"), w->transaction));
}

/*
 * false: it is a wanted one and can't be read: then nothing is known. One
 * without an action of its kind yet is undecided, not absent.
 */
static bool
record_read(struct arena *a, const xmlNode *transaction, const struct nmi_wanted *w, struct gateway_records *out)
{
        const xmlNode *action = first_action(a, transaction, w->kind);
        struct gateway_record *r = &out->record[out->n];

        if (!is_wanted(a, transaction, w))
                return true;
        if (out->n == GATEWAY_RECORDS_MAX)
                return false;
        out->n++;
        *r = (struct gateway_record){ .state = RECORD_UNDECIDED };
        if (action == NULL)
                return true;
        r->state = state_of(child_text(a, transaction, "condition"), child_text(a, action, "success"));
        r->transaction = child_text(a, transaction, "transaction_id");
        r->code = child_text(a, action, "response_code");
        r->occurred_at = time_of(a, child_text(a, action, "date"));
        r->order = merchant_field(a, transaction, "1");
        r->house = merchant_field(a, transaction, "2");
        r->card_last4 = nmi_card_last4(child_text(a, transaction, "cc_number"));
        r->card_brand = nmi_card_brand(child_text(a, transaction, "cc_type"), child_text(a, transaction, "cc_number"));
        return nmi_transaction_id(r->transaction) && amount_read(a, transaction, action, w->kind, &r->amount);
}

void
nmi_records_read(struct arena *a, struct str body, const struct nmi_wanted *w, struct gateway_records *out)
{
        const xmlNode *root;

        memset(out, 0, sizeof *out);
        root = root_of(a, body, &out->why);
        if (root == NULL)
                return;
        for (const xmlNode *c = root->children; c != NULL; c = c->next) {
                if (is_named(c, "transaction") && !record_read(a, c, w, out)) {
                        out->n = 0;
                        out->why = STR("a record can't be read");
                        return;
                }
        }
        out->asked = true;
        gateway_records_sort(out);
}

static void
query(struct task *t, const char *filter, struct str value, const struct nmi_wanted *w, struct gateway_records *out)
{
        struct http_field form[] = {
                { "security_key", str_of(t->conf->gateway_security_key) },
                { filter, value },
        };
        struct http_ask ask = {
                .url = str_fmt(t->arena, "%s/api/query.php", t->conf->gateway_url).p,
                .form = form,
                .form_n = ARRAY_LEN(form),
                .deadline_ms = t->conf->call_deadline_ms,
                .connect_ms = nmi_connect_ms(t->conf->call_deadline_ms),
        };
        struct http_answer answer;

        memset(out, 0, sizeof *out);
        http_call(t->http, t->arena, &ask, &answer);
        if (answer.outcome == HTTP_ANSWERED && answer.status == 200)
                nmi_records_read(t->arena, answer.body, w, out);
        else
                out->why = answer.outcome == HTTP_ANSWERED ? str_fmt(t->arena, "http status %d", answer.status)
                        : str_dup(t->arena, str_of(answer.why));
}

void
nmi_lookup(struct task *t, struct str reference, struct gateway_records *out)
{
        query(t, "order_id", reference, &(struct nmi_wanted){ NMI_CHARGE, reference, STR_NONE }, out);
}

/*
 * The refund's own record first; where the charge may have been voided
 * instead, whether it is. A void has no id of its own, so the record has none.
 */
void
nmi_lookup_refund(struct task *t, const struct gateway_step *s, struct gateway_records *out)
{
        struct gateway_records *charge;

        query(t, "order_id", s->reference, &(struct nmi_wanted){ NMI_REFUND, s->reference, STR_NONE }, out);
        if (!s->whole || !out->asked || gateway_records_approved(out))
                return;
        charge = ARENA_NEW(t->arena, struct gateway_records);
        query(t, "transaction_id", s->transaction, &(struct nmi_wanted){ NMI_CHARGE, STR_NONE, s->transaction }, charge);
        if (!charge->asked) {
                *out = *charge;
        } else if (charge->n == 1 && charge->record[0].state == RECORD_VOIDED) {
                *out = *charge;
                out->record[0].state = RECORD_APPROVED;
                out->record[0].transaction = STR_NONE;
        }
}
