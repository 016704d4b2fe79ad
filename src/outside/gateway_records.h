/*
 * gateway_records.h - what every dialect's look-up does with its records
 * before it hands them on. For the dialects alone.
 */
#ifndef OUTSIDE_GATEWAY_RECORDS_H
#define OUTSIDE_GATEWAY_RECORDS_H

#include "outside/gateway.h"

/* The oldest first; those without a time keep their place behind them. */
void gateway_records_sort(struct gateway_records *r);
bool gateway_records_approved(const struct gateway_records *r);         /* whether any is */

#endif
