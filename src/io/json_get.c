/*
 * json_get.c - the reader: an object's fields by name, kind and range, every
 * bad one remembered with its JSON pointer (RFC 6901). It reads a tree that
 * json_read.c made, and knows nothing of what the fields are for.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/money.h"
#include "io/json_read.h"

#include <inttypes.h>

#define EMAIL_MAX       ((size_t)254)   /* RFC 5321 4.5.3.1.3, less the angle brackets */

struct str
json_pointer(struct arena *a, struct str at, struct str key)
{
        struct buf b;

        /* Whatever shows a pointer must not show a card number that somebody sent as a key. */
        if (text_is_card_data(key))
                key = STR("(card data)");
        buf_init(&b, a, at.n + 1 + 2 * key.n);
        buf_put(&b, at);
        buf_putc(&b, '/');
        for (size_t i = 0; i < key.n; i++) {
                if (key.p[i] == '~')
                        buf_puts(&b, "~0");
                else if (key.p[i] == '/')
                        buf_puts(&b, "~1");
                else
                        buf_putc(&b, key.p[i]);
        }
        return buf_str(&b);
}

static struct json *
member(const struct json *object, const char *key)
{
        if (object == NULL || object->kind != JSON_OBJECT)
                return NULL;
        for (struct json *m = object->child; m != NULL; m = m->next)
                if (str_is(m->key, key))
                        return m;
        return NULL;
}

const struct json *
json_member(const struct json *object, const char *key)
{
        const struct json *m = member(object, key);

        return m == NULL || m->kind == JSON_NULL ? NULL : m;
}

static void
complain_at(struct json_reader *r, struct str key, enum field_code code, const char *detail)
{
        /* Beyond the limit they are only counted: ten thousand bad fields need not ten thousand pointers. */
        struct str at = r->e->fields_n < ERR_FIELDS_MAX ? json_pointer(r->arena, r->at, key) : STR("");

        (void)err_field(r->e, str_z(r->arena, at), code, detail);
}

void
json_complain(struct json_reader *r, const char *key, enum field_code code, const char *detail)
{
        if (r->object != NULL)
                complain_at(r, str_of(key), code, detail);
}

/* The field, marked as asked; NULL when it is absent, null, or the object itself is absent. */
static struct json *
field(struct json_reader *r, const char *key, enum need need)
{
        struct json *m = member(r->object, key);

        if (m != NULL)
                m->asked = true;
        if (m != NULL && m->kind != JSON_NULL)
                return m;
        if (need == REQUIRED)
                json_complain(r, key, FIELD_MISSING, "is required");
        return NULL;
}

/* The same, of this kind: another kind is complained about and counts as absent. */
static struct json *
field_of(struct json_reader *r, const char *key, enum need need, enum json_kind kind, const char *detail)
{
        struct json *m = field(r, key, need);

        if (m == NULL || m->kind == kind)
                return m;
        json_complain(r, key, FIELD_WRONG_TYPE, detail);
        return NULL;
}

struct json_reader
json_reader_root(struct arena *a, struct json *root, struct err *e)
{
        struct json_reader r = { .arena = a, .object = root, .at = STR(""), .e = e };

        if (root->kind != JSON_OBJECT) {
                (void)err_field(e, "", FIELD_WRONG_TYPE, "must be an object");
                r.object = NULL;
        }
        return r;
}

struct json_reader
json_reader_member(struct json_reader *r, const char *key, enum need need)
{
        return (struct json_reader){
                .arena = r->arena,
                .object = field_of(r, key, need, JSON_OBJECT, "must be an object"),
                .at = json_pointer(r->arena, r->at, str_of(key)),
                .e = r->e,
        };
}

bool
json_reader_close(struct json_reader *r)
{
        struct json *m = r->object == NULL ? NULL : r->object->child;

        for (; m != NULL; m = m->next)
                if (!m->asked)
                        complain_at(r, m->key, FIELD_UNKNOWN_FIELD, "is not a field of this object");
        return r->e->code == ERR_NONE;
}

bool
json_has(const struct json_reader *r, const char *key)
{
        return json_member(r->object, key) != NULL;
}

bool
json_get_null(struct json_reader *r, const char *key)
{
        for (struct json *m = r->object == NULL ? NULL : r->object->child; m != NULL; m = m->next)
                if (m->kind == JSON_NULL && str_is(m->key, key))
                        return m->asked = true;
        return false;
}

/* Characters (code points) of well-formed UTF-8; *plain is false when a control character other than \n is there. */
static size_t
text_count(struct str s, bool *plain)
{
        const unsigned char *p = (const unsigned char *)s.p;
        size_t n = 0;

        *plain = true;
        for (size_t i = 0; i < s.n; i++) {
                bool c1 = p[i] == 0xc2 && i + 1 < s.n && p[i + 1] < 0xa0;

                if (c1 || (p[i] < 0x20 && p[i] != '\n') || p[i] == 0x7f)
                        *plain = false;
                if ((p[i] & 0xc0) != 0x80)
                        n++;
        }
        return n;
}

struct str
json_get_text(struct json_reader *r, const char *key, enum need need, size_t min, size_t max)
{
        struct json *m = field_of(r, key, need, JSON_STRING, "must be a string");
        char detail[96];
        bool plain;
        size_t n;

        if (m == NULL)
                return STR_NONE;
        n = text_count(m->text, &plain);
        if (n >= min && n <= max && plain)
                return m->text;
        if (!plain)
                (void)snprintf(detail, sizeof detail, "must not contain control characters");
        else if (min == max)
                (void)snprintf(detail, sizeof detail, "must have %zu characters", min);
        else
                (void)snprintf(detail, sizeof detail, "must have %zu to %zu characters", min, max);
        json_complain(r, key, FIELD_OUT_OF_RANGE, detail);
        return STR_NONE;
}

struct str *
json_get_texts(struct json_reader *r, const char *key, enum need need, size_t max, size_t length, size_t *n)
{
        struct json *m = field_of(r, key, need, JSON_ARRAY, "must be an array of strings");
        struct str *out;
        char detail[96];
        bool plain;

        *n = 0;
        if (m == NULL)
                return NULL;
        if (m->children > max) {
                (void)snprintf(detail, sizeof detail, "must have up to %zu elements", max);
                json_complain(r, key, FIELD_OUT_OF_RANGE, detail);
                return NULL;
        }
        out = ARENA_ARRAY(r->arena, struct str, max + 1);
        for (struct json *c = m->child; c != NULL; c = c->next, ++*n) {
                struct str at = str_fmt(r->arena, "%.*s/%zu", STR_ARG(json_pointer(r->arena, r->at, str_of(key))), *n);
                size_t count = c->kind == JSON_STRING ? text_count(c->text, &plain) : 0;

                (void)snprintf(detail, sizeof detail, "must have 1 to %zu characters, none of them a control", length);
                if (c->kind != JSON_STRING)
                        (void)err_field(r->e, str_z(r->arena, at), FIELD_WRONG_TYPE, "must be a string");
                else if (count < 1 || count > length || !plain)
                        (void)err_field(r->e, str_z(r->arena, at), FIELD_OUT_OF_RANGE, detail);
                out[*n] = c->text;
        }
        return out;
}

/* Written as JSON integers are: 1.0, 1e2 and -0 are numbers but not integers here. */
static bool
is_integer(struct str s)
{
        size_t i = s.n > 0 && s.p[0] == '-' ? 1 : 0;

        if (i == s.n || (i == 1 && s.p[1] == '0'))
                return false;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
                i++;
        return i == s.n;
}

int64_t
json_get_int(struct json_reader *r, const char *key, enum need need, int64_t min, int64_t max, int64_t otherwise)
{
        struct json *m = field_of(r, key, need, JSON_NUMBER, "must be an integer");
        char detail[96];
        int64_t v;

        if (m == NULL)
                return otherwise;
        if (!is_integer(m->text)) {
                json_complain(r, key, FIELD_WRONG_TYPE, "must be an integer");
                return otherwise;
        }
        if (str_to_i64(m->text, &v) && v >= min && v <= max)
                return v;
        (void)snprintf(detail, sizeof detail, "must be from %" PRId64 " to %" PRId64, min, max);
        json_complain(r, key, FIELD_OUT_OF_RANGE, detail);
        return otherwise;
}

int64_t
json_get_amount(struct json_reader *r, const char *key, enum need need)
{
        return json_get_int(r, key, need, 0, AMOUNT_MAX, 0);
}

bool
json_get_bool(struct json_reader *r, const char *key, enum need need, bool otherwise)
{
        struct json *m = field_of(r, key, need, JSON_BOOL, "must be true or false");

        return m == NULL ? otherwise : m->boolean;
}

int
json_get_word(struct json_reader *r, const char *key, enum need need, const char *const *words)
{
        struct json *m = field_of(r, key, need, JSON_STRING, "must be a string");
        struct buf b;
        struct str detail;

        if (m == NULL)
                return -1;
        for (int i = 0; words[i] != NULL; i++)
                if (str_is(m->text, words[i]))
                        return i;
        buf_init(&b, r->arena, 90);
        buf_puts(&b, "must be one of:");
        for (int i = 0; words[i] != NULL; i++) {
                buf_putc(&b, ' ');
                buf_puts(&b, words[i]);
        }
        detail = buf_str(&b);
        json_complain(r, key, FIELD_UNKNOWN_VALUE, detail.p == NULL ? "is none of the known words" :
            str_z(r->arena, detail));
        return -1;
}

/* Two digits at s[i..] between min and max, or -1. */
static int
two(struct str s, size_t i, int min, int max)
{
        int v;

        if (i + 2 > s.n || s.p[i] < '0' || s.p[i] > '9' || s.p[i + 1] < '0' || s.p[i + 1] > '9')
                return -1;
        v = (s.p[i] - '0') * 10 + (s.p[i + 1] - '0');
        return v >= min && v <= max ? v : -1;
}

static bool
is_date(struct str s)
{
        static const int days[13] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        int century = two(s, 0, 0, 99), rest = two(s, 2, 0, 99), month = two(s, 5, 1, 12), year;
        bool leap;

        if (century < 0 || rest < 0 || month < 0 || s.p[4] != '-' || s.p[7] != '-')
                return false;
        year = century * 100 + rest;
        leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        return year >= 1970 && year <= 9998 && two(s, 8, 1, days[month] + (month == 2 && leap ? 1 : 0)) > 0;
}

/* RFC 3339 date-time, upper case, up to nine digits of fraction, offset below 16 hours (what PostgreSQL reads). */
bool
text_is_time(struct str s)
{
        size_t i = 19;

        if (s.n < sizeof "1970-01-01T00:00:00Z" - 1 || !is_date(s) || s.p[10] != 'T' || s.p[13] != ':' ||
            s.p[16] != ':' || two(s, 11, 0, 23) < 0 || two(s, 14, 0, 59) < 0 || two(s, 17, 0, 59) < 0)
                return false;
        if (s.p[i] == '.') {
                size_t first = ++i;

                while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
                        i++;
                if (i == first || i - first > 9)
                        return false;
        }
        if (i + 1 == s.n)
                return s.p[i] == 'Z';
        return i + 6 == s.n && (s.p[i] == '+' || s.p[i] == '-') && two(s, i + 1, 0, 15) >= 0 &&
            s.p[i + 3] == ':' && two(s, i + 4, 0, 59) >= 0;
}

struct str
json_get_time(struct json_reader *r, const char *key, enum need need)
{
        struct json *m = field_of(r, key, need, JSON_STRING, "must be a string");

        if (m == NULL)
                return STR_NONE;
        if (text_is_time(m->text))
                return m->text;
        json_complain(r, key, FIELD_OUT_OF_RANGE, "must be a time as RFC 3339 writes it: 2026-11-24T20:00:00Z");
        return STR_NONE;
}

/*
 * Enough that a mail header can't be bent with it: one @, parts that are not
 * empty, a domain of labels with a dot, no blanks, no control characters and
 * none of the characters that end an address or make two of one.
 */
static bool
is_email(struct str s)
{
        struct str local, domain, more, rest;
        bool plain;

        (void)text_count(s, &plain);
        if (!plain || s.n > EMAIL_MAX || !str_cut(s, '@', &local, &domain) || local.n == 0 ||
            str_cut(domain, '@', &rest, &more))
                return false;
        for (size_t i = 0; i < s.n; i++)
                if (strchr(" \n<>()[],;:\"\\", s.p[i]) != NULL)
                        return false;
        if (!str_cut(domain, '.', &rest, &more))
                return false;
        for (bool dot = true; dot; domain = more) {
                dot = str_cut(domain, '.', &rest, &more);
                if (rest.n == 0)
                        return false;
        }
        return true;
}

struct str
json_get_email(struct json_reader *r, const char *key, enum need need)
{
        struct json *m = field_of(r, key, need, JSON_STRING, "must be a string");

        if (m == NULL)
                return STR_NONE;
        if (is_email(m->text))
                return m->text;
        json_complain(r, key, FIELD_OUT_OF_RANGE, "must be an e-mail address");
        return STR_NONE;
}

struct json_reader *
json_get_objects(struct json_reader *r, const char *key, enum need need, size_t min, size_t max, size_t *n)
{
        struct json *m = field_of(r, key, need, JSON_ARRAY, "must be an array of objects");
        struct json_reader *each;
        struct str at;
        char detail[96];

        *n = 0;
        if (m == NULL)
                return NULL;
        if (m->children < min || m->children > max) {
                (void)snprintf(detail, sizeof detail, "must have %zu to %zu elements", min, max);
                json_complain(r, key, FIELD_OUT_OF_RANGE, detail);
                return NULL;
        }
        each = ARENA_ARRAY(r->arena, struct json_reader, m->children);
        at = json_pointer(r->arena, r->at, str_of(key));
        for (struct json *c = m->child; c != NULL; c = c->next, ++*n) {
                struct str place = str_fmt(r->arena, "%.*s/%zu", STR_ARG(at), *n);

                each[*n] = (struct json_reader){ .arena = r->arena, .object = c, .at = place, .e = r->e };
                if (c->kind != JSON_OBJECT) {
                        (void)err_field(r->e, str_z(r->arena, place), FIELD_WRONG_TYPE, "must be an object");
                        each[*n].object = NULL;
                }
        }
        return each;
}

struct json *
json_get_any(struct json_reader *r, const char *key, enum need need)
{
        return field(r, key, need);
}
