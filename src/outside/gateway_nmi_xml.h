/*
 * gateway_nmi_xml.h - query.php's answers as hostile texts: an answer with a
 * document type or entities of its own, or that is not <nm_response>, tells
 * nothing. For gateway_nmi_*.c alone, and apart from them for libxml2's sake.
 */
#ifndef OUTSIDE_GATEWAY_NMI_XML_H
#define OUTSIDE_GATEWAY_NMI_XML_H

#include "outside/gateway_nmi.h"

#include <libxml/tree.h>

/* The root of an answer; NULL, with a word why, when it is not one that tells anything. */
const xmlNode *nmi_xml_root(struct arena *a, struct str body, struct str *why);
bool nmi_xml_is(const xmlNode *n, const char *name);
/* The text of the first child of this name; absent when there is none. */
struct str nmi_xml_text(struct arena *a, const xmlNode *n, const char *name);

/* The action that began a transaction of this kind; NULL when it has none (yet). */
const xmlNode *nmi_xml_action(struct arena *a, const xmlNode *transaction, enum nmi_kind kind);
/* The first of its actions of this type that went through; NULL when none did. */
const xmlNode *nmi_xml_done(struct arena *a, const xmlNode *transaction, const char *type);
/* <merchant_defined_field id="1">, or <merchant_defined_field_1>. Absent when it is there but empty. */
struct str nmi_xml_merchant_field(struct arena *a, const xmlNode *transaction, const char *number);
enum gateway_record_state nmi_xml_state(struct str condition, struct str success);
/* YYYYMMDDhhmmss in UTC as RFC 3339; absent when it is something else. */
struct str nmi_xml_time(struct arena *a, struct str date);
/* A refund's amount is negative there. */
bool nmi_xml_amount(struct arena *a, const xmlNode *transaction, const xmlNode *action, enum nmi_kind kind,
    struct money *out) MUSTCHECK;

#endif
