/*
 * str.h - a view of text: pointer and length, not owned, not terminated.
 *
 * Views live as long as what they look at (an arena, a literal, a request).
 * A view with p == NULL means "absent" and differs from the empty one.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
        const char *p;
        size_t n;
};

#define STR(lit)        ((struct str){ (lit), sizeof(lit) - 1 })
#define STR_NONE        ((struct str){ NULL, 0 })
/* For printf: "%.*s", STR_ARG(s) */
#define STR_ARG(s)      (int)(s).n, (s).p

struct arena;

static inline struct str
str_of(const char *z)
{
        return z == NULL ? STR_NONE : (struct str){ z, strlen(z) };
}

bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *z);
bool str_starts(struct str a, struct str prefix);
bool str_ends(struct str a, struct str suffix);
/* Splits at the first c: *head before it, *rest behind; false when c is not there (head = all). */
bool str_cut(struct str s, char c, struct str *head, struct str *rest);
struct str str_trim(struct str s);              /* spaces and tabs at both ends */
/* Decimal integer, optional '-', no plus, no leading zeros, nothing behind it; else, or out of range, false. */
bool str_to_i64(struct str s, int64_t *out);
/* Terminated copy in the arena. */
char *str_z(struct arena *a, struct str s);
struct str str_dup(struct arena *a, struct str s);
struct str str_lower(struct arena *a, struct str s);    /* ASCII only */
struct str str_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool str_is_utf8(struct str s);                 /* well formed, no surrogates, no overlong forms */

#endif
