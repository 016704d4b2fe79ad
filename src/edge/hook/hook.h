/*
 * hook.h - callbacks of the parties we work with: POST /v1/webhooks/PARTY.
 *
 * The signature over the raw bytes decides (outside/signature.h); a bad one is
 * 401, logged with a count, and leaves nothing. A good one is answered
 * 200 once the event is committed, or was earlier; 503 when it can't be, so
 * that the party tries again. What is signed well and no event is 400, and told
 * to the operator, since its sender gives up on it. Nothing is done about an
 * event here.
 */
#ifndef EDGE_HOOK_HOOK_H
#define EDGE_HOOK_HOOK_H

#include "base/conf.h"
#include "edge/reply.h"
#include "edge/request.h"

/* At start: each secret that is set must be one or two; complains of every other. */
bool hook_secrets_ok(const struct conf *c, FILE *complain) MUSTCHECK;

bool hook_nmi(struct request *rq, struct reply *rp, struct err *e);
bool hook_stripe(struct request *rq, struct reply *rp, struct err *e);
bool hook_resend(struct request *rq, struct reply *rp, struct err *e);

#endif
