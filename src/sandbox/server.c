/*
 * server.c - accept, route, answer. HTTP is nginx's work: what arrives here
 * is a method, a path and a whole body.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/str.h"
#include "sandbox/call.h"
#include "sandbox/control.h"
#include "sandbox/nmi.h"
#include "sandbox/server.h"
#include "sandbox/stripe.h"

#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define ACCEPT_REST_MS  20
#define STOP_STEP_MS    10

/* A * in a path stands for one id: no slash, not empty. The first row that fits is taken. */
static const struct {
        const char *method, *path;
        void (*handler)(struct call *c);
} routes[] = {
        { "POST",   "/api/transact.php",        nmi_transact },
        { "POST",   "/api/query.php",           nmi_query },
        { "GET",    "/sandbox/transactions",    control_transactions },
        { "GET",    "/sandbox/faults",          control_faults_list },
        { "POST",   "/sandbox/faults",          control_faults_set },
        { "DELETE", "/sandbox/faults",          control_faults_clear },
        { "GET",    "/sandbox/healthz",         control_healthz },
        { "GET",    "/sandbox/webhooks",        control_webhooks },
        { "POST",   "/sandbox/webhooks/replay", control_webhooks_replay },
        { "GET",    "/sandbox/disputes",        control_disputes_list },
        { "POST",   "/sandbox/disputes",        control_dispute },
        { "POST",   "/sandbox/disputes/*/resolve",      control_dispute_resolve },
        { "POST",   "/sandbox/refunds",         control_refund },
        { "POST",   "/sandbox/settle",          control_settle },
        { "GET",    "/sandbox/files",           control_files },
        { "POST",   "/v1/payment_intents",      stripe_intent_create },
        { "GET",    "/v1/payment_intents",      stripe_intent_list },
        { "GET",    "/v1/payment_intents/search",       stripe_intent_search },
        { "GET",    "/v1/payment_intents/*",    stripe_intent_get },
        { "POST",   "/v1/payment_intents/*/capture",    stripe_intent_capture },
        { "POST",   "/v1/payment_intents/*/cancel",     stripe_intent_cancel },
        { "POST",   "/v1/refunds",              stripe_refund_create },
        { "GET",    "/v1/refunds",              stripe_refund_list },
        { "GET",    "/v1/refunds/*",            stripe_refund_get },
        { "GET",    "/v1/disputes/*",           stripe_dispute_get },
        { "POST",   "/v1/disputes/*",           stripe_dispute_update },
        { "POST",   "/v1/disputes/*/close",     stripe_dispute_close },
        { "POST",   "/v1/files",                stripe_file_create },
        { "GET",    "/v1/files/*",              stripe_file_get },
        { "GET",    "/v1/balance_transactions", stripe_balance_list },
        { "GET",    "/v1/events",               stripe_event_list },
        { "GET",    "/v1/events/*",             stripe_event_get },
};

struct server {
        struct sandbox *box;
        int fd;
        atomic_bool stopping;
        atomic_int alive;               /* threads that still run */
};

int
server_socket(const char *path)
{
        struct sockaddr_storage peer;
        socklen_t n = sizeof peer;
        int listening = 0;
        socklen_t size = sizeof listening;

        CHECK(FCGX_Init() == 0);
        if (path != NULL)
                return FCGX_OpenSocket(path, SERVER_BACKLOG);   /* ends the process when it can't */
        if (getsockname(0, (struct sockaddr *)&peer, &n) == 0 &&
            getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0)
                return 0;
        (void)fprintf(stderr, "boxoffice-sandbox: standard input is no listening socket, and there is no --socket\n");
        return -1;
}

/*
 * The whole body, as long as Content-Length says and nginx has read it. False
 * when it is another length: the caller was cut off, nothing may be done.
 */
static bool
read_body(struct call *c, FCGX_Request *rq, int *status)
{
        struct str length = str_of(FCGX_GetParam("CONTENT_LENGTH", rq->envp));
        int64_t n = 0;
        char *p;

        *status = 400;
        c->body = STR("");
        if (length.n == 0)
                return true;
        if (!str_to_i64(length, &n) || n < 0)
                return false;
        if (n > (int64_t)CALL_BODY_MAX) {
                *status = 413;
                return false;
        }
        p = arena_alloc(c->arena, (size_t)n + 1);
        c->body = (struct str){ p, (size_t)n };
        return FCGX_GetStr(p, (int)n, rq->in) == (int)n && FCGX_GetChar(rq->in) == -1;
}

static bool
path_fits(const char *pattern, struct str path, struct str *id)
{
        struct str before, behind;

        if (!str_cut(str_of(pattern), '*', &before, &behind))
                return str_is(path, pattern);
        if (!str_starts(path, before) || !str_ends(path, behind) || path.n <= before.n + behind.n)
                return false;
        *id = (struct str){ path.p + before.n, path.n - before.n - behind.n };
        return memchr(id->p, '/', id->n) == NULL;
}

static void
serve(struct call *c, FCGX_Request *rq)
{
        struct str method = str_of(FCGX_GetParam("REQUEST_METHOD", rq->envp));
        struct str path = str_of(FCGX_GetParam("DOCUMENT_URI", rq->envp));
        bool known = false;
        int status;

        c->path = path;
        c->authorization = str_of(FCGX_GetParam("HTTP_AUTHORIZATION", rq->envp));
        c->idempotency_key = str_of(FCGX_GetParam("HTTP_IDEMPOTENCY_KEY", rq->envp));
        c->content_type = str_of(FCGX_GetParam("CONTENT_TYPE", rq->envp));
        c->query = str_of(FCGX_GetParam("QUERY_STRING", rq->envp));
        if (!read_body(c, rq, &status)) {
                call_refuse(c, status, status == 413 ? "the body is too large" :
                    "the body is not as long as announced");
                return;
        }
        for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
                if (!path_fits(routes[i].path, path, &c->id))
                        continue;
                known = true;
                if (str_is(method, routes[i].method)) {
                        routes[i].handler(c);
                        return;
                }
        }
        if (known)
                call_refuse(c, 405, "this address does not know the method");
        else
                call_refuse(c, 404, "there is nothing at this address");
}

static void *
work(void *arg)
{
        struct server *s = arg;
        struct arena *a = arena_new(CALL_ARENA_MAX);
        FCGX_Request rq;

        CHECK(FCGX_InitRequest(&rq, s->fd, FCGI_FAIL_ACCEPT_ON_INTR) == 0);
        while (!atomic_load(&s->stopping)) {
                if (FCGX_Accept_r(&rq) != 0) {
                        if (!atomic_load(&s->stopping))
                                clock_sleep_ms(ACCEPT_REST_MS); /* out of descriptors, say: it will pass */
                        continue;
                }
                struct call c = { .box = s->box, .arena = a, .out = rq.out };

                serve(&c, &rq);
                FCGX_Finish_r(&rq);
                arena_reset(a);
        }
        FCGX_Free(&rq, 1);
        arena_free(a);
        (void)atomic_fetch_sub(&s->alive, 1);
        return NULL;
}

static void
start(struct server *s, int threads)
{
        pthread_attr_t attr;
        pthread_t thread;

        CHECK(pthread_attr_init(&attr) == 0);
        CHECK(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
        for (int i = 0; i < threads; i++) {
                (void)atomic_fetch_add(&s->alive, 1);
                CHECK(pthread_create(&thread, &attr, work, s) == 0);
        }
        CHECK(pthread_attr_destroy(&attr) == 0);
}

bool
server_run(struct sandbox *box, int fd, int threads)
{
        static struct server server;    /* outlives us when a thread does */
        struct server *s = &server;
        int64_t until;
        sigset_t ends;
        int got;

        s->box = box;
        s->fd = fd;
        start(s, threads);
        CHECK(sigemptyset(&ends) == 0 && sigaddset(&ends, SIGTERM) == 0 && sigaddset(&ends, SIGINT) == 0);
        CHECK(sigwait(&ends, &got) == 0);

        atomic_store(&s->stopping, true);
        call_pauses_end();
        (void)shutdown(fd, SHUT_RDWR);  /* wakes every thread that waits in accept(2) */
        until = clock_mono_ms() + SERVER_GRACE_MS;
        while (atomic_load(&s->alive) > 0 && clock_mono_ms() < until)
                clock_sleep_ms(STOP_STEP_MS);
        return atomic_load(&s->alive) == 0;
}
