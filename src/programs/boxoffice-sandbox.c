/*
 * boxoffice-sandbox.c - the other side, to develop and test against: a card
 * gateway with books of its own, behind nginx (nginx/sandbox.conf.in).
 *
 * Reads its arguments, opens the books, and serves until SIGTERM. It is never
 * part of an installation that takes money.
 */
#include "base/base.h"
#include "base/check.h"
#include "base/log.h"
#include "base/str.h"
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/faults.h"
#include "sandbox/server.h"
#include "sandbox/testclock.h"

#include <argp.h>
#include <signal.h>
#include <unistd.h>

const char *argp_program_version = PACKAGE_STRING;

struct arguments {
        const char *socket;
        const char *books;
        const char *security_key;
        const char *clock_url;
        int threads;
        bool sync;
};

enum argument_key {
        OPT_SOCKET = 's', OPT_BOOKS = 'b', OPT_THREADS = 't', OPT_KEY = 'k', OPT_CLOCK = 'c', OPT_NO_SYNC = 'n'
};

static const struct argp_option options[] = {
        { "socket",       OPT_SOCKET,  "PATH",     0, "listen on this unix socket; without it, on standard input", 0 },
        { "books",        OPT_BOOKS,   "FILE",     0, "keep the books in this file (required)", 0 },
        { "security-key", OPT_KEY,     "KEY",      0, "the merchant's private key (required)", 0 },
        { "threads",      OPT_THREADS, "N",        0, "calls served at once, 32 by default", 0 },
        { "clock-url",    OPT_CLOCK,   "CONNINFO", 0, "follow the test clock in this database", 0 },
        { "no-sync",      OPT_NO_SYNC, NULL,       0, "answer before the books are on the disk", 0 },
        { 0 }
};

static error_t
argument(int key, char *value, struct argp_state *state)
{
        struct arguments *a = state->input;
        int64_t n;

        switch (key) {
        case OPT_SOCKET:
                a->socket = value;
                return 0;
        case OPT_BOOKS:
                a->books = value;
                return 0;
        case OPT_KEY:
                a->security_key = value;
                return 0;
        case OPT_CLOCK:
                a->clock_url = value;
                return 0;
        case OPT_NO_SYNC:
                a->sync = false;
                return 0;
        case OPT_THREADS:
                if (!str_to_i64(str_of(value), &n) || n < 1 || n > SERVER_THREADS_MAX)
                        argp_error(state, "threads must be from 1 to %d", SERVER_THREADS_MAX);
                a->threads = (int)n;
                return 0;
        case ARGP_KEY_ARG:
                argp_usage(state);
                return 0;
        case ARGP_KEY_END:
                if (a->books == NULL || a->security_key == NULL || a->security_key[0] == '\0')
                        argp_error(state, "books and security-key are required");
                return 0;
        default:
                return ARGP_ERR_UNKNOWN;
        }
}

/* Before any thread is made: all inherit the mask, and only server_run() takes these signals. */
static void
block_signals(void)
{
        sigset_t ends;

        CHECK(sigemptyset(&ends) == 0 && sigaddset(&ends, SIGTERM) == 0 && sigaddset(&ends, SIGINT) == 0);
        CHECK(sigprocmask(SIG_BLOCK, &ends, NULL) == 0);
}

int
main(int argc, char **argv)
{
        static const struct argp argp = {
                .options = options, .parser = argument, .doc = "A card gateway to test against."
        };
        struct arguments a = { .threads = 32, .sync = true };
        struct sandbox box = { 0 };
        int fd;

        if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
                return EXIT_FAILURE;
        log_open("boxoffice-sandbox", LOG_INFO);
        block_signals();
        box.security_key = str_of(a.security_key);
        box.faults = faults_new();
        box.books = books_open(a.books, a.sync);
        fd = box.books == NULL ? -1 : server_socket(a.socket);
        if (fd < 0)
                return EXIT_FAILURE;
        if (a.clock_url != NULL)
                testclock_follow(a.clock_url);
        log_info(NULL, "sandbox.started", { "books", str_of(a.books) });
        if (!server_run(&box, fd, a.threads)) {
                books_sync(box.books);
                log_warn(NULL, "sandbox.stopped_with_calls_under_way", { "books", str_of(a.books) });
                _exit(EXIT_SUCCESS);
        }
        books_close(box.books);
        faults_free(box.faults);
        log_info(NULL, "sandbox.stopped", { "books", str_of(a.books) });
        return EXIT_SUCCESS;
}
