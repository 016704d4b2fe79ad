/*
 * money.h - amounts and the arithmetic that may be done with them.
 *
 * Unit: the currency's minor unit (cents, yen, fils), int64_t. There is no
 * floating point anywhere near money. Every operation that could overflow is
 * checked and says so; AMOUNT_MAX (10^12) bounds what the API takes in, so
 * that products with basis points stay far inside 128 bits.
 *
 * struct money stands where amounts cross a border (gateway, ledger entry);
 * inside one order, which has one currency, plain int64_t components are used.
 */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include "base/base.h"
#include "base/str.h"

#define AMOUNT_MAX      INT64_C(1000000000000)

enum currency {
        CURRENCY_NONE = 0,
#define CURRENCY(code, exponent) CURRENCY_##code,
#include "base/currency.def"
#undef CURRENCY
        CURRENCY_COUNT
};

struct money {
        int64_t minor;
        enum currency currency;
};

bool currency_parse(struct str code, enum currency *out);
const char *currency_code(enum currency c);
int currency_exponent(enum currency c);

bool amount_add(int64_t a, int64_t b, int64_t *out) MUSTCHECK;
bool amount_mul(int64_t a, int64_t b, int64_t *out) MUSTCHECK;

/*
 * round(a x p / q), half up, computed in 128 bits. a, p >= 0, q > 0 (CHECKed);
 * the result fits because callers keep p <= q or a <= AMOUNT_MAX.
 */
int64_t amount_ratio(int64_t a, int64_t p, int64_t q);
int64_t amount_ratio_floor(int64_t a, int64_t p, int64_t q);

/*
 * Splits total into n parts in proportion to weight, by largest remainder,
 * ties to the earlier; the parts always sum to total. Where every weight is
 * zero the first takes all. total, weights >= 0, n >= 1. part may not alias
 * weight.
 */
void amount_split(int64_t total, const int64_t *weight, size_t n, int64_t *part);

/* "12.34", "1234", "1.234" by the currency's exponent; at most 24 characters with the end. */
#define MONEY_TEXT_MAX 24
void money_decimal(struct money m, char out[MONEY_TEXT_MAX]);
/* The reverse: accepts exactly what money_decimal writes (fraction may be shorter or absent). */
bool money_parse_decimal(struct str s, enum currency c, struct money *out) MUSTCHECK;

#endif
