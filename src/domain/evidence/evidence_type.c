/*
 * evidence_type.c - each kind of file walked through by its own structure, to
 * its very end. Every step is bounded by what is left: the bytes are hostile.
 */
#include "base/base.h"
#include "domain/evidence/evidence_type.h"

#define PDF_TAIL        1024            /* where readers look for the end */

static const struct { const char *media, *ending; } kinds[] = {
        [EVIDENCE_NONE] = { "", "" }, [EVIDENCE_PDF] = { "application/pdf", "pdf" },
        [EVIDENCE_JPEG] = { "image/jpeg", "jpg" }, [EVIDENCE_PNG] = { "image/png", "png" },
};

const char *
evidence_type_media(enum evidence_type type)
{
        return kinds[type].media;
}

const char *
evidence_type_ending(enum evidence_type type)
{
        return kinds[type].ending;
}

enum evidence_type
evidence_type_named(struct str media)
{
        for (size_t i = EVIDENCE_PDF; i < ARRAY_LEN(kinds); i++)
                if (str_is(media, kinds[i].media))
                        return (enum evidence_type)i;
        return EVIDENCE_NONE;
}

static unsigned
byte_at(struct str s, size_t i)
{
        return (unsigned char)s.p[i];
}

static struct str
from(struct str s, size_t i)
{
        return (struct str){ s.p + i, s.n - i };
}

/* --- PDF ----------------------------------------------------------------- */

static bool
is_pdf_space(char c)
{
        return c == '\0' || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool
is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* The last place of a word in it; false: none. */
static bool
find_last(struct str s, const char *word, size_t *at)
{
        size_t n = strlen(word);

        for (size_t i = s.n < n ? 0 : s.n - n + 1; i-- > 0;) {
                if (memcmp(s.p + i, word, n) == 0) {
                        *at = i;
                        return true;
                }
        }
        return false;
}

static struct str
skip_space(struct str s)
{
        while (s.n > 0 && is_pdf_space(s.p[0]))
                s = from(s, 1);
        return s;
}

/* A number in front, taken off; false: there is none, or it is too large for a place in a file. */
static bool
take_number(struct str *s, size_t *out)
{
        size_t digits = 0;

        for (*out = 0; digits < s->n && digits < 10 && is_digit(s->p[digits]); digits++)
                *out = *out * 10 + (size_t)(s->p[digits] - '0');
        *s = from(*s, digits);
        return digits > 0;
}

/* What a PDF's end points to: a table of its objects, or an object that is one. */
static bool
is_cross_reference(struct str s)
{
        size_t number;

        if (str_starts(s, STR("xref")))
                return true;
        if (!take_number(&s, &number))
                return false;
        s = skip_space(s);
        if (!take_number(&s, &number))
                return false;
        return str_starts(skip_space(s), STR("obj"));
}

/* %PDF-1.4 ... startxref, the place of the cross-reference, %%EOF, and nothing behind it. */
static bool
is_pdf(struct str s)
{
        size_t tail = s.n > PDF_TAIL ? s.n - PDF_TAIL : 0, eof, start, place;
        struct str rest;

        if (s.n < 16 || !str_starts(s, STR("%PDF-")) || (s.p[5] != '1' && s.p[5] != '2') || s.p[6] != '.' ||
            !is_digit(s.p[7]) || !is_pdf_space(s.p[8]))
                return false;
        if (!find_last(from(s, tail), "%%EOF", &eof) || skip_space(from(s, tail + eof + 5)).n > 0 ||
            !find_last((struct str){ s.p + tail, eof }, "startxref", &start))
                return false;
        rest = skip_space((struct str){ s.p + tail + start + 9, eof - start - 9 });
        return take_number(&rest, &place) && skip_space(rest).n == 0 && place > 0 && place < tail + start &&
            is_cross_reference(skip_space(from(s, place)));
}

/* --- JPEG ---------------------------------------------------------------- */

#define JPEG_SOI        0xd8
#define JPEG_EOI        0xd9
#define JPEG_SOS        0xda

static bool
is_frame(unsigned marker)
{
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Coded data up to the next marker that is no restart; false: it ends first. */
static bool
skip_coded(struct str *s)
{
        for (size_t i = 0; i + 1 < s->n; i++) {
                unsigned next = byte_at(*s, i + 1);

                if (byte_at(*s, i) == 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7)) {
                        *s = from(*s, i);
                        return true;
                }
        }
        return false;
}

/* The marker in front, its fill bytes before it; false: there is none. */
static bool
take_marker(struct str *s, unsigned *marker)
{
        size_t i = 0;

        while (i < s->n && byte_at(*s, i) == 0xff)
                i++;
        if (i == 0 || i == s->n || byte_at(*s, i) == 0)
                return false;
        *marker = byte_at(*s, i);
        *s = from(*s, i + 1);
        return true;
}

/* One image, taken off: segments, a frame with a size, a scan, its end. */
static bool
take_image(struct str *s)
{
        bool framed = false, scanned = false;
        unsigned marker;

        if (!take_marker(s, &marker) || marker != JPEG_SOI)
                return false;
        while (take_marker(s, &marker)) {
                size_t length;

                if (marker == JPEG_EOI)
                        return framed && scanned;
                if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8) || s->n < 2)
                        return false;
                length = byte_at(*s, 0) << 8 | byte_at(*s, 1);
                if (length < 2 || length > s->n)
                        return false;
                if (is_frame(marker)) {
                        if (length < 11 || (byte_at(*s, 5) | byte_at(*s, 6)) == 0)
                                return false;
                        framed = true;
                }
                *s = from(*s, length);
                if (marker == JPEG_SOS && (!framed || !skip_coded(s)))
                        return false;
                scanned = scanned || marker == JPEG_SOS;
        }
        return false;
}

/* Cameras put a second image, or zeros, behind the first. */
static bool
is_jpeg(struct str s)
{
        do {
                if (!take_image(&s))
                        return false;
                while (s.n > 0 && s.p[0] == '\0')
                        s = from(s, 1);
        } while (s.n > 0);
        return true;
}

/* --- PNG ----------------------------------------------------------------- */

static uint32_t
u32_at(struct str s, size_t i)
{
        return byte_at(s, i) << 24 | byte_at(s, i + 1) << 16 | byte_at(s, i + 2) << 8 | byte_at(s, i + 3);
}

/* Four bits at a time (W3C PNG, annex D, has the polynomial). */
static uint32_t
crc32_of(struct str s)
{
        static const uint32_t table[16] = {
                0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
        };
        uint32_t crc = 0xffffffff;

        for (size_t i = 0; i < s.n; i++) {
                crc = table[(crc ^ byte_at(s, i)) & 15] ^ crc >> 4;
                crc = table[(crc ^ byte_at(s, i) >> 4) & 15] ^ crc >> 4;
        }
        return ~crc;
}

/* Chunks that are what their sums say: a header with a size first, data, an end last. */
static bool
is_png(struct str s)
{
        bool first = true, data = false;

        if (!str_starts(s, STR("\x89PNG\r\n\x1a\n")))
                return false;
        for (s = from(s, 8); s.n >= 12; first = false) {
                size_t length = u32_at(s, 0);
                struct str type = { s.p + 4, 4 };

                if (length > s.n - 12 || u32_at(s, 8 + length) != crc32_of((struct str){ s.p + 4, 4 + length }) ||
                    first != str_is(type, "IHDR"))
                        return false;
                if (first && (length != 13 || u32_at(s, 8) == 0 || u32_at(s, 12) == 0))
                        return false;
                data = data || str_is(type, "IDAT");
                if (str_is(type, "IEND"))
                        return data && length == 0 && s.n == 12;
                s = from(s, 12 + length);
        }
        return false;
}

enum evidence_type
evidence_type_of(struct str bytes)
{
        if (is_pdf(bytes))
                return EVIDENCE_PDF;
        if (is_jpeg(bytes))
                return EVIDENCE_JPEG;
        return is_png(bytes) ? EVIDENCE_PNG : EVIDENCE_NONE;
}
