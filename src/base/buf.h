/*
 * buf.h - a builder of text in an arena, with a limit.
 *
 * It remembers its first failure (the limit was reached) and is asked once,
 * at the end: buf_str() is absent (p == NULL) when something did not fit.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct arena;

struct buf {
        struct arena *arena;
        char *p;
        size_t n, size, max;
        bool failed;
};

void buf_init(struct buf *b, struct arena *a, size_t max);
void buf_put(struct buf *b, struct str s);
void buf_putc(struct buf *b, char c);
void buf_puts(struct buf *b, const char *z);
void buf_put_i64(struct buf *b, int64_t v);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Characters of s that may stand in a JSON string, others escaped; no quotes around it. */
void buf_put_json(struct buf *b, struct str s);
struct str buf_str(const struct buf *b);

#endif
