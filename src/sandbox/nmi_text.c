/* nmi_text.c - words, numbers and escapes of the dialect. Pure functions. */
#include "base/base.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/str.h"
#include "sandbox/books.h"
#include "sandbox/mishap.h"
#include "sandbox/nmi.h"

#include <time.h>

const char *
nmi_answer_text(const struct txn *t)
{
        if (t->kind == TXN_VOID)
                return "Transaction Void Successful";
        return token_text(t->code);
}

void
nmi_authcode(int64_t transaction, char out[NMI_AUTHCODE_MAX])
{
        (void)snprintf(out, NMI_AUTHCODE_MAX, "%06u", (unsigned)(transaction * 48271 % 1000000) % 1000000U);
}

struct str
nmi_cc_number(struct arena *a, const struct txn *t)
{
        return str_fmt(a, "%s%04d", card_brand_mask(t->brand), t->last4);
}

void
nmi_time(int64_t wall_ms, char out[NMI_TIME_MAX])
{
        time_t s = (time_t)(wall_ms / 1000);
        struct tm tm;

        CHECK(gmtime_r(&s, &tm) != NULL);
        CHECK(strftime(out, NMI_TIME_MAX, "%Y%m%d%H%M%S", &tm) == NMI_TIME_MAX - 1);
}

/* Digits s[i..i+n) as a number. */
static int
digits(struct str s, size_t i, size_t n)
{
        int v = 0;

        while (n-- > 0)
                v = v * 10 + (s.p[i++] - '0');
        return v;
}

bool
nmi_time_parse(struct str s, int64_t *wall_ms)
{
        struct tm tm = { 0 };
        char again[NMI_TIME_MAX];

        if (s.n != NMI_TIME_MAX - 1)
                return false;
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] < '0' || s.p[i] > '9')
                        return false;
        tm.tm_year = digits(s, 0, 4) - 1900;
        tm.tm_mon = digits(s, 4, 2) - 1;
        tm.tm_mday = digits(s, 6, 2);
        tm.tm_hour = digits(s, 8, 2);
        tm.tm_min = digits(s, 10, 2);
        tm.tm_sec = digits(s, 12, 2);
        *wall_ms = (int64_t)timegm(&tm) * 1000;
        nmi_time(*wall_ms, again);      /* a 31st of June has become another day */
        return str_is(s, again);
}

void
nmi_put_field(struct buf *b, const char *name, struct str value)
{
        static const char hex[] = "0123456789ABCDEF";

        if (b->n > 0)
                buf_putc(b, '&');
        buf_puts(b, name);
        buf_putc(b, '=');
        for (size_t i = 0; i < value.n; i++) {
                unsigned char c = (unsigned char)value.p[i];
                bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    c == '-' || c == '_' || c == '.' || c == '~';

                if (plain)
                        buf_putc(b, (char)c);
                else if (c == ' ')
                        buf_putc(b, '+');
                else
                        buf_put(b, (struct str){ (char[3]){ '%', hex[c >> 4], hex[c & 15] }, 3 });
        }
}

void
nmi_put_xml_text(struct buf *b, struct str s)
{
        for (size_t i = 0; i < s.n; i++) {
                switch (s.p[i]) {
                case '&':  buf_puts(b, "&amp;");  break;
                case '<':  buf_puts(b, "&lt;");   break;
                case '>':  buf_puts(b, "&gt;");   break;
                case '"':  buf_puts(b, "&quot;"); break;
                case '\'': buf_puts(b, "&apos;"); break;
                default:   buf_putc(b, s.p[i]);   break;
                }
        }
}

void
nmi_put_element(struct buf *b, const char *name, struct str value)
{
        buf_fmt(b, "<%s>", name);
        nmi_put_xml_text(b, value);
        buf_fmt(b, "</%s>\n", name);
}
