/*
 * gateway_lookup.c - the reading calls' dialects; apart from gateway.c for the
 * XML library's sake.
 */
#include "base/base.h"
#include "base/check.h"
#include "outside/gateway.h"
#include "outside/gateway_nmi.h"
#include "outside/gateway_stripe.h"

static const struct dialect {
        const char *name;
        void (*lookup)(struct task *, struct str, struct gateway_records *);
        void (*lookup_refund)(struct task *, const struct gateway_step *, struct gateway_records *);
        void (*find_refund)(struct task *, struct str, struct gateway_records *);
        void (*given_back)(struct task *, const struct gateway_given_ask *, struct gateway_given *);
        void (*events)(struct task *, struct str, struct str, struct gateway_events *);
} dialects[] = {
        { "nmi", nmi_lookup, nmi_lookup_refund, nmi_find_refund, nmi_given_back, nmi_events },
        { "stripe", stripe_lookup, stripe_lookup_refund, stripe_find_refund, stripe_given_back, stripe_events },
};

static const struct dialect *
dialect_of(struct str name)
{
        for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
                if (str_is(name, dialects[i].name))
                        return &dialects[i];
        NEVER("a gateway that is none");
}

void
gateway_lookup(struct task *t, struct str gateway, struct str reference, struct gateway_records *out)
{
        dialect_of(gateway)->lookup(t, reference, out);
}

void
gateway_lookup_refund(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_records *out)
{
        dialect_of(gateway)->lookup_refund(t, s, out);
}

void
gateway_find_refund(struct task *t, struct str gateway, struct str transaction, struct gateway_records *out)
{
        dialect_of(gateway)->find_refund(t, transaction, out);
}

void
gateway_given_back(struct task *t, struct str gateway, const struct gateway_given_ask *ask, struct gateway_given *out)
{
        *out = (struct gateway_given){ .asked = false };
        dialect_of(gateway)->given_back(t, ask, out);
        if (!out->asked)
                out->n = 0;
}

void
gateway_events(struct task *t, struct str gateway, struct str since, struct str cursor, struct gateway_events *out)
{
        dialect_of(gateway)->events(t, since, cursor, out);
}
