/*
 * check.c - the end of a process whose own code is wrong. It writes one line
 * with nothing but write(2), because the heap or stdio may be what broke.
 */
#include "base/base.h"
#include "base/check.h"

#include <unistd.h>

_Noreturn void
check_failed(const char *cond, const char *file, int line)
{
        char msg[512];
        int n = snprintf(msg, sizeof msg,
            "{\"level\":\"fatal\",\"event\":\"check.failed\",\"place\":\"%s:%d\",\"detail\":\"%s\","
            "\"next\":\"none for now: another process takes over; report this line\"}\n",
            file, line, cond);

        if (n > 0) {
                ssize_t written = write(STDERR_FILENO, msg,
                    (size_t)n < sizeof msg ? (size_t)n : sizeof msg - 1);
                (void)written;
        }
        abort();
}
