/*
 * csv_read.h - rows out of CSV (RFC 4180): fields separated by commas, quoted
 * where they have to be, lines ended by LF or CR LF, the last perhaps by
 * nothing. A byte order mark is passed over.
 *
 *   struct csv_reader c = csv_reader_new(arena, text);
 *   while (csv_row(&c)) use(c.field, c.n, c.line);
 *   if (c.wrong != NULL) say(c.wrong, c.line);
 *
 * Lines without anything are passed over. Fields live in the arena or in the
 * text. A row with more than CSV_FIELDS_MAX fields, and a quote that is never
 * closed or has something behind it, is wrong; it ends the reading.
 */
#ifndef BASE_CSV_READ_H
#define BASE_CSV_READ_H

#include "base/base.h"
#include "base/str.h"

#define CSV_FIELDS_MAX  64

struct csv_reader {
        struct arena *arena;
        struct str rest;
        int64_t line;                   /* where the row begins, from 1 */
        struct str field[CSV_FIELDS_MAX];
        size_t n;
        const char *wrong;              /* NULL: nothing */
        int64_t next_line;
};

struct csv_reader csv_reader_new(struct arena *a, struct str text);
/* false: that was all, or it is wrong. */
bool csv_row(struct csv_reader *c) MUSTCHECK;

#endif
