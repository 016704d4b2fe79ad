/*
 * gateway_nmi.h - NMI's "Classic" Payment API and its white labels: POST
 * /api/transact.php, form in, query string out; POST /api/query.php, XML out.
 * Source: docs.nmi.com and the integration portal of its white labels. Only
 * gateway.c, gateway_lookup.c and unit tests include this.
 */
#ifndef OUTSIDE_GATEWAY_NMI_H
#define OUTSIDE_GATEWAY_NMI_H

#include "io/http.h"
#include "outside/gateway.h"
#include "outside/gateway_event.h"

struct conf;

bool nmi_usable(const struct conf *c);
void nmi_sale(struct task *t, const struct gateway_charge *c, struct gateway_answer *out);
void nmi_authorize(struct task *t, const struct gateway_charge *c, struct gateway_answer *out);
void nmi_capture(struct task *t, const struct gateway_step *s, struct gateway_answer *out);
void nmi_void(struct task *t, const struct gateway_step *s, struct gateway_answer *out);
void nmi_refund(struct task *t, const struct gateway_step *s, struct gateway_answer *out);
bool nmi_code_is_setup(struct str code);

void nmi_lookup(struct task *t, struct str reference, struct gateway_records *out);
void nmi_lookup_refund(struct task *t, const struct gateway_step *s, struct gateway_records *out);
void nmi_find_refund(struct task *t, struct str transaction, struct gateway_records *out);
void nmi_given_back(struct task *t, const struct gateway_given_ask *ask, struct gateway_given *out);
void nmi_events(struct task *t, struct str since, struct str cursor, struct gateway_events *out);

/* One question to query.php. false: no answer that counts, and a word why. */
struct nmi_question {
        const struct http_field *filter;
        size_t filter_n;
        int64_t until_ms;               /* monotonic: when it must be over; 0: a whole deadline */
};
bool nmi_query(struct task *t, const struct nmi_question *q, struct str *body, struct str *why) MUSTCHECK;

/* Pure, below: what an answer says. amount without a currency: there is none to compare (a void). */
void nmi_judge(struct arena *a, struct str body, struct str reference, struct money amount,
    struct gateway_answer *out);
/* What of query.php's answer is asked for. */
enum nmi_kind { NMI_CHARGE, NMI_REFUND };
struct nmi_wanted {
        enum nmi_kind kind;
        struct str reference;           /* the order_id that a record must have; absent: any */
        struct str transaction;         /* the transaction_id that it must have; absent: any */
};
void nmi_records_read(struct arena *a, struct str body, const struct nmi_wanted *w, struct gateway_records *out);

/* Adds a charge's refunds, those that name none too, and the charge if it was voided. false: nothing is known. */
bool nmi_given_read(struct arena *a, struct str body, struct str charge, struct gateway_given *out) MUSTCHECK;

/* A page of query.php's transactions, each made into the event that NMI would have sent; *seen counts all. */
void nmi_events_read(struct arena *a, struct str body, struct gateway_events *out, size_t *seen);

/* "visa" and "1111" out of what NMI calls cc_type and cc_number. */
struct str nmi_card_brand(struct str cc_type, struct str cc_number);
struct str nmi_card_last4(struct str cc_number);
/* An amount as NMI writes it: two decimals whatever the currency has. */
bool nmi_amount(struct str text, enum currency c, struct money *out) MUSTCHECK;
int64_t nmi_connect_ms(int64_t deadline_ms);

#endif
