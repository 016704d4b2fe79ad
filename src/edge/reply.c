/* reply.c - filling in a reply. Writing it is fcgi.c. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/secret.h"
#include "edge/reply.h"
#include "io/json_write.h"
#include "io/problem.h"

void
reply_field(struct reply *rp, const char *name, struct str value)
{
        CHECK(rp->fields_n < REPLY_FIELDS_MAX);
        rp->field[rp->fields_n].name = name;
        rp->field[rp->fields_n++].value = value;
}

bool
reply_json(struct reply *rp, int status, struct str body)
{
        rp->status = status;
        rp->body = body;
        rp->content_type = status >= 400 ? TYPE_PROBLEM : TYPE_JSON;
        return true;
}

bool
reply_as(struct reply *rp, const char *type, struct str body)
{
        rp->status = 200;
        rp->body = body;
        rp->content_type = type;
        return true;
}

static bool
csv_named(struct reply *rp, const char *file)
{
        rp->status = 200;
        rp->content_type = TYPE_CSV;
        reply_field(rp, "Content-Disposition", str_fmt(rp->arena, "attachment; filename=\"%s.csv\"", file));
        return true;
}

bool
reply_csv(struct reply *rp, const char *file, struct str body)
{
        CHECK(body.p != NULL);
        rp->body = body;
        return csv_named(rp, file);
}

bool
reply_csv_pieces(struct reply *rp, const char *file, reply_piece next, void *arg)
{
        rp->next = next;
        rp->next_arg = arg;
        return csv_named(rp, file);
}

static void
retry_after(struct reply *rp, int seconds)
{
        if (seconds > 0)
                reply_field(rp, "Retry-After", str_fmt(rp->arena, "%d", seconds));
}

bool
reply_answer(struct reply *rp, const struct answer *a)
{
        if (a->replayed)
                reply_field(rp, "Idempotent-Replayed", STR("true"));
        retry_after(rp, a->retry_after_seconds);
        return reply_json(rp, a->status, a->body);
}

void
reply_etag(struct reply *rp, int64_t version)
{
        reply_field(rp, "ETag", str_fmt(rp->arena, "\"%lld\"", (long long)version));
}

void
reply_problem(struct reply *rp, const struct err *e, const char *public_url, struct str request_id)
{
        retry_after(rp, e->retry_after_seconds);
        (void)reply_json(rp, err_info(e->code)->status, problem_json(rp->arena, e, public_url, request_id));
        rp->content_type = TYPE_PROBLEM;
}

/* Opaque to callers: the last item's place, in hexadecimal. */
static struct str
cursor_of(struct arena *a, const struct page_item *last)
{
        char id[UUID_TEXT_MAX];
        struct str plain;

        uuid_text(last->id, id);
        plain = str_fmt(a, "%.*s %s", STR_ARG(last->created_at), id);
        return hex_encode(a, plain.p, plain.n);
}

#define PAGE_BYTES_MAX ((size_t)2 * 1024 * 1024)

/* A page of very large objects ends early; the cursor goes on behind it. */
static size_t
items_that_fit(const struct page_item *items, size_t n)
{
        size_t bytes = 0, i = 0;

        while (i < n && (i == 0 || bytes + items[i].view.n <= PAGE_BYTES_MAX))
                bytes += items[i++].view.n;
        return i;
}

bool
reply_page(struct reply *rp, const struct page *p, const struct page_item *items, size_t n)
{
        struct json_out o = json_out_new(rp->arena);
        size_t shown = items_that_fit(items, (int64_t)n > p->limit ? (size_t)p->limit : n);
        bool more = shown < n;

        jo_object(&o, NULL);
        jo_z(&o, "object", "list");
        jo_array(&o, "data");
        for (size_t i = 0; i < shown; i++)
                jo_raw(&o, NULL, items[i].view);
        jo_end_array(&o);
        jo_bool(&o, "has_more", more);
        jo_text(&o, "next_cursor", more ? cursor_of(rp->arena, &items[shown - 1]) : STR_NONE);
        jo_end_object(&o);
        return reply_json(rp, 200, json_out_str(&o));
}
