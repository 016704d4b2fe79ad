/*
 * gate.h - the one admission function: everything that is decided about a
 * request before its handler runs, cheapest first, and nothing after it.
 *
 *   route and method, then the body's size (fcgi.c) -> credential -> rate
 *   -> role and scope -> body and its type -> JSON -> card data -> Idempotency-Key
 */
#ifndef EDGE_GATE_H
#define EDGE_GATE_H

#include "edge/reply.h"
#include "edge/request.h"

struct order_ask;

/* The route is known and the body read. */
bool gate_admit(struct request *rq, struct reply *rp, struct err *e) MUSTCHECK;

/* The row of route.def that answers this, its {..} put into rq->param; ERR_NOT_FOUND, ERR_METHOD_NOT_ALLOWED. */
bool route_find(struct request *rq, struct reply *rp, struct err *e) MUSTCHECK;

/* Counts the call against its class (Redis, GCRA); adds RateLimit fields. Redis down: allowed. */
bool ratelimit_allow(struct request *rq, struct reply *rp, struct err *e) MUSTCHECK;
/* Counts a refused credential against its address: e becomes rate_limited when there are too many. */
void ratelimit_refused(struct request *rq, struct err *e);
/*
 * Codes that do not exist are counted for their caller and for their event.
 * Who has had too many may not even try: a hit would tell as much as a miss.
 * Sets a->barred_seconds, for what is priced anew; a key that was claimed
 * before goes on.
 */
void ratelimit_guesser(struct request *rq, struct order_ask *a);
void ratelimit_guessed(struct request *rq, const struct order_ask *a, size_t misses);
/* The CORS fields that an access token's caller from an allowed origin gets. */
void cors_fields(struct request *rq, struct reply *rp);

#endif
