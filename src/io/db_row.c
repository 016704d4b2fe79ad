/* db_row.c - parameters on their way in, columns on their way out, all as text but bytea. */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/secret.h"
#include "io/db.h"

#include <libpq-fe.h>

#define ARRAY_MAX_BYTES ((size_t)1024 * 1024)

struct params
params_in(struct arena *a)
{
        return (struct params){ .arena = a };
}

static void
param_put(struct params *p, const char *value, size_t n, int binary)
{
        CHECK(p->n < DB_PARAMS_MAX);
        p->value[p->n] = value;
        p->length[p->n] = (int)n;
        p->binary[p->n] = binary;
        p->n++;
}

void
param_null(struct params *p)
{
        param_put(p, NULL, 0, 0);
}

void
param_text(struct params *p, struct str v)
{
        if (v.p == NULL)
                param_null(p);
        else
                param_put(p, str_z(p->arena, v), v.n, 0);
}

void
param_z(struct params *p, const char *v)
{
        param_text(p, str_of(v));
}

void
param_bool(struct params *p, bool v)
{
        param_put(p, v ? "t" : "f", 1, 0);
}

void
param_i64(struct params *p, int64_t v)
{
        struct str s = str_fmt(p->arena, "%lld", (long long)v);

        param_put(p, s.p, s.n, 0);
}

void
param_i64_or_null(struct params *p, bool present, int64_t v)
{
        if (present)
                param_i64(p, v);
        else
                param_null(p);
}

void
param_uuid(struct params *p, struct uuid v)
{
        char *text = arena_alloc(p->arena, UUID_TEXT_MAX);

        uuid_text(v, text);
        param_put(p, text, UUID_TEXT_MAX - 1, 0);
}

void
param_uuid_or_null(struct params *p, struct uuid v)
{
        if (uuid_is_nil(v))
                param_null(p);
        else
                param_uuid(p, v);
}

void
param_bytes(struct params *p, struct str v)
{
        if (v.p == NULL)
                param_null(p);
        else
                param_put(p, v.p, v.n, 1);
}

static void
array_close(struct params *p, struct buf *b)
{
        struct str s;

        buf_puts(b, "}");
        buf_putc(b, '\0');
        s = buf_str(b);
        CHECK(s.p != NULL);
        param_put(p, s.p, s.n - 1, 0);
}

void
param_i64_array(struct params *p, const int64_t *v, size_t n)
{
        struct buf b;

        buf_init(&b, p->arena, ARRAY_MAX_BYTES);
        buf_putc(&b, '{');
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        buf_putc(&b, ',');
                buf_put_i64(&b, v[i]);
        }
        array_close(p, &b);
}

void
param_uuid_array(struct params *p, const struct uuid *v, size_t n)
{
        struct buf b;

        buf_init(&b, p->arena, ARRAY_MAX_BYTES);
        buf_putc(&b, '{');
        for (size_t i = 0; i < n; i++) {
                char text[UUID_TEXT_MAX];

                if (i > 0)
                        buf_putc(&b, ',');
                uuid_text(v[i], text);
                buf_puts(&b, text);
        }
        array_close(p, &b);
}

void
param_text_array(struct params *p, const struct str *v, size_t n)
{
        struct buf b;

        buf_init(&b, p->arena, ARRAY_MAX_BYTES);
        buf_putc(&b, '{');
        for (size_t i = 0; i < n; i++) {
                buf_puts(&b, i > 0 ? ",\"" : "\"");
                for (size_t k = 0; k < v[i].n; k++) {
                        if (v[i].p[k] == '"' || v[i].p[k] == '\\')
                                buf_putc(&b, '\\');
                        buf_putc(&b, v[i].p[k]);
                }
                buf_putc(&b, '"');
        }
        array_close(p, &b);
}

void
param_times(struct params *p, const struct str *v, size_t n)
{
        struct buf b;

        buf_init(&b, p->arena, ARRAY_MAX_BYTES);
        buf_putc(&b, '{');
        for (size_t i = 0; i < n; i++) {
                buf_puts(&b, i > 0 ? "," : "");
                buf_puts(&b, v[i].p == NULL ? "NULL" : "\"");
                buf_put(&b, v[i]);
                buf_puts(&b, v[i].p == NULL ? "" : "\"");
        }
        array_close(p, &b);
}

static int
column_number(const struct rows *r, int row, const char *column)
{
        int c = PQfnumber(r->result, column);

        CHECK(c >= 0 && row >= 0 && row < r->n);
        return c;
}

bool
row_is_null(const struct rows *r, int row, const char *column)
{
        return PQgetisnull(r->result, row, column_number(r, row, column)) == 1;
}

struct str
row_text(const struct rows *r, int row, const char *column)
{
        int c = column_number(r, row, column);

        if (PQgetisnull(r->result, row, c))
                return STR_NONE;
        return (struct str){ PQgetvalue(r->result, row, c), (size_t)PQgetlength(r->result, row, c) };
}

bool
row_bool(const struct rows *r, int row, const char *column)
{
        return str_is(row_text(r, row, column), "t");
}

int64_t
row_i64(const struct rows *r, int row, const char *column)
{
        int64_t v = 0;

        CHECK(str_to_i64(row_text(r, row, column), &v));
        return v;
}

struct uuid
row_uuid(const struct rows *r, int row, const char *column)
{
        struct uuid u = { { 0 } };
        struct str s = row_text(r, row, column);

        CHECK(s.p == NULL || uuid_parse(s, &u));
        return u;
}

struct str
row_time(const struct rows *r, struct arena *a, int row, const char *column)
{
        struct str s = row_text(r, row, column);
        char *z;

        if (s.p == NULL)
                return STR_NONE;
        /* "2026-11-24 22:50:39.123+00": the database's zone is UTC (sql/install). */
        CHECK(s.n > 13 && str_ends(s, STR("+00")) && s.p[10] == ' ');
        z = str_z(a, (struct str){ s.p, s.n - 2 });
        z[10] = 'T';
        z[s.n - 3] = 'Z';
        return (struct str){ z, s.n - 2 };
}

struct str
row_bytes(const struct rows *r, struct arena *a, int row, const char *column)
{
        struct str s = row_text(r, row, column);
        unsigned char *out;

        if (s.p == NULL)
                return STR_NONE;
        CHECK(s.n >= 2 && s.p[0] == '\\' && s.p[1] == 'x');
        s = (struct str){ s.p + 2, s.n - 2 };
        out = arena_alloc(a, s.n / 2 + 1);
        CHECK(hex_decode(s, out, s.n / 2));
        return (struct str){ (char *)out, s.n / 2 };
}

/* One element of an array's text form at *at, unescaped into out; *at moves behind it. */
static struct str
array_element(struct str s, char *out, size_t *at)
{
        bool quoted = s.p[*at] == '"';
        size_t n = 0;

        if (quoted)
                ++*at;
        while (quoted ? s.p[*at] != '"' : s.p[*at] != ',' && s.p[*at] != '}') {
                if (s.p[*at] == '\\')
                        ++*at;
                out[n++] = s.p[(*at)++];
                CHECK(*at < s.n);
        }
        if (quoted)
                ++*at;
        return (struct str){ out, n };
}

/* An array of arrays comes out flat. */
struct str *
row_text_array(const struct rows *r, struct arena *a, int row, const char *column, size_t *n)
{
        struct str s = row_text(r, row, column);
        struct str *out;
        char *store;
        size_t most = 1;

        *n = 0;
        if (s.p == NULL || s.n <= 2)
                return NULL;
        CHECK(s.p[0] == '{' && s.p[s.n - 1] == '}');
        for (size_t i = 0; i < s.n; i++)
                most += s.p[i] == ',';
        out = ARENA_ARRAY(a, struct str, most);
        store = arena_alloc(a, s.n);
        for (size_t at = 0; at < s.n;) {
                if (s.p[at] == '{' || s.p[at] == '}' || s.p[at] == ',') {
                        at++;
                        continue;
                }
                out[*n] = array_element(s, store, &at);
                store += out[(*n)++].n;
        }
        return out;
}

int64_t *
row_i64_array(const struct rows *r, struct arena *a, int row, const char *column, size_t *n)
{
        struct str *text = row_text_array(r, a, row, column, n);
        int64_t *out = ARENA_ARRAY(a, int64_t, *n + 1);

        for (size_t i = 0; i < *n; i++)
                CHECK(str_to_i64(text[i], &out[i]));
        return out;
}

struct uuid *
row_uuid_array(const struct rows *r, struct arena *a, int row, const char *column, size_t *n)
{
        struct str *text = row_text_array(r, a, row, column, n);
        struct uuid *out = ARENA_ARRAY(a, struct uuid, *n + 1);

        for (size_t i = 0; i < *n; i++)
                CHECK(uuid_parse(text[i], &out[i]));
        return out;
}
