/*
 * http.c - libcurl, tied down to what a call that moves money may do, and its
 * error codes sorted into "nothing left us" and "may have been done".
 * It knows no gateway: what an answer means is its caller's.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/fault.h"
#include "base/secret.h"
#include "io/http.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define HTTP_MAGIC      0x68740001U
#define FORM_MAX        ((size_t)1024 * 1024)
#define BODY_FIRST      ((size_t)16 * 1024)

struct http {
        uint32_t magic;
        CURL *easy;
        char *body;                     /* of the answer that is coming in; grows, and is kept for the next */
        size_t body_n, body_size;
        char error[CURL_ERROR_SIZE];
};

/* Setting an option fails only on a libcurl that was built without it: then nothing goes on. */
#define SET(h, option, value)   CHECK(curl_easy_setopt((h)->easy, (option), (value)) == CURLE_OK)

static size_t
on_body(char *p, size_t one, size_t n, void *ctx)
{
        struct http *h = ctx;
        size_t size = h->body_size == 0 ? BODY_FIRST : h->body_size;

        (void)one;                      /* always 1 */
        if (n > HTTP_ANSWER_MAX - h->body_n)
                return 0;               /* curl ends the call: the outcome is unknown */
        while (size < h->body_n + n)
                size *= 2;
        if (size != h->body_size) {
                h->body = realloc(h->body, size);
                CHECK(h->body != NULL);
                h->body_size = size;
        }
        memcpy(h->body + h->body_n, p, n);
        h->body_n += n;
        return n;
}

static int
on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
        unsigned ms = HTTP_TCP_USER_TIMEOUT_MS;

        (void)ctx;
        if (purpose != CURLSOCKTYPE_IPCXN ||
            setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms) != 0)
                return CURL_SOCKOPT_ERROR;
        return CURL_SOCKOPT_OK;
}

static void
tie_down(struct http *h, const char *ca_file)
{
        SET(h, CURLOPT_PROTOCOLS_STR, "https");
        SET(h, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
        SET(h, CURLOPT_FOLLOWLOCATION, 0L);
        SET(h, CURLOPT_PROXY, "");
        SET(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
        SET(h, CURLOPT_FRESH_CONNECT, 1L);
        SET(h, CURLOPT_FORBID_REUSE, 1L);

        SET(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        SET(h, CURLOPT_SSL_VERIFYPEER, 1L);
        SET(h, CURLOPT_SSL_VERIFYHOST, 2L);
        SET(h, CURLOPT_CAINFO, ca_file);
        SET(h, CURLOPT_CAPATH, NULL);
        SET(h, CURLOPT_SSL_SESSIONID_CACHE, 1L);

        /* No SIGALRM, and no waiting for a resolver's thread after the deadline. */
        SET(h, CURLOPT_NOSIGNAL, 1L);
        SET(h, CURLOPT_QUICK_EXIT, 1L);
        SET(h, CURLOPT_SOCKOPTFUNCTION, on_socket);
        SET(h, CURLOPT_TCP_NODELAY, 1L);

        SET(h, CURLOPT_USERAGENT, "boxoffice");
        SET(h, CURLOPT_WRITEFUNCTION, on_body);
        SET(h, CURLOPT_WRITEDATA, h);
        SET(h, CURLOPT_ERRORBUFFER, h->error);
}

struct http *
http_open(const char *ca_file)
{
        struct http *h = malloc(sizeof *h);

        CHECK(h != NULL && ca_file != NULL);
        CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
        *h = (struct http){ .magic = HTTP_MAGIC, .easy = curl_easy_init() };
        CHECK(h->easy != NULL);
        tie_down(h, ca_file);
        return h;
}

void
http_close(struct http *h)
{
        if (h == NULL)
                return;
        CHECK_HANDLE(h, HTTP_MAGIC);
        curl_easy_cleanup(h->easy);
        free(h->body);
        h->magic = 0;
        free(h);
        curl_global_cleanup();
}

static void
put_encoded(struct buf *b, struct str s)
{
        static const char hex[] = "0123456789ABCDEF";

        for (size_t i = 0; i < s.n; i++) {
                unsigned char c = (unsigned char)s.p[i];
                bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

                if (letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_')
                        buf_putc(b, (char)c);
                else
                        buf_put(b, (struct str){ (char[3]){ '%', hex[c >> 4], hex[c & 15] }, 3 });
        }
}

static struct str
form_text(struct arena *a, const struct http_ask *ask)
{
        struct str text;
        struct buf b;

        buf_init(&b, a, FORM_MAX);
        for (size_t i = 0; i < ask->form_n; i++) {
                if (i > 0)
                        buf_putc(&b, '&');
                put_encoded(&b, str_of(ask->form[i].name));
                buf_putc(&b, '=');
                put_encoded(&b, ask->form[i].value);
        }
        text = buf_str(&b);
        CHECK(text.p != NULL);
        return text;
}

/* Codes that curl gives before a request can have begun to leave. */
static bool
is_early(CURLcode code)
{
        return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
            code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR ||
            code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
            code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER || code == CURLE_SSL_ISSUER_ERROR ||
            code == CURLE_SSL_ENGINE_INITFAILED || code == CURLE_URL_MALFORMAT ||
            code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_OPERATION_TIMEDOUT;
}

/*
 * The codes alone don't prove it (a timeout comes at any time, an answer of
 * HTTP/0.9 is an "unsupported protocol"): curl must not have come to the
 * transfer, nor have written a byte of a request.
 */
static bool
nothing_left(struct http *h, CURLcode code)
{
        curl_off_t pretransfer_us = 1;
        long request_size = 1;

        return is_early(code) &&
            curl_easy_getinfo(h->easy, CURLINFO_REQUEST_SIZE, &request_size) == CURLE_OK && request_size == 0 &&
            curl_easy_getinfo(h->easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer_us) == CURLE_OK &&
            pretransfer_us == 0;
}

static void
answered(struct http *h, struct arena *a, struct http_answer *out)
{
        const char *type = NULL;
        long status = 0;

        CHECK(curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
        CHECK(curl_easy_getinfo(h->easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK);
        out->outcome = HTTP_ANSWERED;
        out->status = (int)status;
        out->content_type = str_dup(a, str_of(type));
        out->body = str_dup(a, (struct str){ h->body_n == 0 ? "" : h->body, h->body_n });
}

/*
 * Our headers and the call's own. NULL when one has a character that could end
 * it and begin another.
 */
static struct curl_slist *
headers_of(struct arena *a, const struct http_ask *ask)
{
        /* "Expect: 100-continue" would cost a round trip, or a second of waiting. */
        struct curl_slist *list = curl_slist_append(NULL, "Expect:");

        CHECK(list != NULL);
        for (size_t i = 0; i < ask->headers_n; i++) {
                const struct http_field *f = &ask->headers[i];
                struct curl_slist *longer;

                for (size_t k = 0; k < f->value.n; k++) {
                        if ((unsigned char)f->value.p[k] < 0x20 || f->value.p[k] == 0x7f) {
                                curl_slist_free_all(list);
                                return NULL;
                        }
                }
                longer = curl_slist_append(list, str_fmt(a, "%s: %.*s", f->name, STR_ARG(f->value)).p);
                CHECK(longer != NULL);
                list = longer;
        }
        return list;
}

static void
prepare(struct http *h, struct arena *a, const struct http_ask *ask)
{
        struct str form = ask->body.p != NULL ? ask->body : form_text(a, ask);

        switch (ask->method) {
        case HTTP_POST:
                SET(h, CURLOPT_URL, ask->url);
                SET(h, CURLOPT_POST, 1L);
                SET(h, CURLOPT_POSTFIELDS, form.p);
                SET(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)form.n);
                break;
        case HTTP_GET:
                SET(h, CURLOPT_HTTPGET, 1L);
                SET(h, CURLOPT_URL, form.n == 0 ? ask->url : str_fmt(a, "%s?%.*s", ask->url, STR_ARG(form)).p);
                break;
        }
        SET(h, CURLOPT_TIMEOUT_MS, (long)ask->deadline_ms);
        SET(h, CURLOPT_CONNECTTIMEOUT_MS, (long)(ask->connect_ms > 0 ? ask->connect_ms : ask->deadline_ms));
        h->body_n = 0;
        h->error[0] = '\0';
}

/* A fault before is a port that nobody listens at, so that nothing leaves; one after is an answer that never came. */
static CURLcode
perform(struct http *h)
{
        bool refused = FAULT_FAILS(http_before_send);
        CURLcode code;

        if (refused)
                SET(h, CURLOPT_PORT, 1L);
        code = curl_easy_perform(h->easy);
        if (refused)
                SET(h, CURLOPT_PORT, 0L);
        return FAULT_FAILS(http_answered) ? CURLE_RECV_ERROR : code;
}

void
http_call(struct http *h, struct arena *a, const struct http_ask *ask, struct http_answer *out)
{
        struct curl_slist *headers = headers_of(a, ask);
        CURLcode code;

        CHECK_HANDLE(h, HTTP_MAGIC);
        CHECK(ask->deadline_ms > 0);    /* 0 is "for ever" to curl */
        *out = (struct http_answer){ .outcome = HTTP_NOT_SENT, .why = "a header's value is ill formed" };
        if (headers == NULL)
                return;
        prepare(h, a, ask);
        SET(h, CURLOPT_HTTPHEADER, headers);

        *out = (struct http_answer){ .outcome = HTTP_UNKNOWN };
        code = perform(h);
        if (code == CURLE_OK) {
                answered(h, a, out);
        } else {
                if (nothing_left(h, code))
                        out->outcome = HTTP_NOT_SENT;
                out->timed_out = code == CURLE_OPERATION_TIMEDOUT;
                (void)snprintf(out->why, sizeof out->why, "curl %d: %.100s", (int)code,
                    h->error[0] != '\0' ? h->error : curl_easy_strerror(code));
        }
        SET(h, CURLOPT_POSTFIELDS, NULL);       /* it is the arena's */
        SET(h, CURLOPT_HTTPHEADER, NULL);
        curl_slist_free_all(headers);
        if (h->body_n > 0)
                secret_wipe(h->body, h->body_n);
}

static int
hex_value(char c)
{
        char lower = (char)(c | 0x20);

        if (c >= '0' && c <= '9')
                return c - '0';
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* One name or value; false for an escape that is none, a NUL, or what is not UTF-8. */
static bool
decode(struct arena *a, struct str s, struct str *out)
{
        char *z = arena_alloc(a, s.n + 1);
        size_t n = 0;

        for (size_t i = 0; i < s.n; i++) {
                if (s.p[i] == '%') {
                        int hi = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
                        int lo = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;

                        if (hi < 0 || lo < 0)
                                return false;
                        z[n++] = (char)(hi << 4 | lo);
                        i += 2;
                } else {
                        z[n++] = s.p[i] == '+' ? ' ' : s.p[i];
                }
        }
        *out = (struct str){ z, n };
        return memchr(z, '\0', n) == NULL && str_is_utf8(*out);
}

bool
form_value(struct arena *a, struct str body, const char *name, struct str *out)
{
        struct str pair, found = STR_NONE;

        *out = STR_NONE;
        for (bool more = true; more;) {
                struct str key, value, text;

                more = str_cut(body, '&', &pair, &body);
                (void)str_cut(pair, '=', &key, &value);
                if (!decode(a, key, &text) || !str_is(text, name))
                        continue;
                if (found.p != NULL || !decode(a, value, &found))
                        return false;
        }
        *out = found;
        return found.p != NULL;
}
