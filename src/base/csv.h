/*
 * csv.h - rows of CSV (RFC 4180, a line feed behind each): fields in order,
 * then the row's end. Into a buf, which remembers that it was full.
 *
 * What people wrote (a name, a promo code) goes through csv_text(): a
 * spreadsheet takes a cell that begins with = + - @ tab or carriage return for
 * a formula, so it gets a ' before it. What is ours (ids, times, words,
 * amounts) goes through the others and stays as it is: a number is a number.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/buf.h"
#include "base/id.h"

void csv_text(struct buf *b, struct str s);             /* an absent one is an empty field, here and below */
void csv_word(struct buf *b, struct str s);
void csv_int(struct buf *b, int64_t v);
void csv_bool(struct buf *b, bool v);
void csv_id(struct buf *b, const char *prefix, struct uuid id);         /* the nil uuid is empty */
void csv_end(struct buf *b);

#endif
