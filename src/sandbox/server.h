/*
 * server.h - the FastCGI side: threads that each accept a call from nginx on
 * one socket, find its handler, and answer.
 *
 * server_run() serves until SIGTERM or SIGINT. Then the socket is closed to
 * new calls, those under way are answered (pauses end at once), and it
 * returns true; false means that a call did not end within SERVER_GRACE_MS,
 * so that its thread still uses the sandbox and nothing may be freed.
 *
 * The socket is shut down at the end: it must be this process's alone.
 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "base/base.h"

struct sandbox;

#define SERVER_THREADS_MAX      4096
#define SERVER_GRACE_MS         4000
#define SERVER_BACKLOG          4096

/* path NULL: the socket is standard input. Complains on stderr and returns -1 when there is none. */
int server_socket(const char *path);
bool server_run(struct sandbox *box, int fd, int threads);

#endif
