/* csv_read.c - rows out of CSV. Pure. */
#include "base/base.h"
#include "base/arena.h"
#include "base/csv_read.h"

struct csv_reader
csv_reader_new(struct arena *a, struct str text)
{
        static const struct str mark = STR("\xef\xbb\xbf");

        if (str_starts(text, mark))
                text = (struct str){ text.p + mark.n, text.n - mark.n };
        return (struct csv_reader){ .arena = a, .rest = text, .next_line = 1 };
}

static bool
wrong(struct csv_reader *c, const char *what)
{
        c->wrong = what;
        return false;
}

static void
skip(struct csv_reader *c, size_t n)
{
        c->rest = (struct str){ c->rest.p + n, c->rest.n - n };
}

/* Where a row may end; how many characters that are. */
static size_t
end_of_line(struct str s)
{
        if (s.n == 0)
                return 0;
        if (s.p[0] == '\n')
                return 1;
        return s.n > 1 && s.p[0] == '\r' && s.p[1] == '\n' ? 2 : 0;
}

static bool
at_end(const struct csv_reader *c)
{
        return c->rest.n == 0 || c->rest.p[0] == ',' || end_of_line(c->rest) > 0;
}

/* Up to the quote that closes it; one that is doubled stands for itself. */
static bool
quoted(struct csv_reader *c, struct str *out)
{
        char *text = arena_alloc(c->arena, c->rest.n + 1);
        size_t n = 0;

        skip(c, 1);
        for (;;) {
                if (c->rest.n == 0)
                        return wrong(c, "a quote that is not closed");
                if (c->rest.p[0] == '"' && (c->rest.n == 1 || c->rest.p[1] != '"'))
                        break;
                c->next_line += c->rest.p[0] == '\n';
                text[n++] = c->rest.p[0];
                skip(c, c->rest.p[0] == '"' ? 2 : 1);
        }
        skip(c, 1);
        *out = (struct str){ text, n };
        return at_end(c) || wrong(c, "something behind a quote that is closed");
}

static bool
field(struct csv_reader *c, struct str *out)
{
        size_t n = 0;

        if (c->rest.n > 0 && c->rest.p[0] == '"')
                return quoted(c, out);
        while (n < c->rest.n && c->rest.p[n] != ',' && end_of_line((struct str){ c->rest.p + n, c->rest.n - n }) == 0)
                n++;
        *out = (struct str){ c->rest.p, n };
        skip(c, n);
        return true;
}

bool
csv_row(struct csv_reader *c)
{
        if (c->wrong != NULL)
                return false;
        for (size_t n; (n = end_of_line(c->rest)) > 0; c->next_line++)
                skip(c, n);
        c->line = c->next_line;
        c->n = 0;
        if (c->rest.n == 0)
                return false;
        for (;;) {
                if (c->n == CSV_FIELDS_MAX)
                        return wrong(c, "too many fields");
                if (!field(c, &c->field[c->n++]))
                        return false;
                if (c->rest.n == 0 || c->rest.p[0] != ',')
                        break;
                skip(c, 1);
        }
        skip(c, end_of_line(c->rest));
        c->next_line++;
        return true;
}
