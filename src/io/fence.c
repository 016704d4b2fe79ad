/* fence.c - timer_create(2) with SIGKILL, armed and disarmed. */
#include "base/base.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "io/fence.h"

#include <signal.h>
#include <time.h>

static void
set_timer(struct fence *f, int64_t ms)
{
        struct itimerspec when = { .it_value = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 } };

        CHECK(timer_settime((timer_t)f->timer, 0, &when, NULL) == 0);
}

void
fence_arm(struct fence *f, int64_t length_ms)
{
        FAULT(fence_before_arm);
        if (!f->made) {
                struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
                timer_t timer;

                CHECK(timer_create(CLOCK_BOOTTIME, &ev, &timer) == 0);
                f->timer = (void *)timer;
                f->made = true;
        }
        f->armed_boot_ms = clock_boot_ms();
        f->length_ms = length_ms;
        set_timer(f, length_ms);
        f->armed = true;
        FAULT(fence_armed);
}

bool
fence_may_send(const struct fence *f, int64_t call_deadline_ms)
{
        return f->armed && clock_boot_ms() + call_deadline_ms <= f->armed_boot_ms + f->length_ms;
}

void
fence_disarm(struct fence *f)
{
        if (f->armed)
                set_timer(f, 0);
        f->armed = false;
}
