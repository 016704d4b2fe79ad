/*
 * qr.h - QR codes (ISO/IEC 18004): libqrencode finds the modules, libpng
 * writes pictures.
 *
 * Error level M, so that a seventh of a scratched ticket may be missing, and
 * the quiet zone of four modules that the standard asks for. Text of digits,
 * upper-case letters and "$%*+-./:" takes the fewest modules.
 */
#ifndef IO_QR_H
#define IO_QR_H

#include "base/str.h"

struct arena;

#define QR_SIZE_MIN     128             /* pixels: two a module of the largest code that we make */
#define QR_SIZE_MAX     1024

/* A drawing, size pixels wide where nothing says otherwise. */
struct str qr_svg(struct arena *a, struct str text, int size);
/* The largest picture with whole pixels a module that is at most size wide. */
struct str qr_png(struct arena *a, struct str text, int size);

#endif
