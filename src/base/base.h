/*
 * base.h - first include of every .c file.
 *
 * Brings config.h, the few standard headers that everything uses, the
 * attributes of the house and the list of banned functions. It declares no
 * function of ours: what a file uses, it includes by name.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The result says whether it worked: ignoring it does not compile. */
#define MUSTCHECK       __attribute__((warn_unused_result))
#define PRINTF(f, a)    __attribute__((format(printf, f, a)))
#define UNUSED          __attribute__((unused))

#define ARRAY_LEN(a)    (sizeof(a) / sizeof((a)[0]))

#include "base/banned.h"

#endif
