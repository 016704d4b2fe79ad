/*
 * gateway_stripe_file.c - a file to Stripe, as evidence: multipart/form-data
 * to the host that takes files (docs.stripe.com/api/files/create). Its bytes
 * and its boundary are the same whenever it is sent again under a key.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "io/json_read.h"
#include "io/task.h"
#include "outside/gateway_stripe.h"

#define CONNECT_MS      5000
#define WHY_MAX         1000            /* bytes of a reason that is kept */

/* No part can have the boundary in it by chance or on purpose: the key is ours, and younger than the file. */
static struct str
multipart(struct arena *a, struct str key, struct str name, const char *media, struct str content)
{
        struct str head = str_fmt(a,
            "--boxoffice-%.*s\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\ndispute_evidence\r\n"
            "--boxoffice-%.*s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%.*s\"\r\n"
            "Content-Type: %s\r\n\r\n", STR_ARG(key), STR_ARG(key), STR_ARG(name), media);
        struct str tail = str_fmt(a, "\r\n--boxoffice-%.*s--\r\n", STR_ARG(key));
        char *p = arena_alloc(a, head.n + content.n + tail.n);

        memcpy(p, head.p, head.n);
        memcpy(p + head.n, content.p, content.n);
        memcpy(p + head.n + content.n, tail.p, tail.n);
        return (struct str){ p, head.n + content.n + tail.n };
}

static void
refusal_read(struct arena *a, struct str body, struct gateway_file *out)
{
        struct err ignored = { .code = ERR_NONE };
        const struct json *error;
        struct json *root;
        struct str message;

        if (!json_parse(a, body, &root, &ignored))
                return;
        error = json_member(root, "error");
        message = stripe_text(error, "message");
        out->refused = str_is(stripe_text(error, "type"), "invalid_request_error");
        if (message.n > 0 && message.n <= WHY_MAX)
                out->why = message;
}

/* An invalid request: these bytes will never be taken; what else is wrong may pass (idempotency_error is a 400 too). */
void
stripe_file_read(struct arena *a, int status, struct str body, struct gateway_file *out)
{
        const struct json *file = status == 200 ? stripe_object(a, body, "file") : NULL;

        *out = (struct gateway_file){ .why = str_fmt(a, "http status %d", status), .spent = status >= 500 };
        if (status == 400)
                refusal_read(a, body, out);
        if (file == NULL)
                return;
        out->id = stripe_id(file, "id");
        out->why = out->id.p == NULL ? STR("the answer is a file without an id") : STR_NONE;
}

void
stripe_file_send(struct task *t, struct str key, struct str name, const char *media, struct str content,
    struct gateway_file *out)
{
        struct http_field headers[] = {
                { "Authorization", str_fmt(t->arena, "Bearer %s", t->conf->stripe_secret_key) },
                { "Stripe-Version", STR(STRIPE_VERSION) },
                { "Idempotency-Key", key },
                { "Content-Type", str_fmt(t->arena, "multipart/form-data; boundary=boxoffice-%.*s", STR_ARG(key)) },
        };
        struct http_ask ask = {
                .method = HTTP_POST, .url = str_fmt(t->arena, "%s/v1/files", t->conf->stripe_files_url).p,
                .body = multipart(t->arena, key, name, media, content), .headers = headers,
                .headers_n = ARRAY_LEN(headers), .deadline_ms = t->conf->call_deadline_ms,
                .connect_ms = t->conf->call_deadline_ms < CONNECT_MS ? t->conf->call_deadline_ms : CONNECT_MS,
        };
        struct http_answer answer;

        http_call(t->http, t->arena, &ask, &answer);
        if (answer.outcome == HTTP_ANSWERED)
                stripe_file_read(t->arena, answer.status, answer.body, out);
        else
                *out = (struct gateway_file){ .why = str_dup(t->arena, str_of(answer.why)) };
}
