/*
 * webhook.h - what gateways tell us by themselves, from the door to the books.
 *
 *   taken (unique for ever, sealed, committed: only then 200) -> applied | ignored
 *         \-- fails --> again, with backoff --> buried
 *
 * An event decides nothing. It names an attempt; where the books don't say the
 * same of it already, the look-up that decides is asked for
 * (domain/payments). So an event may come twice, late, in any order, or never.
 *
 * Redis knows which events were taken in the last three days, so that a
 * repetition costs no transaction. It is only a shortcut: its keys carry the
 * epoch (house.h), and whatever it says, the row decides.
 *
 * Payloads stand sealed in the database (base/keyring.h), bound to gateway and
 * event. They are opened to be applied, and by `boxoffice webhooks show`.
 */
#ifndef DOMAIN_WEBHOOKS_WEBHOOK_H
#define DOMAIN_WEBHOOKS_WEBHOOK_H

#include "base/err.h"
#include "base/str.h"
#include "outside/gateway_event.h"

struct job;
struct task;

#define WEBHOOK_BURY_AFTER      20

/* An event whose signature was good. Returns true when it is committed, now or earlier; else ERR_UNAVAILABLE. */
struct webhook_ask {
        struct str gateway, event_id, type, body;
        bool recovered;                 /* from the gateway's own list */
};
bool webhook_take(struct task *t, const struct webhook_ask *ask, struct err *e) MUSTCHECK;

/* What a payload is sealed to. */
struct str webhook_place(struct arena *a, struct str gateway, struct str event_id);

/*
 * The daemon's part: takes up to some due events under a lease and applies
 * them. *worked: there were any.
 */
bool webhooks_apply(struct task *t, bool *worked, struct err *e) MUSTCHECK;

/* The event in a sealed payload. */
bool webhook_open(struct task *t, struct str gateway, struct str event_id, struct str payload, struct str *body,
    struct gateway_event *out, struct err *e) MUSTCHECK;

/*
 * Jobs that come round: compare each gateway's own list with ours and take in
 * what never arrived, marked recovered. The recent hours often, three days
 * daily; after a restore from a day before the books end, and then money calls
 * are answered again.
 */
bool webhooks_sweep(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
bool webhooks_sweep_daily(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
bool webhooks_sweep_restore(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

#endif
