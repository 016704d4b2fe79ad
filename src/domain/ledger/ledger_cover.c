/* ledger_cover.c - which of the organizer's accounts give, and which get back. Pure. */
#include "base/base.h"
#include "base/check.h"
#include "domain/ledger/ledger.h"

/* Takes from *left what there is, at most. */
static int64_t
take(int64_t *left, int64_t there_is)
{
        int64_t taken = *left < there_is ? *left : there_is;

        CHECK(there_is >= 0 && taken >= 0);
        *left -= taken;
        return taken;
}

struct own_parts
cover_refund(int64_t amount, const struct own_parts *own)
{
        struct own_parts from;

        from.pending = take(&amount, own->pending);
        from.reserve = take(&amount, own->reserve);
        from.available = amount;
        return from;
}

struct own_parts
cover_dispute(int64_t amount, const struct own_parts *own)
{
        struct own_parts from;

        from.reserve = take(&amount, own->reserve);
        from.pending = take(&amount, own->pending);
        from.available = amount;
        return from;
}

struct own_parts
cover_return(int64_t amount, const struct own_taken *was)
{
        struct own_parts to = { 0 };
        int64_t lent;

        CHECK(amount >= 0 && was->available >= 0 && was->came_available >= 0);
        lent = was->available > was->came_available ? was->available - was->came_available : 0;
        to.available = take(&amount, lent);
        to.reserve = take(&amount, was->reserve);
        to.pending = amount;
        if (was->reserve_released) {
                to.available += to.reserve;
                to.reserve = 0;
        }
        if (was->matured) {
                to.available += to.pending;
                to.pending = 0;
        }
        return to;
}
