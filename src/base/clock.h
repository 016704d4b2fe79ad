/*
 * clock.h - the process's clocks. Business time (holds, sale windows,
 * created_at) is not here: it is the database's (sql/functions/ops/now.sql),
 * because test installations can move it.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void);            /* Unix time; names things, never measures */
int64_t clock_mono_ms(void);            /* for deadlines of this process; stands still while suspended */
int64_t clock_mono_us(void);
int64_t clock_boot_ms(void);            /* CLOCK_BOOTTIME, the fence's: runs on while stopped or suspended */
void clock_sleep_ms(int64_t ms);        /* returns early when a signal comes */

#define RFC3339_MAX 32
void clock_rfc3339(int64_t wall_ms, char out[RFC3339_MAX]);     /* 2026-11-24T22:50:39.123Z */

#endif
