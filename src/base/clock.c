/* clock.c - reading clocks. */
#include "base/base.h"
#include "base/check.h"
#include "base/clock.h"

#include <time.h>

static int64_t
read_us(clockid_t id)
{
        struct timespec t;

        CHECK(clock_gettime(id, &t) == 0);
        return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_wall_ms(void)
{
        return read_us(CLOCK_REALTIME) / 1000;
}

int64_t
clock_mono_ms(void)
{
        return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_mono_us(void)
{
        return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_boot_ms(void)
{
        return read_us(CLOCK_BOOTTIME) / 1000;
}

void
clock_sleep_ms(int64_t ms)
{
        struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

        (void)nanosleep(&t, NULL);
}

void
clock_rfc3339(int64_t wall_ms, char out[RFC3339_MAX])
{
        time_t s = (time_t)(wall_ms / 1000);
        struct tm tm;

        CHECK(gmtime_r(&s, &tm) != NULL);
        (void)snprintf(out, RFC3339_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
            (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100, tm.tm_mday % 100,
            tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100, (int)(wall_ms % 1000));
}
