/* postings.h - a posting set as text, for tests that have one written out. */
#ifndef POSTINGS_H
#define POSTINGS_H

#include "domain/ledger/ledger.h"

/* "gateway_clearing 10270, ticket_revenue -10000": in the chart's order, until the next call. */
static inline const char *
postings_text(const struct posting_set *s)
{
        static char text[1024];
        size_t n = 0;

        text[0] = '\0';
        for (int a = 0; a < ACCOUNT_COUNT; a++)
                if (s->amount[a] != 0)
                        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %lld", n == 0 ? "" : ", ",
                            account_name((enum account)a), (long long)s->amount[a]);
        return text;
}

#endif
