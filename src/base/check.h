/*
 * check.h - assertions that stay on.
 *
 * CHECK states what our own code must have made true; when it is false the
 * process logs the place and aborts, and its supervisor starts another. Bad
 * input is never a CHECK: it is an error (err.h).
 *
 * Long-lived handles begin with a magic number; CHECK_HANDLE catches a freed
 * or foreign pointer at the door.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stdint.h>

#define CHECK(cond) \
        do { if (!(cond)) check_failed(#cond, __FILE__, __LINE__); } while (0)
#define NEVER(why)              check_failed("never: " why, __FILE__, __LINE__)
#define CHECK_HANDLE(h, m)      CHECK((h) != NULL && (h)->magic == (m))

_Noreturn void check_failed(const char *cond, const char *file, int line);

#endif
