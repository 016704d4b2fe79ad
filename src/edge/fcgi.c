/* fcgi.c - the accept loop. No decision about a request is made here: gate.c and the handlers make them. */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "edge/fcgi.h"
#include "edge/gate.h"
#include "io/db.h"

#include <fcgiapp.h>
#include <unistd.h>

static struct str
fcgi_param(const FCGX_Request *f, const char *name)
{
        return str_of(FCGX_GetParam(name, f->envp));
}

/* A header field that decides about money must come once: nginx 1.22 passes both. */
static int
param_count(const FCGX_Request *f, struct str name)
{
        int n = 0;

        for (char **p = f->envp; *p != NULL; p++) {
                struct str head, rest;

                n += str_cut(str_of(*p), '=', &head, &rest) && str_eq(head, name);
        }
        return n;
}

static enum method
method_of(struct str s)
{
        static const struct {
                const char *name;
                enum method method;
        } methods[] = {
                { "GET", METHOD_GET }, { "POST", METHOD_POST }, { "PATCH", METHOD_PATCH }, { "PUT", METHOD_PUT },
                { "DELETE", METHOD_DELETE }, { "HEAD", METHOD_GET },
        };

        for (size_t i = 0; i < ARRAY_LEN(methods); i++)
                if (str_is(s, methods[i].name))
                        return methods[i].method;
        return METHOD_OTHER;
}

static bool
token_chars(struct str s, size_t max)
{
        for (size_t i = 0; i < s.n; i++)
                if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", s.p[i]) == NULL ||
                    s.p[i] == '\0')
                        return false;
        return s.n > 0 && s.n <= max;
}

/* 00-<32 hex>-<16 hex>-<2 hex>: the trace id, or absent. */
static struct str
trace_of(struct str traceparent)
{
        struct str id;

        if (traceparent.n != 55 || traceparent.p[2] != '-' || traceparent.p[35] != '-' || traceparent.p[52] != '-')
                return STR_NONE;
        id = (struct str){ traceparent.p + 3, 32 };
        for (size_t i = 0; i < id.n; i++)
                if (strchr("0123456789abcdef", id.p[i]) == NULL || id.p[i] == '\0')
                        return STR_NONE;
        return id;
}

static void
request_fill(struct request *rq, struct task *t, const FCGX_Request *f)
{
        struct str uri = fcgi_param(f, "REQUEST_URI"), id = fcgi_param(f, "HTTP_REQUEST_ID");

        *rq = (struct request){
                .task = t,
                .method_text = fcgi_param(f, "REQUEST_METHOD"),
                .content_type = fcgi_param(f, "CONTENT_TYPE"),
                .remote_addr = fcgi_param(f, "REMOTE_ADDR"),
                .authorization = fcgi_param(f, "HTTP_AUTHORIZATION"),
                .idempotency_key = fcgi_param(f, "HTTP_IDEMPOTENCY_KEY"),
                .if_match = fcgi_param(f, "HTTP_IF_MATCH"),
                .origin = fcgi_param(f, "HTTP_ORIGIN"),
                .repeated_header = param_count(f, STR("HTTP_AUTHORIZATION")) > 1 ||
                    param_count(f, STR("HTTP_IDEMPOTENCY_KEY")) > 1,
                .params = f->envp,
        };
        rq->method = method_of(rq->method_text);
        (void)str_cut(uri, '?', &rq->path, &rq->query);
        if (!token_chars(id, 64))
                id = fcgi_param(f, "REQUEST_ID");
        if (!token_chars(id, 64)) {
                char text[UUID_TEXT_MAX];

                uuid_text(uuid_new(0), text);
                id = str_of(text);
        }
        t->subject = (struct log_subject){
                .request_id = str_dup(t->arena, id), .trace_id = trace_of(fcgi_param(f, "HTTP_TRACEPARENT")),
        };
}

static size_t
body_most(const struct request *rq)
{
        switch (rq->route->body) {
        case BODY_RAW:
                return REQUEST_RAW_MAX;
        case BODY_FILE:
                return request_is_json(rq) ? REQUEST_BODY_MAX : REQUEST_FILE_MAX;
        case BODY_NONE:
        case BODY_JSON:
        case BODY_MAYBE:
                break;
        }
        return REQUEST_BODY_MAX;
}

/* The whole body or nothing. */
static bool
body_read(struct request *rq, FCGX_Request *f, struct err *e)
{
        struct str length = fcgi_param(f, "CONTENT_LENGTH");
        size_t most = body_most(rq);
        int64_t n = 0;
        char *p;

        if (length.n == 0)
                return true;
        if (!str_to_i64(length, &n) || n < 0)
                return err_set(e, ERR_INVALID_REQUEST, "Content-Length is not a number");
        if ((uint64_t)n > most)
                return err_set(e, ERR_BODY_TOO_LARGE, "the body has %lld bytes; this call accepts %zu", (long long)n,
                    most);
        p = arena_alloc(rq->task->arena, (size_t)n + 1);
        if (FCGX_GetStr(p, (int)n, f->in) != n)
                return err_set(e, ERR_INVALID_REQUEST, "the body ended early");
        rq->body = (struct str){ p, (size_t)n };
        return true;
}

#define HEADER_MAX ((size_t)16 * 1024)

/* Piece after piece; false when one could not be made. A caller who went away is no failure of ours. */
static bool
pieces_write(const struct reply *rp, FCGX_Request *f, struct err *e)
{
        struct str piece;

        do {
                if (!rp->next(rp->next_arg, &piece, e))
                        return false;
        } while (piece.n > 0 && FCGX_PutStr(piece.p, (int)piece.n, f->out) >= 0);
        return true;
}

static bool
reply_write(const struct reply *rp, FCGX_Request *f, bool head, struct err *e)
{
        struct buf b;
        struct str out;

        buf_init(&b, rp->arena, HEADER_MAX);
        buf_fmt(&b, "Status: %d\r\nContent-Type: %s\r\n", rp->status, rp->content_type);
        if (rp->next == NULL)
                buf_fmt(&b, "Content-Length: %zu\r\n", rp->body.n);
        for (size_t i = 0; i < rp->fields_n; i++)
                buf_fmt(&b, "%s: %.*s\r\n", rp->field[i].name, STR_ARG(rp->field[i].value));
        buf_puts(&b, "\r\n");
        out = buf_str(&b);
        CHECK(out.p != NULL);
        /* A caller who went away hears it by repeating its key. */
        if (FCGX_PutStr(out.p, (int)out.n, f->out) < 0 || head)
                return true;
        if (rp->next != NULL)
                return pieces_write(rp, f, e);
        if (rp->body.n > 0)
                (void)FCGX_PutStr(rp->body.p, (int)rp->body.n, f->out);
        return true;
}

static void
log_request(const struct request *rq, const struct reply *rp, int64_t started_us, int64_t waits)
{
        struct task *t = rq->task;

        log_info(&t->subject, "request", { "method", rq->method_text },
            { "route", rq->route == NULL ? STR("-") : str_of(rq->route->path) },
            { "status", str_fmt(t->arena, "%d", rp->status) },
            { "us", str_fmt(t->arena, "%lld", (long long)(clock_mono_us() - started_us)) },
            { "db_waits", str_fmt(t->arena, "%lld", (long long)waits) },
            { "caller", rq->admitted ? str_of(rq->who.actor) : STR("-") });
}

/* False: the answer is half written and can't be made whole. */
static bool
serve_one(struct task *t, FCGX_Request *f)
{
        int64_t started = clock_mono_us(), waits = db_stats(t->db).waits;
        struct request rq;
        struct reply rp = { .arena = t->arena, .status = 500, .content_type = TYPE_JSON };
        struct err e = { .code = ERR_NONE }, cut = { .code = ERR_NONE };
        bool whole;

        FAULT(request_begun);
        request_fill(&rq, t, f);
        reply_field(&rp, "Request-Id", t->subject.request_id);
        if (!route_find(&rq, &rp, &e) || !body_read(&rq, f, &e) || !gate_admit(&rq, &rp, &e) ||
            !rq.route->handler(&rq, &rp, &e))
                reply_problem(&rp, &e, t->conf->public_url, t->subject.request_id);
        cors_fields(&rq, &rp);
        FAULT(reply_before_write);
        whole = reply_write(&rp, f, str_is(rq.method_text, "HEAD"), &cut);
        if (!whole)
                log_error(&t->subject, "reply.cut", { "route", str_of(rq.route->path) },
                    { "detail", str_of(cut.detail) },
                    { "next", STR("none: the caller sees that the answer ended early, and asks again") });
        log_request(&rq, &rp, started, db_stats(t->db).waits - waits);
        return whole;
}

/*
 * nginx takes a connection that ends for the end of the answer, as long as
 * connections are not kept; a record of a version that there is not makes it
 * cut the caller off.
 */
static void
answer_cut(FCGX_Request *f)
{
        static const unsigned char no_record[8] = { 0xff };

        (void)FCGX_FFlush(f->out);
        (void)!write(f->ipcFd, no_record, sizeof no_record);
        FCGX_Free(f, 1);
}

int64_t
fcgi_serve(struct task *t, int64_t max)
{
        FCGX_Request f;
        int64_t served = 0;

        CHECK(FCGX_Init() == 0);
        CHECK(FCGX_InitRequest(&f, 0, FCGI_FAIL_ACCEPT_ON_INTR) == 0);
        while ((max == 0 || served < max) && FCGX_Accept_r(&f) == 0) {
                if (serve_one(t, &f))
                        FCGX_Finish_r(&f);
                else
                        answer_cut(&f);
                FAULT(reply_written);
                arena_reset(t->arena);
                served++;
        }
        FCGX_Free(&f, 1);
        return served;
}
