/* breaker.c - counting failures in a row. */
#include "base/base.h"
#include "base/clock.h"
#include "io/breaker.h"

bool
breaker_allows(const struct breaker *b)
{
        return clock_mono_ms() >= b->open_until_ms;
}

void
breaker_record(struct breaker *b, bool failed, int limit, int64_t open_ms)
{
        b->failures = failed ? b->failures + 1 : 0;
        if (b->failures >= limit)
                b->open_until_ms = clock_mono_ms() + open_ms;
}
