/* catalog_show.h - what the handlers of organizers, events, ticket types and promo codes share. */
#ifndef EDGE_API_CATALOG_SHOW_H
#define EDGE_API_CATALOG_SHOW_H

#include "domain/catalog/catalog.h"
#include "edge/reply.h"
#include "edge/request.h"

bool catalog_show(struct reply *rp, int status, const struct catalog_item *item);
/* Creates under the request's Idempotency-Key and answers 201. */
bool catalog_show_created(struct request *rq, struct reply *rp, const struct catalog_change *c,
    struct err *e) MUSTCHECK;
/* A page; f's place and limit come from the request. known: the query parameters of this call, NULL-ended. */
bool catalog_show_list(struct request *rq, struct reply *rp, struct catalog_filter *f, const char *const *known,
    struct err *e) MUSTCHECK;
/* Whose a new event or promo code is: an organizer need not name itself. */
struct uuid catalog_get_organizer(struct request *rq, struct json_reader *r);
/* {org}, {event}, {type} of the path; visible to the caller. */
bool catalog_param_org(struct request *rq, struct uuid *out, struct err *e) MUSTCHECK;
bool catalog_param_event(struct request *rq, struct uuid *out, struct err *e) MUSTCHECK;
/* The event of the path, or its ticket type. */
bool catalog_event_find(struct request *rq, struct catalog_item *out, struct err *e) MUSTCHECK;
bool catalog_type_find(struct request *rq, struct catalog_item *out, struct err *e) MUSTCHECK;
/* An organizer is found by its number: the rest of the id must be its own too. */
bool catalog_is(const struct catalog_item *item, struct uuid id, struct err *e) MUSTCHECK;
/* The same of an id in a body; ERR_NOT_FOUND. */
bool organizer_exists(struct request *rq, struct uuid id, struct err *e) MUSTCHECK;

#endif
