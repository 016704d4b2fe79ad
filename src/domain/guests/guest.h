/*
 * guest.h - the person who buys. The guests' table is the only one with
 * personal data; everything else points to it by id. A guest made for an
 * access token belongs to the platform (number 0); an order's guest to its
 * organizer, and points to the token's guest as its person.
 */
#ifndef DOMAIN_GUESTS_GUEST_H
#define DOMAIN_GUESTS_GUEST_H

#include "base/err.h"
#include "base/id.h"

struct arena;
struct task;
struct tx;

struct guest {
        struct uuid id;
        struct str name, email, locale;
};

/* Makes g->id. */
bool guest_create(struct task *t, struct tx *tx, struct guest *g, struct err *e) MUSTCHECK;
/* ERR_NOT_FOUND when there is none. */
bool guest_find(struct task *t, int32_t org, struct uuid id, struct guest *out, struct err *e) MUSTCHECK;
/* Name, e-mail, normalised e-mail and the rest in the order of app.guest_put. */
#define GUEST_TEXTS 7
void guest_texts(struct arena *a, const struct guest *g, struct str client_ip, struct str client_agent,
    struct str client_device, struct str out[GUEST_TEXTS]);
/*
 * Case folded and composed (NFKC), the domain as the DNS has it, plus-tags off,
 * dots off where the provider ignores them: what "the same guest" means to limits.
 */
struct str email_normal(struct arena *a, struct str email);

#endif
