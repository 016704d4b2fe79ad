/*
 * log.c - builds a line in a buffer of its own and writes it with one
 * write(2), so that lines of many workers on one pipe do not mix.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include <unistd.h>

#define LINE_MAX_BYTES 4000             /* below PIPE_BUF: one write is one line */

static struct {
        const char *program;
        enum log_level least;
        struct arena *arena;
} out = { .program = "boxoffice", .least = LOG_INFO };

static const char *const level_text[] = { "debug", "info", "warn", "error" };

enum log_level
log_level_of(const char *name)
{
        for (size_t i = 0; i < ARRAY_LEN(level_text); i++)
                if (strcmp(name, level_text[i]) == 0)
                        return (enum log_level)i;
        return LOG_INFO;
}

void
log_open(const char *program, enum log_level least)
{
        out.program = program;
        out.least = least;
}

static void
put_pair(struct buf *b, const char *key, struct str value)
{
        buf_fmt(b, ",\"%s\":\"", key);
        buf_put_json(b, value);
        buf_putc(b, '"');
}

void
log_line(const struct log_subject *s, enum log_level level, const char *event,
    const struct log_pair *pairs, size_t n)
{
        char at[RFC3339_MAX];
        struct buf b;
        struct str line;

        if (level < out.least)
                return;
        if (out.arena == NULL)
                out.arena = arena_new((size_t)1024 * 1024);
        clock_rfc3339(clock_wall_ms(), at);
        buf_init(&b, out.arena, LINE_MAX_BYTES);
        buf_fmt(&b, "{\"at\":\"%s\",\"level\":\"%s\",\"program\":\"%s\",\"pid\":%ld,\"event\":\"%s\"",
            at, level_text[level], out.program, (long)getpid(), event);
        if (s != NULL && s->request_id.n > 0)
                put_pair(&b, "request_id", s->request_id);
        if (s != NULL && s->trace_id.n > 0)
                put_pair(&b, "trace_id", s->trace_id);
        for (size_t i = 0; i < n; i++)
                put_pair(&b, pairs[i].key, pairs[i].value);
        buf_put(&b, STR("}\n"));
        line = buf_str(&b);
        if (line.p == NULL)
                line = STR("{\"level\":\"error\",\"event\":\"log.line_too_long\"}\n");
        if (write(STDERR_FILENO, line.p, line.n) < 0)
                (void)0;        /* nobody is left to tell */
        arena_reset(out.arena);
}
