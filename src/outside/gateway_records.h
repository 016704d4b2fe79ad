/*
 * gateway_records.h - what every dialect does with what it was told before it
 * hands it on. For the dialects alone.
 */
#ifndef OUTSIDE_GATEWAY_RECORDS_H
#define OUTSIDE_GATEWAY_RECORDS_H

#include "outside/gateway.h"

struct arena;

/* s has 1 to max characters, all of them allowed. */
bool gateway_only_of(struct str s, const char *allowed, size_t max);

/* The oldest first; those without a time keep their place behind them. */
void gateway_records_sort(struct gateway_records *r);
void gateway_records_reverse(struct gateway_records *r);       /* of a list that has the newest first */
/* Room for more records; those that are there stay. */
void gateway_given_grow(struct arena *a, struct gateway_given *g, size_t more);
bool gateway_records_approved(const struct gateway_records *r);         /* whether any is */

#endif
