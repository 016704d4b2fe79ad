/*
 * http.h - one call to the outside through libcurl: one deadline, one
 * classified outcome.
 *
 * Every call uses a connection of its own (CURLOPT_FRESH_CONNECT and
 * FORBID_REUSE): libcurl 7.88 silently sends a POST again when a reused
 * connection is reset, which charges twice. HTTP/1.1, no redirects, no
 * proxies from the environment, TLS >= 1.2 verified against ca_file alone
 * (Debian's whole bundle costs 45 ms of CPU a handshake, one root 1 ms), the
 * handle kept for the process's life so that TLS sessions are resumed.
 * TCP_USER_TIMEOUT is set: bytes that a killed sender left in its socket
 * buffer would otherwise still arrive when a partition heals.
 *
 * Outcomes, and what they mean for money:
 *   HTTP_ANSWERED  a complete answer came; judge it by status and body
 *   HTTP_NOT_SENT  resolve, connect or TLS handshake failed: nothing left us
 *   HTTP_UNKNOWN   anything else: the other side may have done it; an answer
 *                  cut short or above HTTP_ANSWER_MAX is this, whatever it said
 * Only https: another scheme is HTTP_NOT_SENT. The process must ignore SIGPIPE.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "base/base.h"
#include "base/str.h"

struct arena;
struct http;

#define HTTP_TCP_USER_TIMEOUT_MS        20000
#define HTTP_ANSWER_MAX                 ((size_t)4 * 1024 * 1024)

enum http_outcome { HTTP_ANSWERED, HTTP_NOT_SENT, HTTP_UNKNOWN };

enum http_method { HTTP_POST, HTTP_GET };

struct http_field {
        const char *name;
        struct str value;
};

struct http_ask {
        enum http_method method;
        const char *url;                /* without a query: GET has the form as its query */
        const struct http_field *form;  /* application/x-www-form-urlencoded, encoded here */
        size_t form_n;
        struct str body;                /* in the form's place, any bytes; absent: none. Its Content-Type is a header */
        const struct http_field *headers;       /* besides our own; a value with a control character is never sent */
        size_t headers_n;
        int64_t deadline_ms;            /* the whole call */
        int64_t connect_ms;             /* of it, until connected; 0 = deadline */
};

struct http_answer {
        enum http_outcome outcome;
        int status;                     /* when answered */
        struct str content_type;
        struct str body;
        bool timed_out;                 /* when not answered: the deadline passed */
        char why[128];                  /* when not answered: for logs */
};

struct http *http_open(const char *ca_file);             /* must be set; the file is read at the first call */
void http_close(struct http *h);
/* Never fails: the outcome says what is known. Body and texts live in the arena. */
void http_call(struct http *h, struct arena *a, const struct http_ask *ask, struct http_answer *out);

/*
 * A value of an application/x-www-form-urlencoded body, decoded. false, and
 * absent, when it is not there, there twice, or ill formed: a bad escape, a
 * NUL, bytes that are not UTF-8.
 */
bool form_value(struct arena *a, struct str body, const char *name, struct str *out);

#endif
