/*
 * reply.h - what goes back: a status, a body in the task's arena and a few
 * header fields, written at once when the handler is done.
 */
#ifndef EDGE_REPLY_H
#define EDGE_REPLY_H

#include "domain/idem/idem.h"
#include "edge/request.h"

#define REPLY_FIELDS_MAX 20

/* The next piece of a body, *out; none in it: that was all. It is used before the next is asked for. */
typedef bool (*reply_piece)(void *arg, struct str *out, struct err *e);

struct reply {
        struct arena *arena;
        int status;
        struct str body;
        reply_piece next;               /* in place of body, when there is one */
        void *next_arg;
        const char *content_type;
        struct {
                const char *name;
                struct str value;
        } field[REPLY_FIELDS_MAX];
        size_t fields_n;
};

#define TYPE_JSON       "application/json"
#define TYPE_PROBLEM    "application/problem+json"
#define TYPE_TEXT       "text/plain; charset=utf-8"
#define TYPE_SVG        "image/svg+xml"
#define TYPE_PNG        "image/png"
#define TYPE_CSV        "text/csv; charset=utf-8; header=present"

void reply_field(struct reply *rp, const char *name, struct str value);
bool reply_json(struct reply *rp, int status, struct str body);
/* Bytes of another type. */
bool reply_as(struct reply *rp, const char *type, struct str body);
/* The stored or fresh answer of a use case; 4xx and 5xx are problems. */
bool reply_answer(struct reply *rp, const struct answer *a);
/* A file of that name. */
bool reply_csv(struct reply *rp, const char *file, struct str body);
/*
 * The same in pieces, of any length. When next fails, the connection is ended
 * without the answer's end, so that nobody takes it for whole.
 */
bool reply_csv_pieces(struct reply *rp, const char *file, reply_piece next, void *arg);
void reply_etag(struct reply *rp, int64_t version);
void reply_problem(struct reply *rp, const struct err *e, const char *public_url, struct str request_id);

/* {"object":"list","data":[...],"has_more":...,"next_cursor":...} of views, the newest first. */
struct page_item {
        struct str view, created_at;
        struct uuid id;
};
bool reply_page(struct reply *rp, const struct page *p, const struct page_item *items, size_t n);

#endif
