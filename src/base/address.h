/*
 * address.h - IP addresses as callers write them.
 *
 * address_network() is what of it stands for one customer: of IPv4 all (also
 * where it is mapped into IPv6), of IPv6 the first 64 bits, since whoever has
 * one has all that begin so. Absent: the text is no address.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/str.h"

struct arena;

struct str address_network(struct arena *a, struct str text);

#endif
