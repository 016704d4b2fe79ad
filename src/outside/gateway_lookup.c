/* gateway_lookup.c - the look-up's dialects; apart from gateway.c for the XML library's sake. */
#include "base/base.h"
#include "base/check.h"
#include "outside/gateway.h"
#include "outside/gateway_nmi.h"

void
gateway_lookup(struct task *t, struct str gateway, struct str reference, struct gateway_records *out)
{
        CHECK(gateway_known(gateway));
        nmi_lookup(t, reference, out);
}
