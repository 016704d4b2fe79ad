/*
 * gateway_event.h - what a gateway tells us by itself (webhooks), and its own
 * list of the same, in our words.
 *
 * An event is a hint, never the truth: it names an object, and what became of
 * that object is asked from the gateway (gateway_lookup()).
 *
 * gateway_event_head() reads id and type of a raw body whose signature was
 * good; it looks at nothing else, so that intake stays cheap. false: the body
 * is no JSON object with both (id 1..255 printable characters, type 1..100).
 * "resend" is read too: its id comes with the signature, and is absent here;
 * gateway_event_is_id() says whether that is one.
 *
 * gateway_event_read() reads all that we use. An event of a type that we don't
 * know is SUBJECT_OTHER; members that we don't know are ignored; ids and
 * amounts may be strings or numbers. A known type whose body lacks what it
 * must have fails with ERR_INVALID_REQUEST and says what is missing; one that
 * json_read.h refuses, with ERR_INVALID_JSON. Nothing of the body is quoted.
 *
 * gateway_events() is the gateway's own list since a time, page by page: at
 * Stripe its events, as they were sent; at NMI, which keeps no list of events,
 * one made of each transaction, with an id that is always the same for it and
 * for what became of it, and a body of the same form as NMI's webhooks.
 */
#ifndef OUTSIDE_GATEWAY_EVENT_H
#define OUTSIDE_GATEWAY_EVENT_H

#include "base/err.h"
#include "outside/gateway.h"

struct arena;

#define GATEWAY_EVENT_ID_MAX    255
#define GATEWAY_EVENT_TYPE_MAX  100

/*
 * A dispute in an event of a gateway that has no API for them: absent what was
 * not told. amount and fee are as written; whose currency it is in, the charge tells.
 */
struct gateway_chargeback {
        struct str id;                  /* or one made of the rest, where it has none */
        struct str charge;              /* the gateway's id of it */
        struct str last4, day;          /* of its card; 2026-11-25 */
        struct str amount, fee, reason, status, due_by;
};

enum gateway_subject { SUBJECT_OTHER, SUBJECT_CHARGE, SUBJECT_REFUND, SUBJECT_DISPUTE };

struct gateway_event {
        struct str gateway, id, type;
        enum gateway_subject subject;
        enum gateway_record_state state;        /* what it says of a charge or refund */
        struct str transaction;                 /* the gateway's id of the subject */
        struct str charge;                      /* refund, dispute: the gateway's id of its charge; absent: not told */
        struct str reference, order, house;     /* as we sent them; absent when not told */
        struct money amount;                    /* 0 when not told */
        struct gateway_chargeback *chargeback;  /* disputes that come in one event; NULL: the subject is one */
        size_t chargebacks;
        bool made;                              /* from the list, not as the gateway would have sent it */
        struct str body;                        /* of gateway_events(): what to keep */
};

bool gateway_event_head(struct arena *a, struct str gateway, struct str body, struct str *id, struct str *type)
    MUSTCHECK;
bool gateway_event_is_id(struct str id) MUSTCHECK;
bool gateway_event_read(struct arena *a, struct str gateway, struct str body, struct gateway_event *out,
    struct err *e) MUSTCHECK;

/* An amount as a chargeback has it; above zero. */
bool gateway_chargeback_amount(struct str text, enum currency c, struct money *out) MUSTCHECK;
/* Likewise what the gateway takes for it, which may be nothing. */
bool gateway_chargeback_fee(struct str text, enum currency c, struct money *out) MUSTCHECK;
/* YYYYMMDD or YYYY-MM-DD as the latter; absent when it is no day. */
struct str gateway_chargeback_day(struct arena *a, struct str text);
/* The gateway's own, or where it gave none one that the rest makes: the same for the same dispute. */
struct str gateway_chargeback_id(struct arena *a, struct str id, struct str charge, struct str last4, struct str day,
    struct str amount);
/* The last four digits of a masked number; absent when there are none. */
struct str gateway_chargeback_last4(struct str text);

struct gateway_events {
        bool asked;                     /* false: no usable answer */
        struct gateway_event *event;
        size_t n;
        struct str next;                /* the cursor of the next page; absent: this was the last */
        struct str why;                 /* for logs */
};

/* since: RFC 3339 in UTC. cursor: absent for the first page. */
void gateway_events(struct task *t, struct str gateway, struct str since, struct str cursor,
    struct gateway_events *out);

#endif
