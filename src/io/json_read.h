/*
 * json_read.h - JSON in, through yajl: a checked tree, and a reader that asks
 * for an object's fields and remembers every bad one.
 *
 * json_parse() accepts one UTF-8 document up to JSON_DEPTH_MAX deep; it
 * refuses duplicate keys, NUL characters in strings and keys, lone
 * surrogates, a byte-order mark, comments and trailing text, all as
 * ERR_INVALID_JSON with a detail that says which and where. Numbers keep
 * their text; nothing is ever read through a double. Card data (see
 * json_card_data) is a check of its own. The tree is a copy in the arena: up
 * to 2.5 MiB for the worst body of 64 KiB, so an arena's cap is well above.
 *
 * Reading: open a reader over an object, call a getter per field, close it.
 * A getter marks its field as known; a value of the wrong kind or range adds
 * to e->fields (code, JSON pointer) and yields a zero value; close adds
 * unknown_field for each field nobody asked for and returns false when e has
 * any error. So one answer names all bad fields. An explicit null counts as
 * absent.
 */
#ifndef IO_JSON_READ_H
#define IO_JSON_READ_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct arena;

#define JSON_DEPTH_MAX  32
#define JSON_NODES_MAX  20000

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
        enum json_kind kind;
        bool boolean;
        struct str text;                /* string value, or the number as it was written */
        struct str key;                 /* when a member of an object */
        struct json *child, *next;      /* elements or members in order */
        size_t children;
        bool asked;                     /* a getter has looked at it */
};

bool json_parse(struct arena *a, struct str body, struct json **out, struct err *e) MUSTCHECK;
const struct json *json_member(const struct json *object, const char *key);     /* NULL when absent or null */

/*
 * Whether any string, number or key in the tree is card data as the API's
 * conventions define it, outside account_number, iban and routing_number;
 * *pointer names the place and never holds the number itself.
 */
bool json_card_data(struct arena *a, const struct json *root, struct str *pointer);
/* The same test for one string. */
bool text_is_card_data(struct str s);
/* at + "/" + key, escaped as RFC 6901 says; a key that is card data is not shown. */
struct str json_pointer(struct arena *a, struct str at, struct str key);

struct json_reader {
        struct arena *arena;
        struct json *object;            /* NULL: absent, every getter yields absent and complains of nothing */
        struct str at;                  /* JSON pointer of the object, "" for the root */
        struct err *e;
};

enum need { OPTIONAL, REQUIRED };

/* root may be any kind: not an object is wrong_type at "". */
struct json_reader json_reader_root(struct arena *a, struct json *root, struct err *e);
struct json_reader json_reader_member(struct json_reader *r, const char *key, enum need need);
bool json_reader_close(struct json_reader *r) MUSTCHECK;
bool json_has(const struct json_reader *r, const char *key);            /* there and not null; does not mark */

/* Whether an explicit null stands there: what it clears is the caller's business. */
bool json_get_null(struct json_reader *r, const char *key);

/* Length in characters (code points); control characters other than \n are out_of_range. */
struct str json_get_text(struct json_reader *r, const char *key, enum need need, size_t min, size_t max);
int64_t json_get_int(struct json_reader *r, const char *key, enum need need, int64_t min, int64_t max,
    int64_t otherwise);
int64_t json_get_amount(struct json_reader *r, const char *key, enum need need);        /* 0..AMOUNT_MAX */
bool json_get_bool(struct json_reader *r, const char *key, enum need need, bool otherwise);
/* One of the words in a NULL-ended list: its index, or -1. */
int json_get_word(struct json_reader *r, const char *key, enum need need, const char *const *words);
/* RFC 3339 with offset, e.g. 2026-11-24T20:00:00Z: the text as given, checked; the database reads it. */
struct str json_get_time(struct json_reader *r, const char *key, enum need need);
bool text_is_time(struct str s);         /* the same check for text from elsewhere (a query parameter) */
struct str json_get_email(struct json_reader *r, const char *key, enum need need);
/* An array of up to max strings, each of 1 to length characters; *n of them. What is wrong is named by its index. */
struct str *json_get_texts(struct json_reader *r, const char *key, enum need need, size_t max, size_t length,
    size_t *n);
/*
 * An array of objects: a reader for each, in the arena, *n of them; each is
 * closed by the caller. Fewer than min or more than max: complained about, none.
 */
struct json_reader *json_get_objects(struct json_reader *r, const char *key, enum need need, size_t min, size_t max,
    size_t *n);
/* The raw node of a field, marked as asked, or NULL: for free-form values. */
struct json *json_get_any(struct json_reader *r, const char *key, enum need need);
/* Adds an error at a field of this object; silent when the object is absent, as getters are. */
void json_complain(struct json_reader *r, const char *key, enum field_code code, const char *detail);

#endif
