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
        void (*events)(struct task *, struct str, struct str, struct gateway_events *);
} dialects[] = {
        { "nmi", nmi_lookup, nmi_lookup_refund, nmi_events },
        { "stripe", stripe_lookup, stripe_lookup_refund, stripe_events },
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
gateway_events(struct task *t, struct str gateway, struct str since, struct str cursor, struct gateway_events *out)
{
        dialect_of(gateway)->events(t, since, cursor, out);
}
