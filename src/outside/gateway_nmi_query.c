/*
 * gateway_nmi_query.c - NMI's Query API: what became of a reference. The XML
 * is read by libxml2 without network, entities or DTD; an answer that has any
 * of them, or that is not <nm_response>, tells nothing.
 *
 * A charge's truth is its condition and its actions: pendingsettlement and
 * complete are approved, failed and abandoned declined, canceled voided,
 * everything else undecided.
 */
#include "base/base.h"
#include "base/arena.h"
#include "io/http.h"
#include "io/json_read.h"
#include "io/task.h"
#include "outside/gateway_nmi.h"

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
child_text(struct arena *a, const xmlNode *n, const char *name)
{
        for (xmlNode *c = n->children; c != NULL; c = c->next) {
                xmlChar *text;
                struct str copy;

                if (!is_named(c, name))
                        continue;
                text = xmlNodeGetContent(c);
                copy = str_dup(a, str_of((const char *)text));
                xmlFree(text);
                return copy;
        }
        return STR_NONE;
}

/* The sale or auth action of a transaction; NULL when it has none (yet). */
static const xmlNode *
charge_action(struct arena *a, const xmlNode *transaction)
{
        for (xmlNode *c = transaction->children; c != NULL; c = c->next) {
                struct str type;

                if (!is_named(c, "action"))
                        continue;
                type = child_text(a, c, "action_type");
                if (str_is(type, "sale") || str_is(type, "auth"))
                        return c;
        }
        return NULL;
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

/*
 * false: it is our reference's and can't be read: then nothing is known. One
 * without a charge action yet is undecided, not absent.
 */
static bool
record_read(struct arena *a, const xmlNode *transaction, struct str reference, struct gateway_records *out)
{
        const xmlNode *action = charge_action(a, transaction);
        struct gateway_record *r = &out->record[out->n];
        enum currency currency;

        if (!str_eq(child_text(a, transaction, "order_id"), reference))
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
        r->card_last4 = nmi_card_last4(child_text(a, transaction, "cc_number"));
        r->card_brand = nmi_card_brand(child_text(a, transaction, "cc_type"), child_text(a, transaction, "cc_number"));
        return nmi_transaction_id(r->transaction) &&
            currency_parse(child_text(a, transaction, "currency"), &currency) &&
            nmi_amount(child_text(a, action, "amount"), currency, &r->amount);
}

static void
records_read(struct arena *a, struct str body, struct str reference, struct gateway_records *out)
{
        xmlDoc *doc = xmlReadMemory(body.p, (int)body.n, "query.xml", NULL,
            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        const xmlNode *root;

        out->why = STR("the answer is not what query.php answers");
        if (doc == NULL)
                return;
        arena_hook(a, free_document, doc);
        root = xmlDocGetRootElement(doc);
        if (doc->intSubset != NULL || root == NULL || !is_named(root, "nm_response"))
                return;
        for (const xmlNode *c = root->children; c != NULL; c = c->next) {
                if (is_named(c, "error_response")) {
                        out->why = child_text(a, root, "error_response");
                        return;
                }
                if (is_named(c, "transaction") && !record_read(a, c, reference, out))
                        return;
        }
        out->asked = true;
}

void
nmi_lookup(struct task *t, struct str reference, struct gateway_records *out)
{
        struct http_field form[] = {
                { "security_key", str_of(t->conf->gateway_security_key) },
                { "order_id", reference },
        };
        struct http_ask ask = {
                .url = str_fmt(t->arena, "%s/api/query.php", t->conf->gateway_url).p,
                .form = form,
                .form_n = ARRAY_LEN(form),
                .deadline_ms = t->conf->call_deadline_ms,
                .connect_ms = nmi_connect_ms(t->conf),
        };
        struct http_answer answer;

        memset(out, 0, sizeof *out);
        http_post_form(t->http, t->arena, &ask, &answer);
        if (answer.outcome == HTTP_ANSWERED && answer.status == 200)
                records_read(t->arena, answer.body, reference, out);
        else
                out->why = answer.outcome == HTTP_ANSWERED ? str_fmt(t->arena, "http status %d", answer.status)
                        : str_dup(t->arena, str_of(answer.why));
        if (!out->asked)
                out->n = 0;
}
