/*
 * idem.h - Idempotency-Key: one effect and one answer per key, for ever.
 *
 * The claim is the first statement of the effect's own transaction: rolled
 * back with it, committed with it. It is scoped to the principal, not the
 * credential, and binds method, path and the SHA-256 of the body. The answer
 * is sealed (AES-256-GCM bound to the key's place) because it may name a
 * guest, and it is stored by whichever path runs the last transaction.
 *
 * A key that was not sent claims nothing: every claim is then fresh.
 */
#ifndef DOMAIN_IDEM_IDEM_H
#define DOMAIN_IDEM_IDEM_H

#include "base/err.h"
#include "base/id.h"
#include "base/secret.h"
#include "io/db.h"

struct task;

#define IDEM_KEY_MAX 255

struct idem {
        bool wanted;
        int32_t org;                    /* of the principal, 0 for the platform */
        struct uuid principal;          /* nil for the platform */
        struct str key, method, path;
        unsigned char body_hash[SHA256_SIZE];
        bool browser;                   /* asked with an access token: answers show less */
        struct str request_id;
        struct uuid run;                /* this request's own: tells its repeat from another's */
};

struct answer {
        int status;
        struct str body;
        bool replayed;
        int retry_after_seconds;        /* > 0: sent */
};

enum idem_verdict {
        IDEM_FRESH,                     /* make the effect */
        IDEM_REPLAY,                    /* *answer is the stored one */
        IDEM_MINE,                      /* this run made *object already: its COMMIT's answer was lost */
        IDEM_OPEN                       /* an earlier run made *object and ended without a final answer */
};

/* Queues the claim; nothing when no key was sent. object: what this run makes (nil: nothing to go on with later). */
void idem_claim_put(struct task *t, struct tx *tx, const struct idem *i, struct uuid object);
/* Its verdict. Fails with idempotency_in_progress or idempotency_key_reused. */
bool idem_claim_get(struct task *t, struct tx *tx, const struct idem *i, enum idem_verdict *verdict,
    struct uuid *object, struct answer *answer, struct err *e) MUSTCHECK;

/* Queues the key's final answer, once; a NULL: the run is over without one (outcome unknown, nothing sent). */
void idem_finish_put(struct task *t, struct tx *tx, const struct idem *i, const struct answer *a);

/* The claim of a payment whose outcome came later: fills i (wanted = false when there is none). */
bool idem_load(struct task *t, int32_t org, struct uuid principal, struct str key, struct idem *i,
    struct err *e) MUSTCHECK;

/* What a stored answer is sealed to (base/keyring.h). */
struct str idem_place(struct arena *a, const struct idem *i);

/* The final answer that the key has by now; false when there is none or it can't be read. */
bool idem_answer(struct task *t, const struct idem *i, struct answer *out) MUSTCHECK;

/*
 * A use case that answers at once: claim, fn, store its answer, commit. fn
 * makes the effect and renders *out; it may run again.
 */
typedef bool (*idem_fn)(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e);
bool idem_run(struct task *t, const struct idem *i, idem_fn fn, void *arg, struct answer *out, struct err *e) MUSTCHECK;

#endif
