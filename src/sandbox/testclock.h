/*
 * testclock.h - the books' time: the wall clock plus what the test clock of a
 * Boxoffice installation runs ahead by.
 *
 * A thread asks that installation's database five times a second; while it
 * can't be asked the last known lead stays. So the books may follow an advance
 * of the test clock up to TESTCLOCK_POLL_MS late.
 */
#ifndef SANDBOX_TESTCLOCK_H
#define SANDBOX_TESTCLOCK_H

#include <stdint.h>

#define TESTCLOCK_POLL_MS 200

/* Begins to follow; conninfo (libpq's) must live on. Without this call the books' time is the wall clock's. */
void testclock_follow(const char *conninfo);
int64_t testclock_now_ms(void);

#endif
