/*
 * api.h - the handlers, declared from route.def. Each reads its request, calls
 * one use case and shows the result; admission (gate.h) has happened. false:
 * *e is the problem that the caller gets.
 */
#ifndef EDGE_API_API_H
#define EDGE_API_API_H

#include "edge/reply.h"
#include "edge/request.h"

#define ROUTE(method, path, handler, who, scope, limit, idem, body) \
        bool handler(struct request *rq, struct reply *rp, struct err *e);
#include "edge/route.def"
#undef ROUTE

/* Whose objects a list shows: an organizer sees its own, others all (0) or those of ?organizer=. */
int32_t list_org(struct request *rq, struct err *e);

#endif
