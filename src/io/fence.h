/*
 * fence.h - a process that may charge is killed before its charge is given up.
 *
 * fence_arm() starts a kernel timer (CLOCK_BOOTTIME, SIGKILL) before the
 * attempt is recorded. The timer runs on while the process is stopped or the
 * machine suspended, and it kills a stopped process too: a worker that slept
 * between recording and sending never wakes up to charge. fence_may_send()
 * says whether a call begun now ends before the fence; if not, nothing may be
 * sent. fence_disarm() ends it once the outcome is recorded.
 *
 * One fence a process; timers are not inherited over fork, so a child arms
 * its own.
 */
#ifndef IO_FENCE_H
#define IO_FENCE_H

#include "base/base.h"

struct fence {
        void *timer;                    /* timer_t, made at first use */
        bool made, armed;
        int64_t armed_boot_ms, length_ms;
};

void fence_arm(struct fence *f, int64_t length_ms);
bool fence_may_send(const struct fence *f, int64_t call_deadline_ms) MUSTCHECK;
void fence_disarm(struct fence *f);

#endif
