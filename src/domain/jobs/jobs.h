/*
 * jobs.h - the kinds of work and who does them. A job that calls the gateway
 * runs in a process of its own, so that a fence kills one call and not a
 * batch; the others run in the daemon itself, one after the other.
 */
#ifndef DOMAIN_JOBS_JOBS_H
#define DOMAIN_JOBS_JOBS_H

#include "base/err.h"
#include "io/job.h"

#include <signal.h>

struct task;

/* Whether this kind calls the outside. */
bool jobs_calls_out(const struct job *j);
/*
 * Runs the job and finishes it or asks for it again. A failure is logged and
 * retried with backoff, counted towards burying; it never stops the daemon.
 */
void jobs_run(struct task *t, const struct job *j);

/* The daemon: looks every conf.jobs_poll_ms, until *stop is set; then waits for its children. */
void jobs_serve(struct task *t, const volatile sig_atomic_t *stop);

#endif
