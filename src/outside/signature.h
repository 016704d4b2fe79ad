/*
 * signature.h - whether a callback's raw bytes come from whom they say.
 *
 * Pure: header values, body, secrets and the time come in, a verdict goes out.
 * Digests are compared in constant time. secrets holds one or two, separated
 * by a space: during a rotation both count. No secret, an empty body or a
 * malformed header is SIGNATURE_BAD; schemes that we don't know are skipped.
 * signature_secrets_ok() says whether a setting holds one or two: a third would
 * not count, and its events would be lost unseen. NULL (not set) is ok.
 *
 *   nmi       Webhook-Signature: t=<nonce>,s=<hex>: HMAC-SHA256 of nonce.body; no
 *             time, so no age: the event's id, kept for ever, stops a replay
 *   stripe    Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>...]: of t.body, keyed
 *             by the whole secret with its whsec_; older than 300 s is STALE,
 *             newer never, as in Stripe's own library
 *   standard  webhook-id, webhook-timestamp, webhook-signature: v1,<base64> ...
 *             (Standard Webhooks; Svix under svix-*): of id.timestamp.body, keyed
 *             by the decoded secret; more than 300 s off either way is STALE
 *
 * Sources: docs.nmi.com (webhooks), docs.stripe.com/webhooks,
 * github.com/standard-webhooks/standard-webhooks.
 */
#ifndef OUTSIDE_SIGNATURE_H
#define OUTSIDE_SIGNATURE_H

#include "base/base.h"
#include "base/str.h"

struct arena;

#define SIGNATURE_TOLERANCE_S   300

enum signature { SIGNATURE_GOOD, SIGNATURE_BAD, SIGNATURE_STALE };

bool signature_secrets_ok(const char *secrets) MUSTCHECK;
enum signature signature_nmi(struct arena *a, struct str header, struct str body, struct str secrets);
enum signature signature_stripe(struct arena *a, struct str header, struct str body, struct str secrets,
    int64_t now_s);
enum signature signature_standard(struct arena *a, struct str id, struct str timestamp, struct str header,
    struct str body, struct str secrets, int64_t now_s);

#endif
