/* request.c - the parts of a request that handlers ask for: query, ids, pages, preconditions. */
#include "base/base.h"
#include "base/arena.h"
#include "base/secret.h"
#include "edge/request.h"
#include "io/http.h"
#include "io/task.h"

#define PAGE_LIMIT_DEFAULT      20
#define PAGE_LIMIT_MAX          100

struct str
request_header(const struct request *rq, const char *name)
{
        for (char *const *p = rq->params; p != NULL && *p != NULL; p++) {
                struct str head, rest;

                if (str_cut(str_of(*p), '=', &head, &rest) && str_is(head, name))
                        return rest;
        }
        return STR("");
}

struct str
request_media_type(const struct request *rq)
{
        struct str type, rest;

        (void)str_cut(rq->content_type, ';', &type, &rest);
        return str_lower(rq->task->arena, str_trim(type));
}

bool
request_is_json(const struct request *rq)
{
        return str_is(request_media_type(rq), "application/json");
}

/* A part of Accept: its type, and its weight in thousandths. */
static int
accept_weight(struct arena *a, struct str part, struct str *type)
{
        struct str rest, param, digits;
        int weight = 0, unit = 1000;

        (void)str_cut(part, ';', type, &rest);
        *type = str_lower(a, str_trim(*type));
        while (rest.n > 0) {
                (void)str_cut(rest, ';', &param, &rest);
                param = str_trim(param);
                if (!str_starts(param, STR("q=")) && !str_starts(param, STR("Q=")))
                        continue;
                digits = (struct str){ param.p + 2, param.n - 2 };
                for (size_t i = 0; i < digits.n && unit > 0; i++) {
                        if (digits.p[i] < '0' || digits.p[i] > '9')
                                continue;
                        weight += (digits.p[i] - '0') * unit;
                        unit /= 10;
                }
                return weight;
        }
        return unit;
}

bool
request_wants(const struct request *rq, const char *type, const char *other)
{
        struct str rest = request_header(rq, "HTTP_ACCEPT"), part, named;
        int wanted = 0, instead = 0;

        while (rest.n > 0) {
                int weight;

                (void)str_cut(rest, ',', &part, &rest);
                weight = accept_weight(rq->task->arena, part, &named);
                if (str_is(named, type) && weight > instead)
                        wanted = weight;
                else if (str_is(named, other))
                        instead = weight;
        }
        return wanted > 0 && wanted >= instead;
}

struct str
query_text(struct request *rq, const char *name)
{
        struct str value = STR_NONE;

        if (rq->query.n == 0 || !form_value(rq->task->arena, rq->query, name, &value))
                return STR_NONE;
        return value;
}

static void
complain_query(struct err *e, const char *name, enum field_code code, const char *detail)
{
        char pointer[64];

        (void)snprintf(pointer, sizeof pointer, "?%s", name);
        (void)err_field(e, pointer, code, detail);
}

struct uuid
query_id(struct request *rq, const char *name, const char *prefix, struct err *e)
{
        struct str text = query_text(rq, name);
        struct uuid id = { { 0 } };

        if (text.p != NULL && !typeid_parse(prefix, text, &id)) {
                struct str detail = str_fmt(rq->task->arena, "must be an id that begins with %s_", prefix);

                complain_query(e, name, FIELD_WRONG_TYPE, detail.p);
        }
        return id;
}

int64_t
query_int(struct request *rq, const char *name, int64_t min, int64_t max, int64_t otherwise, struct err *e)
{
        struct str text = query_text(rq, name);
        int64_t n = otherwise;

        if (text.p != NULL && (!str_to_i64(text, &n) || n < min || n > max))
                complain_query(e, name, FIELD_OUT_OF_RANGE,
                    str_fmt(rq->task->arena, "must be %lld to %lld", (long long)min, (long long)max).p);
        return n;
}

struct str
query_time(struct request *rq, const char *name, struct err *e)
{
        struct str text = query_text(rq, name);

        if (text.p != NULL && !text_is_time(text))
                complain_query(e, name, FIELD_OUT_OF_RANGE, "must be a time as RFC 3339 writes it");
        return text;
}

struct str
query_word(struct request *rq, const char *name, const char *const *words, struct err *e)
{
        struct str text = query_text(rq, name);

        for (size_t i = 0; text.p != NULL && words[i] != NULL; i++)
                if (str_is(text, words[i]))
                        return text;
        if (text.p != NULL)
                complain_query(e, name, FIELD_UNKNOWN_VALUE, "is none of the values that this parameter has");
        return STR_NONE;
}

bool
query_close(struct request *rq, const char *const *known, struct err *e)
{
        struct str rest = rq->query, one, name, value;

        while (rest.n > 0) {
                bool ok = false;

                (void)str_cut(rest, '&', &one, &rest);
                (void)str_cut(one, '=', &name, &value);
                for (size_t i = 0; known[i] != NULL && !ok; i++)
                        ok = str_is(name, known[i]);
                if (!ok && one.n > 0)
                        complain_query(e, str_fmt(rq->task->arena, "%.*s", name.n > 40 ? 40 : (int)name.n, name.p).p,
                            FIELD_UNKNOWN_FIELD, "this call has no such parameter");
                else if (ok && !form_value(rq->task->arena, rq->query, str_z(rq->task->arena, name), &value))
                        complain_query(e, str_z(rq->task->arena, name), FIELD_OUT_OF_RANGE,
                            "must be given once, as percent-encoded UTF-8");
        }
        return e->code == ERR_NONE;
}

bool
param_id(const struct request *rq, size_t n, const char *prefix, struct uuid *out, struct err *e)
{
        if (!typeid_parse(prefix, rq->param[n], out))
                return err_set(e, ERR_NOT_FOUND, "there is no such object; its id would begin with %s_", prefix);
        return true;
}

bool
org_visible(const struct request *rq, int32_t org, struct err *e)
{
        if (rq->who.role == ROLE_ORGANIZER && rq->who.org != org)
                return err_set(e, ERR_NOT_FOUND, "there is no such object");
        return true;
}

bool
if_match_version(const struct request *rq, int64_t *out, struct err *e)
{
        struct str s = str_trim(rq->if_match);

        *out = 0;
        if (s.n == 0 || str_is(s, "*"))
                return true;
        if (s.n < 3 || s.p[0] != '"' || s.p[s.n - 1] != '"' ||
            !str_to_i64((struct str){ s.p + 1, s.n - 2 }, out) || *out < 1 || *out > INT32_MAX)
                return err_set(e, ERR_ETAG_MISMATCH, "If-Match names no version of this object");
        return true;
}

struct uuid
json_get_id(struct json_reader *r, const char *key, enum need need, const char *prefix)
{
        struct str text = json_get_text(r, key, need, 1, 64);
        struct uuid id = { { 0 } };

        if (text.p != NULL && !typeid_parse(prefix, text, &id)) {
                struct str detail = str_fmt(r->arena, "must be an id that begins with %s_", prefix);

                json_complain(r, key, FIELD_WRONG_TYPE, detail.p);
        }
        return id;
}

static bool
cursor_read(struct request *rq, struct str cursor, struct page *p)
{
        unsigned char *plain = arena_alloc(rq->task->arena, cursor.n / 2 + 1);
        struct str at, id;

        if (cursor.n > 200 || cursor.n % 2 != 0 || !hex_decode(cursor, plain, cursor.n / 2) ||
            !str_cut((struct str){ (char *)plain, cursor.n / 2 }, ' ', &at, &id) || !uuid_parse(id, &p->before_id))
                return false;
        p->before_at = at;
        return text_is_time(at);
}

void
page_read(struct request *rq, struct page *p, struct err *e)
{
        struct str cursor = query_text(rq, "cursor");

        *p = (struct page){ .limit = query_int(rq, "limit", 1, PAGE_LIMIT_MAX, PAGE_LIMIT_DEFAULT, e) };
        if (cursor.p != NULL && !cursor_read(rq, cursor, p))
                complain_query(e, "cursor", FIELD_OUT_OF_RANGE, "must be the next_cursor of an earlier page");
}
