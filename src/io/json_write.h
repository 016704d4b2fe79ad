/*
 * json_write.h - JSON out, through yajl_gen: compact, UTF-8 checked. It
 * remembers its first failure and is asked once, at the end.
 *
 *   struct json_out o = json_out_new(arena);
 *   jo_object(&o, NULL); jo_text(&o, "id", id); jo_int(&o, "amount", 10270); jo_end_object(&o);
 *   body = json_out_str(&o);
 *
 * key is NULL inside arrays and at the root. An absent str is written as null.
 * Text must be UTF-8: what came from outside and not through json_parse() or
 * the database is cleaned before. Text that isn't, a missing key or an end too
 * few is a mistake of ours, found by json_out_str()'s CHECK. Nesting: 127.
 */
#ifndef IO_JSON_WRITE_H
#define IO_JSON_WRITE_H

#include "base/base.h"
#include "base/id.h"
#include "base/str.h"

struct arena;

struct json_out {
        void *gen;                      /* yajl_gen, freed with the arena */
        bool failed;
};

struct json_out json_out_new(struct arena *a);
void jo_object(struct json_out *o, const char *key);
void jo_array(struct json_out *o, const char *key);
void jo_end_object(struct json_out *o);
void jo_end_array(struct json_out *o);
void jo_text(struct json_out *o, const char *key, struct str v);
void jo_z(struct json_out *o, const char *key, const char *v);          /* NULL is null */
/* An id in the API's form (id.h); the nil uuid is null. */
void jo_id(struct json_out *o, const char *key, const char *prefix, struct uuid id);
void jo_int(struct json_out *o, const char *key, int64_t v);
void jo_bool(struct json_out *o, const char *key, bool v);
void jo_null(struct json_out *o, const char *key);
/* Text that is JSON already, one value (a view made before, a jsonb column); it is not looked into. */
void jo_raw(struct json_out *o, const char *key, struct str json);
/* The bytes, in the arena; CHECKs that nothing failed and that the document is whole. */
struct str json_out_str(struct json_out *o);

#endif
