/*
 * buf.c - growing by doubling inside the arena; the old copy is left to the
 * arena's end.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"

#include <inttypes.h>
#include <stdarg.h>

#define BUF_FIRST 256

void
buf_init(struct buf *b, struct arena *a, size_t max)
{
        *b = (struct buf){ .arena = a, .max = max };
}

/* Room for n more bytes, or the builder has failed. */
static bool
buf_room(struct buf *b, size_t n)
{
        size_t size = b->size == 0 ? BUF_FIRST : b->size;
        char *p;

        if (b->failed || n > b->max - b->n) {
                b->failed = true;
                return false;
        }
        if (b->n + n <= b->size)
                return true;
        while (size < b->n + n)
                size *= 2;
        p = arena_alloc(b->arena, size);
        if (b->n > 0)
                memcpy(p, b->p, b->n);
        b->p = p;
        b->size = size;
        return true;
}

void
buf_put(struct buf *b, struct str s)
{
        if (s.n == 0 || !buf_room(b, s.n))
                return;
        memcpy(b->p + b->n, s.p, s.n);
        b->n += s.n;
}

void
buf_putc(struct buf *b, char c)
{
        buf_put(b, (struct str){ &c, 1 });
}

void
buf_puts(struct buf *b, const char *z)
{
        buf_put(b, str_of(z));
}

void
buf_put_i64(struct buf *b, int64_t v)
{
        buf_fmt(b, "%" PRId64, v);
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
        char small[256];
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(small, sizeof small, fmt, ap);
        va_end(ap);
        CHECK(n >= 0);
        if ((size_t)n < sizeof small) {
                buf_put(b, (struct str){ small, (size_t)n });
                return;
        }
        if (!buf_room(b, (size_t)n + 1))
                return;
        va_start(ap, fmt);
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
        va_end(ap);
        b->n += (size_t)n;
}

void
buf_put_json(struct buf *b, struct str s)
{
        static const char hex[] = "0123456789abcdef";

        for (size_t i = 0, from = 0; i <= s.n; i++) {
                unsigned char c = i < s.n ? (unsigned char)s.p[i] : 0;

                if (i < s.n && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
                        continue;
                buf_put(b, (struct str){ s.p + from, i - from });
                from = i + 1;
                if (i == s.n)
                        break;
                if (c == '"' || c == '\\')
                        buf_put(b, (struct str){ (char[2]){ '\\', (char)c }, 2 });
                else
                        buf_put(b, (struct str){ (char[6]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6 });
        }
}

struct str
buf_str(const struct buf *b)
{
        if (b->failed)
                return STR_NONE;
        return b->n == 0 ? STR("") : (struct str){ b->p, b->n };
}
