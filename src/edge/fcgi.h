/*
 * fcgi.h - the worker's loop over libfcgi's FCGX calls: accept, read one
 * bounded request, admit, handle, write one reply, reset the arena.
 *
 * SIGTERM and SIGUSR1 drain: the request in hand is finished, then the loop
 * ends. A short body (the caller went away) is never handled. An answer that
 * comes in pieces and fails in the middle is cut off: it never looks whole.
 */
#ifndef EDGE_FCGI_H
#define EDGE_FCGI_H

#include "io/task.h"

/* Serves on the socket inherited as descriptor 0 until drained, or for max requests (0: no end). Returns how many. */
int64_t fcgi_serve(struct task *t, int64_t max);

#endif
