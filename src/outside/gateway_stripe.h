/*
 * gateway_stripe.h - Stripe's API: form in, JSON out, one version of it.
 *
 * A charge is a PaymentIntent that is created and confirmed in one call;
 * gateway_answer's transaction is its id. reference, order and house are its
 * metadata, and a refund's. Source: docs.stripe.com/api. Only gateway*.c and
 * unit tests include this.
 */
#ifndef OUTSIDE_GATEWAY_STRIPE_H
#define OUTSIDE_GATEWAY_STRIPE_H

#include "io/http.h"
#include "outside/gateway.h"
#include "outside/gateway_dispute.h"
#include "outside/gateway_event.h"

struct arena;
struct json;

#define STRIPE_VERSION  "2025-03-31.basil"

bool stripe_usable(const struct conf *c);
void stripe_sale(struct task *t, const struct gateway_charge *c, struct gateway_answer *out);
void stripe_authorize(struct task *t, const struct gateway_charge *c, struct gateway_answer *out);
void stripe_capture(struct task *t, const struct gateway_step *s, struct gateway_answer *out);
void stripe_void(struct task *t, const struct gateway_step *s, struct gateway_answer *out);
void stripe_refund(struct task *t, const struct gateway_step *s, struct gateway_answer *out);
bool stripe_code_is_setup(struct str code);

void stripe_lookup(struct task *t, struct str reference, struct gateway_records *out);
void stripe_lookup_refund(struct task *t, const struct gateway_step *s, struct gateway_records *out);
void stripe_find_refund(struct task *t, struct str transaction, struct gateway_records *out);
void stripe_given_back(struct task *t, const struct gateway_given_ask *ask, struct gateway_given *out);
void stripe_events(struct task *t, struct str since, struct str cursor, struct gateway_events *out);

/* One call that is being put together. */
#define STRIPE_FIELDS_MAX       40
struct stripe_call {
        enum http_method method;
        struct str path;                /* behind /v1/ */
        struct http_field field[STRIPE_FIELDS_MAX];
        size_t n;
        struct str key;                 /* Idempotency-Key; absent: none */
        int64_t until_ms;               /* of stripe_ask(): monotonic, when it must be over; 0: a whole deadline */
};

void stripe_put(struct stripe_call *c, const char *name, struct str value);
void stripe_put_names(struct stripe_call *c, struct str reference, struct str order, struct str house);
void stripe_put_int(struct arena *a, struct stripe_call *c, const char *name, int64_t value);
void stripe_send(struct task *t, const struct stripe_call *c, int64_t deadline_ms, struct http_answer *out);
/* Sends it in the time there is; the answer's object of this kind, or NULL with a word why. */
const struct json *stripe_ask(struct task *t, const struct stripe_call *c, const char *kind, struct str *why);

/*
 * Pure, below: what an answer says. What a call asked for:
 */
enum stripe_step { STRIPE_SALE, STRIPE_AUTHORIZE, STRIPE_CAPTURE, STRIPE_CANCEL, STRIPE_REFUND };
struct stripe_asked {
        enum stripe_step step;
        struct str reference;
        struct str transaction;         /* of a step: the charge's */
        struct money amount;            /* unused when cancelling */
};
struct stripe_hint {
        bool again;                     /* nothing is known yet, and the same call may be sent once more */
        bool of_request;                /* the request or its key was refused: says nothing of an earlier send */
};
void stripe_judge(struct arena *a, int status, struct str body, const struct stripe_asked *asked,
    struct gateway_answer *out, struct stripe_hint *hint);
/* The intents of a list or search result that carry the reference. */
void stripe_intents_read(struct arena *a, const struct json *list, struct str reference, struct gateway_records *out);
/* Those refunds of a list that are the step: by its reference; where it is whole, also one that gave back as much. */
void stripe_refunds_read(struct arena *a, const struct json *list, const struct gateway_step *s,
    struct gateway_records *out);
/* Adds all refunds of a list's page; *last is the id of its last one. false: nothing is known. */
bool stripe_given_read(struct arena *a, const struct json *list, struct gateway_given *out, bool *more,
    struct str *last) MUSTCHECK;
/* A page of events, as gateway_events() gives them. */
void stripe_events_read(struct arena *a, const struct json *list, struct gateway_events *out);

struct str stripe_card_brand(const struct json *intent);
struct str stripe_card_last4(const struct json *intent);
struct str stripe_card_fingerprint(const struct json *intent);

void stripe_file_send(struct task *t, struct str key, struct str name, const char *media, struct str content,
    struct gateway_file *out);
void stripe_file_read(struct arena *a, int status, struct str body, struct gateway_file *out);
void stripe_dispute_read(struct arena *a, int status, struct str body, struct gateway_dispute *out);
void stripe_settlements_read(struct arena *a, const struct json *list, struct gateway_settlements *out);

/* An object out of an answer; NULL when it is none or not of this kind ("payment_intent"). */
const struct json *stripe_object(struct arena *a, struct str body, const char *kind);
const struct json *stripe_as(const struct json *node, const char *kind);
/* The array of a list and whether another page follows; NULL: it is no list, or one that goes on from nothing. */
const struct json *stripe_page(const struct json *list, bool *more);
struct str stripe_text(const struct json *object, const char *key);             /* a string; absent when it is not */
/* An id, or the id of the object that stands there expanded. */
struct str stripe_id(const struct json *object, const char *key);
struct str stripe_metadata(const struct json *object, const char *key);         /* absent when empty */
bool stripe_int(const struct json *object, const char *key, int64_t *out) MUSTCHECK;    /* an integer, written as one */
bool stripe_currency(const struct json *object, enum currency *out) MUSTCHECK;
bool stripe_money(const struct json *object, const char *key, struct money *out) MUSTCHECK;     /* not below 0 */
/* Ours into Stripe's units and back; false when it doesn't come out even. */
bool stripe_minor(struct money m, int64_t *out) MUSTCHECK;
bool stripe_amount(int64_t minor, enum currency c, int64_t *out) MUSTCHECK;
/* The charge of a refund or a dispute, as gateway_answer named it; made without an intent it has only its own id. */
struct str stripe_charge_of(const struct json *object);
bool stripe_is_charge(struct str id);   /* of a charge made without an intent (ch_...) */
bool stripe_seconds(struct str rfc3339, int64_t *out) MUSTCHECK;       /* of a time in UTC, as Stripe counts */
struct str stripe_time(struct arena *a, const struct json *object, const char *key);    /* RFC 3339, or absent */
enum gateway_record_state stripe_intent_state(const struct json *intent);
enum gateway_record_state stripe_refund_state(const struct json *refund);

#endif
