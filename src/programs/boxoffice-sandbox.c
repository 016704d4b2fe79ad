/*
 * boxoffice-sandbox.c - the other side, to develop and test against: a card
 * gateway with books of its own, behind nginx (nginx/sandbox.conf.in).
 *
 * Reads its arguments, opens the books, and serves until SIGTERM. It is never
 * part of an installation that takes money.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "base/str.h"
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/faults.h"
#include "sandbox/hook.h"
#include "sandbox/idem.h"
#include "sandbox/options.h"
#include "sandbox/server.h"
#include "sandbox/testclock.h"

#include <curl/curl.h>
#include <signal.h>
#include <unistd.h>

#define PATH_ARENA_MAX 65536

/* Before any thread is made: all inherit the mask, and only server_run() takes these signals. */
static void
block_signals(void)
{
        sigset_t ends;

        CHECK(sigemptyset(&ends) == 0 && sigaddset(&ends, SIGTERM) == 0 && sigaddset(&ends, SIGINT) == 0);
        CHECK(sigprocmask(SIG_BLOCK, &ends, NULL) == 0);
}

/* Every row goes to both: what is told of it, and which key it stands for. */
static void
note_row(void *box, const struct txn *t, const struct txn *original)
{
        struct sandbox *b = box;

        hooks_note(b->hooks, t, original);
        idem_note(b->idem, t);
}

/* The books of a path, and beside them what became of their events. */
static bool
open_all(struct sandbox *box, const struct options *o)
{
        struct arena *a = arena_new(PATH_ARENA_MAX);

        box->security_key = str_of(o->security_key);
        box->stripe_key = str_of(o->stripe_key);
        box->faults = faults_new();
        box->idem = idem_new();
        box->hooks = hooks_open(str_fmt(a, "%s.hooks", o->books).p);
        box->books = box->hooks == NULL ? NULL : books_open(o->books, o->sync, note_row, box);
        arena_free(a);
        return box->books != NULL;
}

int
main(int argc, char **argv)
{
        struct options o;
        struct sandbox box = { 0 };
        int fd;

        options_read(&o, argc, argv);
        log_open("boxoffice-sandbox", LOG_INFO);
        CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
        block_signals();
        fd = open_all(&box, &o) ? server_socket(o.socket) : -1;
        if (fd < 0)
                return EXIT_FAILURE;
        if (o.clock_url != NULL)
                testclock_follow(o.clock_url);
        if (o.hooks.url != NULL)
                hooks_start(box.hooks, box.books, box.faults, &o.hooks);
        log_info(NULL, "sandbox.started", { "books", str_of(o.books) });
        if (!server_run(&box, fd, o.threads)) {
                books_sync(box.books);
                log_warn(NULL, "sandbox.stopped_with_calls_under_way", { "books", str_of(o.books) });
                _exit(EXIT_SUCCESS);
        }
        hooks_stop(box.hooks);
        books_close(box.books);
        hooks_close(box.hooks);
        idem_free(box.idem);
        faults_free(box.faults);
        log_info(NULL, "sandbox.stopped", { "books", str_of(o.books) });
        return EXIT_SUCCESS;
}
