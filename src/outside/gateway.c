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

#define BREAKER_LIMIT   5
#define BREAKER_OPEN_MS 1000            /* at least; half a call's deadline where that is longer */

bool
gateway_known(struct str name)
{
        return str_is(name, "nmi");
}

static bool
may_call(struct task *t, struct gateway_answer *out)
{
        if (breaker_allows(t->gateway_breaker))
                return true;
        *out = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = STR("the breaker is open") };
        return false;
}

/* A dropped connection or a strange answer is no sign that the next call fails; silence is. */
static void
record(struct task *t, const struct gateway_answer *a)
{
        int64_t open_ms = t->conf->call_deadline_ms / 2;

        breaker_record(t->gateway_breaker, a->outcome == GATEWAY_NOT_SENT || a->timed_out, BREAKER_LIMIT,
            open_ms > BREAKER_OPEN_MS ? open_ms : BREAKER_OPEN_MS);
}

static void
charge(struct task *t, struct str gateway, const char *type, const struct gateway_charge *c,
    struct gateway_answer *out)
{
        CHECK(gateway_known(gateway));
        if (!may_call(t, out))
                return;
        nmi_charge(t, type, c, out);
        record(t, out);
}

static void
step(struct task *t, struct str gateway, const char *type, const struct gateway_step *s,
    struct gateway_answer *out)
{
        CHECK(gateway_known(gateway));
        if (!may_call(t, out))
                return;
        nmi_step(t, type, s, out);
        record(t, out);
}

void
gateway_sale(struct task *t, struct str gateway, const struct gateway_charge *c, struct gateway_answer *out)
{
        charge(t, gateway, "sale", c, out);
}

void
gateway_authorize(struct task *t, struct str gateway, const struct gateway_charge *c, struct gateway_answer *out)
{
        charge(t, gateway, "auth", c, out);
}

void
gateway_capture(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out)
{
        step(t, gateway, "capture", s, out);
}

void
gateway_void(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out)
{
        step(t, gateway, "void", s, out);
}

void
gateway_refund(struct task *t, struct str gateway, const struct gateway_step *s, struct gateway_answer *out)
{
        step(t, gateway, "refund", s, out);
}
