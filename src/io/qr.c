/* qr.c - a QR code as SVG and as PNG. What fails here is memory, or text that is too long: nothing goes on. */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "io/qr.h"

#include <png.h>
#include <qrencode.h>

#define QUIET           4
#define SVG_MAX         ((size_t)256 * 1024)

static void
release(void *what)
{
        QRcode_free(what);
}

static const QRcode *
modules_of(struct arena *a, struct str text)
{
        QRcode *q = QRcode_encodeString(str_z(a, text), 0, QR_ECLEVEL_M, QR_MODE_8, 1);

        CHECK(q != NULL);
        arena_hook(a, release, q);
        return q;
}

static bool
is_dark(const QRcode *q, int x, int y)
{
        return x >= 0 && y >= 0 && x < q->width && y < q->width && (q->data[y * q->width + x] & 1) != 0;
}

/* Dark modules of a row that touch are one rectangle. */
static void
svg_row(struct buf *b, const QRcode *q, int y)
{
        for (int x = 0, n; x < q->width; x += n) {
                for (n = 0; is_dark(q, x + n, y); n++)
                        ;
                if (n > 0)
                        buf_fmt(b, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, n, n);
                else
                        n = 1;
        }
}

struct str
qr_svg(struct arena *a, struct str text, int size)
{
        const QRcode *q = modules_of(a, text);
        int side = q->width + 2 * QUIET;
        struct buf b;

        buf_init(&b, a, SVG_MAX);
        buf_fmt(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
            size, size, side, side, side, side);
        for (int y = 0; y < q->width; y++)
                svg_row(&b, q, y);
        buf_puts(&b, "\"/></svg>\n");
        CHECK(buf_str(&b).p != NULL);
        return buf_str(&b);
}

struct str
qr_png(struct arena *a, struct str text, int size)
{
        const QRcode *q = modules_of(a, text);
        int side = q->width + 2 * QUIET, scale = size / side > 0 ? size / side : 1, wide = side * scale;
        png_image image = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GRAY };
        unsigned char *pixel = arena_alloc(a, (size_t)wide * (size_t)wide);
        png_alloc_size_t n = 0;
        void *out;

        for (int y = 0; y < wide; y++)
                for (int x = 0; x < wide; x++)
                        pixel[y * wide + x] = is_dark(q, x / scale - QUIET, y / scale - QUIET) ? 0 : 0xff;
        image.width = image.height = (png_uint_32)wide;
        CHECK(png_image_write_to_memory(&image, NULL, &n, 0, pixel, 0, NULL));
        out = arena_alloc(a, n);
        CHECK(png_image_write_to_memory(&image, out, &n, 0, pixel, 0, NULL));
        return (struct str){ out, n };
}
