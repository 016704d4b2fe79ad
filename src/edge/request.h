/*
 * request.h - one HTTP request as handlers see it: read whole, bounded, and
 * admitted (gate.h) before a handler runs. Views point into the FastCGI
 * parameters or the task's arena and live until the reply is written.
 */
#ifndef EDGE_REQUEST_H
#define EDGE_REQUEST_H

#include "base/err.h"
#include "domain/access/access.h"
#include "domain/idem/idem.h"
#include "io/json_read.h"

struct task;
struct reply;
struct request;

enum method { METHOD_GET, METHOD_POST, METHOD_PATCH, METHOD_PUT, METHOD_DELETE, METHOD_OTHER };
enum rate_class { LIMIT_NONE, LIMIT_CALL, LIMIT_PAY };
enum idem_need { IDEM_NONE, IDEM_HONOURED, IDEM_REQUIRED };
/*
 * MAYBE: JSON, or nothing, which is {}; RAW: any bytes, up to REQUEST_RAW_MAX;
 * FILE: JSON, or one file of another type, up to REQUEST_FILE_MAX
 */
enum body_kind { BODY_NONE, BODY_JSON, BODY_MAYBE, BODY_RAW, BODY_FILE };

typedef bool (*route_handler)(struct request *rq, struct reply *rp, struct err *e);

struct route {
        enum method method;
        const char *path;
        route_handler handler;
        unsigned who;                   /* bits of enum role; 0: needs no credential */
        enum scope scope;
        enum rate_class limit;
        enum idem_need idem;
        enum body_kind body;
};

#define REQUEST_BODY_MAX        ((size_t)64 * 1024)
#define REQUEST_RAW_MAX         ((size_t)1024 * 1024)
#define REQUEST_FILE_MAX        ((size_t)5 * 1024 * 1024)
#define ROUTE_PARAMS_MAX        2

struct request {
        struct task *task;
        enum method method;
        struct str method_text, path, query, body, content_type, remote_addr;
        struct str authorization, idempotency_key, if_match, origin;
        bool repeated_header;           /* one that must be there once came twice */
        char *const *params;            /* of FastCGI, NULL-ended */
        const struct route *route;
        struct str param[ROUTE_PARAMS_MAX];     /* what stood at {..}, in order */
        struct principal who;
        bool admitted;                  /* who is known */
        struct idem idem;
        struct json *json;              /* of a body that is JSON, on routes that take it */
};

/* Content-Type without its parameters, in lower case; and whether it is JSON's. */
struct str request_media_type(const struct request *rq);
bool request_is_json(const struct request *rq);
/* A header field by its FastCGI name (HTTP_...): empty when it isn't there. */
struct str request_header(const struct request *rq, const char *name);
/* Whether the caller would rather have this type: it names it, and the other not before it (RFC 9110, 12.5.1). */
bool request_wants(const struct request *rq, const char *type, const char *other);
/* A whole number; absent is `otherwise`, an ill one a bad field. */
int64_t query_int(struct request *rq, const char *name, int64_t min, int64_t max, int64_t otherwise, struct err *e);
/* A query parameter, percent-decoded; absent when it isn't there. Marks it as known. */
struct str query_text(struct request *rq, const char *name);
/* The same as an id of this kind; a wrong one is a bad field "?name". */
struct uuid query_id(struct request *rq, const char *name, const char *prefix, struct err *e);
/* The same as an RFC 3339 time, or as one of the words in a NULL-ended list. */
struct str query_time(struct request *rq, const char *name, struct err *e);
struct str query_word(struct request *rq, const char *name, const char *const *words, struct err *e);
/* Complains of every parameter that is not in the NULL-ended list. */
bool query_close(struct request *rq, const char *const *known, struct err *e) MUSTCHECK;

/* {param} n as an id of this kind. Ill formed is ERR_NOT_FOUND, as another tenant's is. */
bool param_id(const struct request *rq, size_t n, const char *prefix, struct uuid *out, struct err *e) MUSTCHECK;
/* The first wall between tenants: the organizer inside the id must be one that the caller may see. */
bool org_visible(const struct request *rq, int32_t org, struct err *e) MUSTCHECK;
/* The version that If-Match names, 0 without one. */
bool if_match_version(const struct request *rq, int64_t *out, struct err *e) MUSTCHECK;
/* A field of the body that must be an id of this kind. */
struct uuid json_get_id(struct json_reader *r, const char *key, enum need need, const char *prefix);

/* Pages: ?limit= and ?cursor=. */
struct page {
        int64_t limit;                  /* 1..100; ask the database for one more */
        struct str before_at;           /* absent: from the newest */
        struct uuid before_id;
};
void page_read(struct request *rq, struct page *p, struct err *e);

#endif
