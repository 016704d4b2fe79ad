/*
 * access.h - who is calling: API keys, access tokens, and what each may do.
 *
 * A secret is "sk_test_", "sk_live_" or "at_" and 256 random bits in base32;
 * only its SHA-256 is stored. Keys have a role (admin, platform, organizer);
 * tokens are short-lived and bound to one organizer or one guest: what a
 * browser holds. Nothing caches credentials: a revoked one is dead at once.
 *
 * Scopes narrow a key: without any it may do all that its role may.
 */
#ifndef DOMAIN_ACCESS_ACCESS_H
#define DOMAIN_ACCESS_ACCESS_H

#include "base/err.h"
#include "base/id.h"

struct task;
struct tx;

enum role { ROLE_ADMIN = 1, ROLE_PLATFORM = 2, ROLE_ORGANIZER = 4, ROLE_GUEST = 8 };

enum scope { SCOPE_CATALOG, SCOPE_ORDERS, SCOPE_LEDGER, SCOPE_ACCESS, SCOPE_OPERATIONS, SCOPE_COUNT };

struct principal {
        enum role role;
        bool token;                     /* an access token: a browser may hold it */
        int32_t org;                    /* the organizer's number; 0 for the platform and its guests */
        struct uuid subject;            /* organizer's or guest's id; nil for the platform */
        struct uuid credential;
        unsigned scopes;                /* bits of enum scope */
        char actor[ID_TEXT_MAX];        /* the credential, as the audit log names it */
};

/* secret: what stood behind "Bearer ". Fails with ERR_UNAUTHENTICATED. */
bool access_authenticate(struct task *t, struct str secret, struct principal *out, struct err *e) MUSTCHECK;

struct credential_ask {
        bool token;
        enum role role;
        int32_t org;
        struct uuid subject;
        struct str name;
        unsigned scopes;                /* 0: all of the role */
        int64_t ttl_seconds;            /* 0: expires_at, or never */
        struct str expires_at;          /* RFC 3339, or absent */
        const char *actor;
        struct str request_id;
};

struct credential {
        struct uuid id;
        struct str secret;              /* shown once */
        struct str created_at, expires_at;
};

bool access_create(struct task *t, struct tx *tx, const struct credential_ask *ask, struct credential *out,
    struct err *e) MUSTCHECK;
/* By id; token says which kind it must be. Only keys and tokens that `by` may see: others are ERR_NOT_FOUND. */
bool access_revoke(struct task *t, const struct principal *by, struct uuid id, bool token, struct err *e) MUSTCHECK;

const char *role_name(enum role r);
bool role_parse(struct str s, enum role *out) MUSTCHECK;
const char *scope_name(enum scope s);

#endif
