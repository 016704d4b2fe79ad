/*
 * gateway.c - which dialect a gateway's name means, and the breaker before
 * every money call: while recent calls could not connect or timed out, nothing
 * is sent and the caller is told so.
 */
#include "base/base.h"
#include "base/check.h"
#include "io/breaker.h"
#include "io/task.h"
#include "outside/gateway.h"
#include "outside/gateway_nmi.h"
#include "outside/gateway_stripe.h"

#define BREAKER_LIMIT   5
#define BREAKER_OPEN_MS 1000            /* at least; half a call's deadline where that is longer */

typedef void charge_fn(struct task *, const struct gateway_charge *, struct gateway_answer *);
typedef void step_fn(struct task *, const struct gateway_step *, struct gateway_answer *);

static const struct dialect {
        bool (*usable)(const struct conf *);
        charge_fn *sale, *authorize;
        step_fn *capture, *cancel, *refund;
        bool (*code_is_setup)(struct str);
} dialects[] = {
        { nmi_usable, nmi_sale, nmi_authorize, nmi_capture, nmi_void, nmi_refund, nmi_code_is_setup },
        { stripe_usable, stripe_sale, stripe_authorize, stripe_capture, stripe_void, stripe_refund,
            stripe_code_is_setup },
};

const char *const gateway_names[] = { "nmi", "stripe", NULL };
_Static_assert(ARRAY_LEN(gateway_names) == ARRAY_LEN(dialects) + 1, "every dialect has its name");
_Static_assert(ARRAY_LEN(dialects) <= TASK_GATEWAYS_MAX, "every dialect has its breaker");

static const struct dialect *
dialect_of(struct str name)
{
        for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
                if (str_is(name, gateway_names[i]))
                        return &dialects[i];
        return NULL;
}

bool
gateway_known(struct str name)
{
        return dialect_of(name) != NULL;
}

bool
gateway_usable(const struct conf *c, struct str name)
{
        const struct dialect *d = dialect_of(name);

        return d != NULL && d->usable(c);
}

bool
gateway_code_is_setup(struct str gateway, struct str code)
{
        const struct dialect *d = dialect_of(gateway);

        CHECK(d != NULL);
        return d->code_is_setup(code);
}

/* Each gateway has a breaker of its own: one that is down stops nobody else. */
static struct breaker *
breaker_of(struct task *t, const struct dialect *d)
{
        return &t->gateway_breakers[d - dialects];
}

static bool
may_call(struct task *t, const struct dialect *d, struct gateway_answer *out)
{
        if (breaker_allows(breaker_of(t, d)))
                return true;
        *out = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = STR("the breaker is open") };
        return false;
}

/*
 * A dropped connection or a strange answer is no sign that the next call
 * fails; silence is. An answer that refuses our credentials has a code.
 */
static void
record(struct task *t, const struct dialect *d, const struct gateway_answer *a)
{
        bool silent = a->timed_out || (a->outcome == GATEWAY_NOT_SENT && a->code.p == NULL);
        int64_t open_ms = t->conf->call_deadline_ms / 2;

        breaker_record(breaker_of(t, d), silent, BREAKER_LIMIT,
            open_ms > BREAKER_OPEN_MS ? open_ms : BREAKER_OPEN_MS);
}

static void
charge(struct task *t, const struct dialect *d, charge_fn *fn, const struct gateway_charge *c,
    struct gateway_answer *out)
{
        if (!may_call(t, d, out))
                return;
        fn(t, c, out);
        record(t, d, out);
}

static void
step(struct task *t, const struct dialect *d, step_fn *fn, const struct gateway_step *s, struct gateway_answer *out)
{
        if (!may_call(t, d, out))
                return;
        fn(t, s, out);
        record(t, d, out);
}

void
gateway_sale(struct task *t, struct str gateway, const struct gateway_charge *c, struct gateway_answer *out)
{
        const struct dialect *d = dialect_of(gateway);

        CHECK(d != NULL);
        charge(t, d, d->sale, c, out);
}

void
gateway_authorize(struct task *t, struct str gateway, const struct gateway_charge *c, struct gateway_answer *out)
{
        const struct dialect *d = dialect_of(gateway);

        CHECK(d != NULL);
        charge(t, d, d->authorize, c, out);
}

void
gateway_capture(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out)
{
        const struct dialect *d = dialect_of(gateway);

        CHECK(d != NULL);
        step(t, d, d->capture, s, out);
}

void
gateway_void(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out)
{
        const struct dialect *d = dialect_of(gateway);

        CHECK(d != NULL);
        step(t, d, d->cancel, s, out);
}

void
gateway_refund(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out)
{
        const struct dialect *d = dialect_of(gateway);

        CHECK(d != NULL);
        step(t, d, d->refund, s, out);
}
