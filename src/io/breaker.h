/*
 * breaker.h - stops calling what does not answer. After `limit` failures in a
 * row it is open for `open_ms`: calls are refused without trying. Then one
 * call probes; its success closes the breaker, its failure opens it again.
 * State is the process's own: no shared thing to wait for.
 */
#ifndef IO_BREAKER_H
#define IO_BREAKER_H

#include "base/base.h"

struct breaker {
        int failures;
        int64_t open_until_ms;          /* monotonic */
};

bool breaker_allows(const struct breaker *b);
void breaker_record(struct breaker *b, bool failed, int limit, int64_t open_ms);

#endif
