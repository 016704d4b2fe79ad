/*
 * gateway_nmi_xml.c - elements of query.php's answer. Read by libxml2 without
 * network, entities or DTD. Pure.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "io/json_read.h"
#include "outside/gateway_nmi_xml.h"

#include <libxml/parser.h>

static void
free_document(void *doc)
{
        xmlFreeDoc(doc);
}

bool
nmi_xml_is(const xmlNode *n, const char *name)
{
        return n->type == XML_ELEMENT_NODE && xmlStrEqual(n->name, (const xmlChar *)name);
}

static struct str
nmi_xml_own_text(struct arena *a, const xmlNode *n)
{
        xmlChar *text = xmlNodeGetContent(n);
        struct str copy = str_dup(a, str_of((const char *)text));

        xmlFree(text);
        return copy;
}

struct str
nmi_xml_text(struct arena *a, const xmlNode *n, const char *name)
{
        for (xmlNode *c = n->children; c != NULL; c = c->next)
                if (nmi_xml_is(c, name))
                        return nmi_xml_own_text(a, c);
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
const xmlNode *
nmi_xml_action(struct arena *a, const xmlNode *transaction, enum nmi_kind kind)
{
        for (xmlNode *c = transaction->children; c != NULL; c = c->next)
                if (nmi_xml_is(c, "action") && is_of_kind(nmi_xml_text(a, c, "action_type"), kind))
                        return c;
        return NULL;
}

const xmlNode *
nmi_xml_done(struct arena *a, const xmlNode *transaction, const char *type)
{
        for (xmlNode *c = transaction->children; c != NULL; c = c->next)
                if (nmi_xml_is(c, "action") && str_is(nmi_xml_text(a, c, "action_type"), type) &&
                    str_is(nmi_xml_text(a, c, "success"), "1"))
                        return c;
        return NULL;
}

/* <merchant_defined_field id="1">, or <merchant_defined_field_1>. Absent when it is there but empty. */
struct str
nmi_xml_merchant_field(struct arena *a, const xmlNode *transaction, const char *number)
{
        struct str text = nmi_xml_text(a, transaction, str_fmt(a, "merchant_defined_field_%s", number).p);

        for (xmlNode *c = transaction->children; c != NULL && text.n == 0; c = c->next) {
                xmlChar *id;

                if (!nmi_xml_is(c, "merchant_defined_field"))
                        continue;
                id = xmlGetProp(c, (const xmlChar *)"id");
                if (id != NULL && xmlStrEqual(id, (const xmlChar *)number))
                        text = nmi_xml_own_text(a, c);
                xmlFree(id);
        }
        return text.n == 0 ? STR_NONE : text;
}

enum gateway_record_state
nmi_xml_state(struct str condition, struct str success)
{
        if (str_is(condition, "pendingsettlement") || str_is(condition, "complete"))
                return str_is(success, "1") ? RECORD_APPROVED : RECORD_UNDECIDED;
        if (str_is(condition, "failed") || str_is(condition, "abandoned"))
                return RECORD_DECLINED;
        return str_is(condition, "canceled") ? RECORD_VOIDED : RECORD_UNDECIDED;
}

/* YYYYMMDDhhmmss in UTC as RFC 3339; absent when it is something else. */
struct str
nmi_xml_time(struct arena *a, struct str date)
{
        const char *d = date.p;
        struct str text;

        if (date.n != 14)
                return STR_NONE;
        text = str_fmt(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", d, d + 4, d + 6, d + 8, d + 10, d + 12);
        return text_is_time(text) ? text : STR_NONE;
}

/* The root of an answer; NULL, with a word why, when it is not one that tells anything. */
const xmlNode *
nmi_xml_root(struct arena *a, struct str body, struct str *why)
{
        xmlDoc *doc = xmlReadMemory(body.p, (int)body.n, "query.xml", NULL,
            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        const xmlNode *root;

        *why = STR("the answer is not what query.php answers");
        if (doc == NULL)
                return NULL;
        arena_hook(a, free_document, doc);
        root = xmlDocGetRootElement(doc);
        if (doc->intSubset != NULL || root == NULL || !nmi_xml_is(root, "nm_response"))
                return NULL;
        for (const xmlNode *c = root->children; c != NULL; c = c->next) {
                if (nmi_xml_is(c, "error_response")) {
                        *why = nmi_xml_own_text(a, c);
                        return NULL;
                }
        }
        return root;
}

/* A refund's amount is negative. */
bool
nmi_xml_amount(struct arena *a, const xmlNode *transaction, const xmlNode *action, enum nmi_kind kind,
    struct money *out)
{
        struct str text = nmi_xml_text(a, action, "amount");
        enum currency currency;

        if (kind == NMI_REFUND && str_starts(text, STR("-")))
                text = (struct str){ text.p + 1, text.n - 1 };
        return currency_parse(nmi_xml_text(a, transaction, "currency"), &currency) && nmi_amount(text, currency, out);
}
