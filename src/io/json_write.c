/*
 * json_write.c - a thin cover over yajl_gen that keeps its state machine
 * (separators, keys only in objects, balanced ends) and its escapes, and adds
 * what it lacks: a check of UTF-8 that knows overlong forms and surrogates
 * (yajl's own option does not), and raw JSON inside.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "io/json_write.h"

#include <yajl/yajl_gen.h>

static void
gen_free(void *gen)
{
        yajl_gen_free(gen);
}

struct json_out
json_out_new(struct arena *a)
{
        yajl_gen gen = yajl_gen_alloc(NULL);

        CHECK(gen != NULL);
        arena_hook(a, gen_free, gen);
        return (struct json_out){ .gen = gen };
}

static void
took(struct json_out *o, yajl_gen_status status)
{
        if (status != yajl_gen_status_ok)
                o->failed = true;
}

static void
put_text(struct json_out *o, struct str v)
{
        if (str_is_utf8(v))
                took(o, yajl_gen_string(o->gen, (const unsigned char *)(v.n == 0 ? "" : v.p), v.n));
        else
                o->failed = true;
}

static void
put_key(struct json_out *o, const char *key)
{
        if (key != NULL)
                put_text(o, str_of(key));
}

void
jo_object(struct json_out *o, const char *key)
{
        put_key(o, key);
        took(o, yajl_gen_map_open(o->gen));
}

void
jo_array(struct json_out *o, const char *key)
{
        put_key(o, key);
        took(o, yajl_gen_array_open(o->gen));
}

void
jo_end_object(struct json_out *o)
{
        took(o, yajl_gen_map_close(o->gen));
}

void
jo_end_array(struct json_out *o)
{
        took(o, yajl_gen_array_close(o->gen));
}

void
jo_text(struct json_out *o, const char *key, struct str v)
{
        if (v.p == NULL) {
                jo_null(o, key);
                return;
        }
        put_key(o, key);
        put_text(o, v);
}

void
jo_z(struct json_out *o, const char *key, const char *v)
{
        jo_text(o, key, str_of(v));
}

void
jo_id(struct json_out *o, const char *key, const char *prefix, struct uuid id)
{
        char text[ID_TEXT_MAX];

        if (uuid_is_nil(id)) {
                jo_null(o, key);
                return;
        }
        typeid_text(prefix, id, text);
        jo_z(o, key, text);
}

void
jo_int(struct json_out *o, const char *key, int64_t v)
{
        put_key(o, key);
        took(o, yajl_gen_integer(o->gen, v));
}

void
jo_bool(struct json_out *o, const char *key, bool v)
{
        put_key(o, key);
        took(o, yajl_gen_bool(o->gen, v));
}

void
jo_null(struct json_out *o, const char *key)
{
        put_key(o, key);
        took(o, yajl_gen_null(o->gen));
}

void
jo_raw(struct json_out *o, const char *key, struct str json)
{
        if (json.p == NULL) {
                jo_null(o, key);
                return;
        }
        if (json.n == 0)
                o->failed = true;
        put_key(o, key);
        /* yajl_gen writes a number's text as it is given and keeps the separators around it right. */
        took(o, yajl_gen_number(o->gen, json.p, json.n));
}

struct str
json_out_str(struct json_out *o)
{
        const unsigned char *p;
        size_t n;

        CHECK(!o->failed);
        /* A whole document takes nothing more; one with an open end, or none at all, would take this null. */
        CHECK(yajl_gen_null(o->gen) == yajl_gen_generation_complete);
        CHECK(yajl_gen_get_buf(o->gen, &p, &n) == yajl_gen_status_ok);
        return (struct str){ (const char *)p, n };
}
