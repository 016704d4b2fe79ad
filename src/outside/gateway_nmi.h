/*
 * gateway_nmi.h - NMI's "Classic" Payment API and its white labels: POST
 * /api/transact.php, form in, query string out; POST /api/query.php, XML out.
 * Source: docs.nmi.com and the integration portal of its white labels. Only
 * gateway.c and gateway_lookup.c include this.
 */
#ifndef OUTSIDE_GATEWAY_NMI_H
#define OUTSIDE_GATEWAY_NMI_H

#include "outside/gateway.h"

/* type: sale or auth. */
void nmi_charge(struct task *t, const char *type, const struct gateway_charge *c, struct gateway_answer *out);
/* type: capture, void or refund. */
void nmi_step(struct task *t, const char *type, const struct gateway_step *s, struct gateway_answer *out);
void nmi_lookup(struct task *t, struct str reference, struct gateway_records *out);
/* "visa" and "1111" out of what NMI calls cc_type and cc_number. */
struct str nmi_card_brand(struct str cc_type, struct str cc_number);
struct str nmi_card_last4(struct str cc_number);

bool nmi_transaction_id(struct str s);
/* An amount as NMI writes it: two decimals whatever the currency has. */
bool nmi_amount(struct str text, enum currency c, struct money *out) MUSTCHECK;
struct conf;
int64_t nmi_connect_ms(const struct conf *c);

#endif
