/*
 * str.c - views of text: comparing, cutting, reading integers, copying into
 * an arena. It allocates nowhere else.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/str.h"

#include <stdarg.h>

bool
str_eq(struct str a, struct str b)
{
        return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_is(struct str a, const char *z)
{
        return str_eq(a, str_of(z));
}

bool
str_starts(struct str a, struct str prefix)
{
        return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

bool
str_ends(struct str a, struct str suffix)
{
        return a.n >= suffix.n &&
            (suffix.n == 0 || memcmp(a.p + a.n - suffix.n, suffix.p, suffix.n) == 0);
}

bool
str_cut(struct str s, char c, struct str *head, struct str *rest)
{
        const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

        if (at == NULL) {
                *head = s;
                *rest = STR_NONE;
                return false;
        }
        *head = (struct str){ s.p, (size_t)(at - s.p) };
        *rest = (struct str){ at + 1, s.n - head->n - 1 };
        return true;
}

static bool
is_blank(char c)
{
        return c == ' ' || c == '\t';
}

struct str
str_trim(struct str s)
{
        while (s.n > 0 && is_blank(s.p[0])) {
                s.p++;
                s.n--;
        }
        while (s.n > 0 && is_blank(s.p[s.n - 1]))
                s.n--;
        return s;
}

bool
str_to_i64(struct str s, int64_t *out)
{
        bool negative = s.n > 0 && s.p[0] == '-';
        size_t i = negative ? 1 : 0;
        int64_t v = 0;

        if (i == s.n || (s.p[i] == '0' && (negative || s.n > i + 1)))
                return false;
        for (; i < s.n; i++) {
                if (s.p[i] < '0' || s.p[i] > '9' || __builtin_mul_overflow(v, 10, &v))
                        return false;
                if (__builtin_add_overflow(v, negative ? '0' - s.p[i] : s.p[i] - '0', &v))
                        return false;
        }
        *out = v;
        return true;
}

char *
str_z(struct arena *a, struct str s)
{
        char *z = arena_alloc(a, s.n + 1);

        if (s.n > 0)
                memcpy(z, s.p, s.n);
        z[s.n] = '\0';
        return z;
}

struct str
str_dup(struct arena *a, struct str s)
{
        return s.p == NULL ? STR_NONE : (struct str){ str_z(a, s), s.n };
}

struct str
str_lower(struct arena *a, struct str s)
{
        char *z = str_z(a, s);

        for (size_t i = 0; i < s.n; i++)
                if (z[i] >= 'A' && z[i] <= 'Z')
                        z[i] = (char)(z[i] - 'A' + 'a');
        return (struct str){ z, s.n };
}

struct str
str_fmt(struct arena *a, const char *fmt, ...)
{
        va_list ap, again;
        int n;
        char *z;

        va_start(ap, fmt);
        va_copy(again, ap);
        n = vsnprintf(NULL, 0, fmt, ap);
        CHECK(n >= 0);
        z = arena_alloc(a, (size_t)n + 1);
        (void)vsnprintf(z, (size_t)n + 1, fmt, again);
        va_end(again);
        va_end(ap);
        return (struct str){ z, (size_t)n };
}

/* One UTF-8 sequence at s: its length, or 0 when it is ill formed. */
static size_t
utf8_sequence(const unsigned char *s, size_t n)
{
        static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
        size_t len = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
        uint32_t cp;

        if (len < 2 || len > n)
                return len == 1 ? 1 : 0;
        cp = s[0] & (0x7fU >> len);
        for (size_t i = 1; i < len; i++) {
                if (s[i] >> 6 != 2)
                        return 0;
                cp = cp << 6 | (s[i] & 0x3fU);
        }
        if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
                return 0;
        return len;
}

bool
str_is_utf8(struct str s)
{
        const unsigned char *p = (const unsigned char *)s.p;

        for (size_t i = 0; i < s.n;) {
                size_t len = utf8_sequence(p + i, s.n - i);

                if (len == 0)
                        return false;
                i += len;
        }
        return true;
}
