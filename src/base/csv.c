/* csv.c - fields, each with a comma behind it, which the row's end takes back. */
#include "base/base.h"
#include "base/check.h"
#include "base/csv.h"

static bool
must_quote(struct str s)
{
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\n' || s.p[i] == '\r')
                        return true;
        return s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
}

static void
field_put(struct buf *b, const char *guard, struct str s)
{
        bool quoted = must_quote(s);

        buf_puts(b, quoted ? "\"" : "");
        buf_puts(b, guard);
        for (size_t i = 0; i < s.n && quoted; i++) {
                if (s.p[i] == '"')
                        buf_putc(b, '"');
                buf_putc(b, s.p[i]);
        }
        if (!quoted)
                buf_put(b, s);
        buf_puts(b, quoted ? "\"," : ",");
}

void
csv_text(struct buf *b, struct str s)
{
        bool formula = s.n > 0 && s.p[0] != '\0' && strchr("=+-@\t\r", s.p[0]) != NULL;

        field_put(b, formula ? "'" : "", s);
}

void
csv_word(struct buf *b, struct str s)
{
        field_put(b, "", s);
}

void
csv_int(struct buf *b, int64_t v)
{
        buf_put_i64(b, v);
        buf_putc(b, ',');
}

void
csv_bool(struct buf *b, bool v)
{
        buf_puts(b, v ? "true," : "false,");
}

void
csv_id(struct buf *b, const char *prefix, struct uuid id)
{
        char text[ID_TEXT_MAX];

        if (!uuid_is_nil(id)) {
                typeid_text(prefix, id, text);
                buf_puts(b, text);
        }
        buf_putc(b, ',');
}

void
csv_end(struct buf *b)
{
        if (b->failed)
                return;
        CHECK(b->n > 0 && b->p[b->n - 1] == ',');
        b->p[b->n - 1] = '\n';
}
