/*
 * event.h - what a gateway tells by itself. Events are not kept: they follow
 * from the rows of the books, so that there is an event exactly when there is
 * its transaction, with the same bytes whenever they are asked for. A body
 * shows its object as it was when the event happened.
 */
#ifndef SANDBOX_EVENT_H
#define SANDBOX_EVENT_H

#include "sandbox/books.h"

#define EVENTS_A_ROW    4

/* The types of a row's events; how many. */
size_t event_types(const struct txn *t, const char *type[EVENTS_A_ROW]);
/* An event's number: its row and its place among the row's. Numbers ascend with the rows. */
int64_t event_number(int64_t row, size_t place);
/* The id as the gateway writes it. */
struct str event_id(struct arena *a, enum txn_gateway g, int64_t number);
/* false: there is no such event, or not yet. */
bool event_body(struct books *b, struct arena *a, int64_t number, struct str *body) MUSTCHECK;

/* A row with the rows it acts on, each as it was when this one was entered. It points into itself: not to be copied. */
struct event_scene {
        struct txn row;
        struct txn charge;              /* the sale or auth; the row itself when it is one */
        struct txn refund;              /* of a refund and its failure */
        struct txn dispute;             /* of a dispute and its steps */
};

bool event_scene(struct books *b, int64_t row, struct event_scene *out) MUSTCHECK;

/* The dialects' parts. */
struct str nmi_event_body(struct arena *a, const struct event_scene *s, struct str id, const char *type);
struct str stripe_event_body(struct arena *a, const struct event_scene *s, struct str id, const char *type);

#endif
