/*
 * catalog.h - organizers, events, ticket types and promo codes.
 *
 * Each is a table of fields (organizer.def, event.def, ticket_type.def, promo_code.def): what
 * the API calls a field, in which group it stands, its column, kind, range and
 * default. One reader turns a request into the columns to write (as JSON, for
 * a writing function), one writer turns a row into what the API shows. What
 * two fields must be to each other is checked in the database.
 */
#ifndef DOMAIN_CATALOG_CATALOG_H
#define DOMAIN_CATALOG_CATALOG_H

#include "base/err.h"
#include "base/id.h"
#include "domain/idem/idem.h"
#include "io/json_read.h"

struct job;
struct task;

enum catalog_object { CATALOG_ORGANIZER, CATALOG_EVENT, CATALOG_TICKET_TYPE, CATALOG_PROMO };

/* What a caller sees of one object. */
struct catalog_item {
        struct uuid id;
        int64_t version;                /* the ETag */
        struct str created_at;
        struct str view;
};

struct catalog_change {
        enum catalog_object object;
        int32_t org;
        struct uuid event;              /* of a ticket type; of an event, itself */
        struct uuid id;                 /* when changed */
        struct str doc;                 /* columns as JSON */
        bool may_fund;                  /* of promo codes: may spend the platform's money */
        int64_t if_version;             /* 0: whatever it is */
        const char *actor;
};

/*
 * Reads the fields of a request into *doc; the caller reads what else stands
 * in the body from the same reader and closes it. creating: required fields
 * must be there and defaults are filled in, else only what was sent is read, and null
 * clears a field that has neither.
 */
void catalog_read(struct json_reader *r, enum catalog_object object, bool creating, struct uuid id, struct str *doc);

bool catalog_create(struct task *t, struct tx *tx, const struct catalog_change *c, struct catalog_item *out,
    struct err *e) MUSTCHECK;
bool catalog_update(struct task *t, const struct catalog_change *c, struct catalog_item *out, struct err *e) MUSTCHECK;

/* ERR_NOT_FOUND when there is none. id is ignored for organizers, event for events. */
bool catalog_find(struct task *t, enum catalog_object object, int32_t org, struct uuid event, struct uuid id,
    struct catalog_item *out, struct err *e) MUSTCHECK;

struct catalog_filter {
        enum catalog_object object;
        int32_t org;                    /* 0: every organizer's */
        struct uuid event;              /* of ticket types */
        struct str status;              /* of events; absent: any */
        struct str code, active;        /* of promo codes; active: "true" or "false"; absent: any */
        struct uuid batch;              /* of promo codes, of one organizer; nil: any */
        struct str before_at;
        struct uuid before_id;
        int64_t limit;
};
bool catalog_list(struct task *t, const struct catalog_filter *f, struct catalog_item **out, size_t *n,
    struct err *e) MUSTCHECK;

/* An event's status: "on_sale" or "paused"; ERR_STATE_CONFLICT, ERR_ORGANIZER_NOT_VERIFIED. */
bool event_move(struct task *t, struct tx *tx, int32_t org, struct uuid event, const char *to, const char *actor,
    struct catalog_item *out, struct err *e) MUSTCHECK;

/*
 * An event that does not take place as it was sold. event_cancel, for good:
 * what its orders hold goes back (domain/batches). event_postpone, until it
 * gets new dates by catalog_update: for `days`, guests who bought before may
 * have their money back, whatever the refund policy's window. Already so is no
 * change. Both: ERR_STATE_CONFLICT, when it is over also unless `over`.
 */
struct event_halt {
        struct uuid event;
        struct str reason;              /* or absent */
        int64_t days;                   /* of event_postpone */
        bool over;                      /* the caller may halt what is over: its money may have been paid out */
        const char *actor;
};
bool event_cancel(struct task *t, struct tx *tx, const struct event_halt *h, struct catalog_item *out,
    struct err *e) MUSTCHECK;
bool event_postpone(struct task *t, struct tx *tx, const struct event_halt *h, struct catalog_item *out,
    struct err *e) MUSTCHECK;

/* A job: the event's end. */
bool event_complete(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

struct verification {
        struct str status, licence_number, licence_expires_on, reason;
};
bool organizer_verify(struct task *t, struct tx *tx, int32_t org, const struct verification *v, const char *actor,
    struct catalog_item *out, struct err *e) MUSTCHECK;

#endif
