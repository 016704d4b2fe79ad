/*
 * reply.h - what goes back: a status, a body in the task's arena and a few
 * header fields, written at once when the handler is done.
 */
#ifndef EDGE_REPLY_H
#define EDGE_REPLY_H

#include "domain/idem/idem.h"
#include "edge/request.h"

#define REPLY_FIELDS_MAX 20

struct reply {
        struct arena *arena;
        int status;
        struct str body;
        const char *content_type;
        struct {
                const char *name;
                struct str value;
        } field[REPLY_FIELDS_MAX];
        size_t fields_n;
};

#define TYPE_JSON       "application/json"
#define TYPE_PROBLEM    "application/problem+json"

void reply_field(struct reply *rp, const char *name, struct str value);
bool reply_json(struct reply *rp, int status, struct str body);
/* The stored or fresh answer of a use case; 4xx and 5xx are problems. */
bool reply_answer(struct reply *rp, const struct answer *a);
void reply_etag(struct reply *rp, int64_t version);
void reply_problem(struct reply *rp, const struct err *e, const char *public_url, struct str request_id);

/* {"object":"list","data":[...],"has_more":...,"next_cursor":...} of views, the newest first. */
struct page_item {
        struct str view, created_at;
        struct uuid id;
};
bool reply_page(struct reply *rp, const struct page *p, const struct page_item *items, size_t n);

#endif
