/*
 * stripe.h - the gateway's second dialect, as api.stripe.com speaks it
 * (docs.stripe.com/api; reference/protocols.md 2): forms in, JSON out.
 *
 * Spoken: payment intents (created and confirmed in one call, capture, cancel,
 * get, list, search), refunds, disputes, files, balance transactions, events. A call
 * that is not spoken is 404. Faults of target "gateway" are used up by POSTs.
 *
 * Objects are rows of the books: the digits of an id are its row's. A charge
 * and its intent are one row.
 *
 * Every POST that does something makes one row, so its answer can be made
 * again from the row: that is what a repeated Idempotency-Key gets, for as
 * long as the books last, after a restart too (idem.h). A row that is late
 * answers a repetition like a call that still runs: 409.
 */
#ifndef SANDBOX_STRIPE_H
#define SANDBOX_STRIPE_H

#include "io/json_write.h"
#include "sandbox/event.h"

struct call;

#define STRIPE_VERSION          "2026-10-28.endive"
#define STRIPE_FIELDS_MAX       200
#define STRIPE_DUE_MS           (INT64_C(10) * 86400000)        /* a dispute can be answered for so long */

/* Calls. */
void stripe_intent_create(struct call *c);
void stripe_intent_capture(struct call *c);
void stripe_intent_cancel(struct call *c);
void stripe_refund_create(struct call *c);
void stripe_dispute_update(struct call *c);
void stripe_dispute_close(struct call *c);
void stripe_intent_get(struct call *c);
void stripe_intent_list(struct call *c);
void stripe_intent_search(struct call *c);
void stripe_refund_get(struct call *c);
void stripe_refund_list(struct call *c);
void stripe_dispute_get(struct call *c);
void stripe_file_create(struct call *c);
void stripe_file_get(struct call *c);
void stripe_balance_list(struct call *c);
void stripe_event_get(struct call *c);
void stripe_event_list(struct call *c);

/* Ids: "pi" and a row make "pi_1Sandbox0000071822927629". */
struct str stripe_id(struct arena *a, const char *prefix, int64_t row);
bool stripe_id_parse(struct str id, const char *prefix, int64_t *row) MUSTCHECK;
/* A row's id as its gateway writes it, and back, a charge's id included. */
struct str gateway_txn_id(struct arena *a, const struct txn *t);
bool gateway_txn_parse(struct str id, int64_t *row) MUSTCHECK;

/* Forms: all fields, decoded, with a[b] as it is. */
struct stripe_form {
        struct {
                struct str key, value;
        } field[STRIPE_FIELDS_MAX];
        size_t n;
};

/* false: a field is there twice, can't be decoded, or there are too many. */
bool stripe_form_read(struct call *c, struct str text, struct stripe_form *f) MUSTCHECK;
struct str stripe_get(const struct stripe_form *f, const char *key);            /* absent when it is not there */
/* The fields name[...] as a JSON object; absent when one is not fit for the books. */
struct str stripe_map(struct arena *a, const struct stripe_form *f, const char *name);
/* Whether an expand[] ends with the word. */
bool stripe_expands(const struct stripe_form *f, const char *word);

/*
 * A file that comes as multipart/form-data: its name, its kind by its first
 * bytes ("pdf", "jpg", "png"), and what it is for. false: it is none of that.
 */
struct stripe_file {
        struct str purpose, name, content;
        const char *type;
        bool locked;            /* a PDF that only opens with a password */
};
bool stripe_file_parse(struct call *c, struct stripe_file *f) MUSTCHECK;
/* Whether an evidence field is a file's, and whether a file has that id. */
bool stripe_is_file_field(struct str field);
bool stripe_file_exists(struct books *b, struct str id);

/* An error object; code, param may be NULL. */
struct stripe_error {
        int status;
        const char *type, *code, *message, *param;
};

struct str stripe_error_body(struct arena *a, const struct stripe_error *e);
void stripe_refuse(struct call *c, const struct stripe_error *e);
/* Whether the caller has the key; else it has been answered. */
bool stripe_admit(struct call *c) MUSTCHECK;

/* Objects (stripe_view.c); a charge is a sale or auth. */
void stripe_put_intent(struct json_out *o, const char *key, struct arena *a, const struct txn *charge, bool expand);
void stripe_put_charge(struct json_out *o, const char *key, struct arena *a, const struct txn *charge);
void stripe_put_refund(struct json_out *o, const char *key, struct arena *a, const struct txn *refund);
void stripe_put_dispute(struct json_out *o, const char *key, struct arena *a, const struct txn *dispute);
void stripe_put_file(struct json_out *o, const char *key, struct arena *a, const struct txn *file);
bool stripe_has_balance(const struct txn *row);         /* whether it moved the balance */
void stripe_put_balance(struct json_out *o, const char *key, struct arena *a, const struct txn *row);
/* What a call that made the row answers: the object, or a decline. */
struct str stripe_row_body(struct arena *a, const struct event_scene *s, bool expand, int *status);

#endif
