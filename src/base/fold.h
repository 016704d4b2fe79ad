/*
 * fold.h - one spelling for texts that people write in several.
 *
 * str_fold(): case folded and composed (Unicode, NFKC), so that texts which
 * differ in case or in how their letters are put together are equal.
 * domain_ascii(): a domain as the DNS has it ("xn--..."); what can be no name
 * there, folded. Both by the Unicode tables of GNU libunistring and libidn2.
 */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include "base/str.h"

struct arena;

struct str str_fold(struct arena *a, struct str s);
struct str domain_ascii(struct arena *a, struct str domain);

#endif
