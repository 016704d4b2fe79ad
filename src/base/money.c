/*
 * money.c - the arithmetic of amounts. Pure functions: no allocation but a
 * bounded stack, no clock, no log.
 */
#include "base/base.h"
#include "base/check.h"
#include "base/money.h"

#include <inttypes.h>

__extension__ typedef __int128 wide;

static const struct {
        char code[4];
        int exponent;
} currencies[CURRENCY_COUNT] = {
        [CURRENCY_NONE] = { "", 0 },
#define CURRENCY(code, exponent) [CURRENCY_##code] = { #code, exponent },
#include "base/currency.def"
#undef CURRENCY
};

bool
currency_parse(struct str code, enum currency *out)
{
        for (int c = CURRENCY_NONE + 1; c < CURRENCY_COUNT; c++) {
                if (str_is(code, currencies[c].code)) {
                        *out = (enum currency)c;
                        return true;
                }
        }
        return false;
}

const char *
currency_code(enum currency c)
{
        CHECK(c < CURRENCY_COUNT);
        return currencies[c].code;
}

int
currency_exponent(enum currency c)
{
        CHECK(c > CURRENCY_NONE && c < CURRENCY_COUNT);
        return currencies[c].exponent;
}

bool
amount_add(int64_t a, int64_t b, int64_t *out)
{
        return !__builtin_add_overflow(a, b, out);
}

bool
amount_mul(int64_t a, int64_t b, int64_t *out)
{
        return !__builtin_mul_overflow(a, b, out);
}

static int64_t
narrow(wide v)
{
        CHECK(v >= 0 && v <= INT64_MAX);
        return (int64_t)v;
}

int64_t
amount_ratio(int64_t a, int64_t p, int64_t q)
{
        CHECK(a >= 0 && p >= 0 && q > 0);
        return narrow(((wide)a * p * 2 + q) / ((wide)q * 2));
}

int64_t
amount_ratio_floor(int64_t a, int64_t p, int64_t q)
{
        CHECK(a >= 0 && p >= 0 && q > 0);
        return narrow((wide)a * p / q);
}

/* The part that has the largest remainder and has not got its extra unit yet; ties to the earlier. */
static size_t
largest_remainder(const int64_t *weight, const int64_t *part, size_t n, int64_t total, wide sum)
{
        size_t best = n;
        wide best_rest = -1;

        for (size_t i = 0; i < n; i++) {
                wide share = (wide)total * weight[i];
                wide rest = share % sum;

                if (part[i] == (int64_t)(share / sum) && rest > best_rest) {
                        best = i;
                        best_rest = rest;
                }
        }
        CHECK(best < n);
        return best;
}

void
amount_split(int64_t total, const int64_t *weight, size_t n, int64_t *part)
{
        wide sum = 0;
        int64_t left = total;

        CHECK(total >= 0 && n >= 1);
        for (size_t i = 0; i < n; i++) {
                CHECK(weight[i] >= 0);
                sum += weight[i];
        }
        for (size_t i = 0; i < n; i++) {
                part[i] = sum == 0 ? 0 : narrow((wide)total * weight[i] / sum);
                left -= part[i];
        }
        if (sum == 0) {
                part[0] = total;
                return;
        }
        for (; left > 0; left--)
                part[largest_remainder(weight, part, n, total, sum)]++;
}

static int64_t
power_of_ten(int exponent)
{
        int64_t p = 1;

        while (exponent-- > 0)
                p *= 10;
        return p;
}

void
money_decimal(struct money m, char out[MONEY_TEXT_MAX])
{
        int exponent = currency_exponent(m.currency);
        int64_t unit = power_of_ten(exponent);

        CHECK(m.minor >= 0);
        if (exponent == 0)
                (void)snprintf(out, MONEY_TEXT_MAX, "%" PRId64, m.minor);
        else
                (void)snprintf(out, MONEY_TEXT_MAX, "%" PRId64 ".%0*" PRId64,
                    m.minor / unit, exponent, m.minor % unit);
}

bool
money_parse_decimal(struct str s, enum currency c, struct money *out)
{
        int exponent = currency_exponent(c);
        struct str whole, fraction;
        int64_t units, minor;

        bool has_fraction = str_cut(s, '.', &whole, &fraction);

        if (!str_to_i64(whole, &units) || units < 0 || !amount_mul(units, power_of_ten(exponent), &minor))
                return false;
        if (has_fraction && (fraction.n == 0 || fraction.n > (size_t)exponent))
                return false;
        for (size_t i = 0; has_fraction && i < (size_t)exponent; i++) {
                char digit = i < fraction.n ? fraction.p[i] : '0';

                if (digit < '0' || digit > '9' ||
                    !amount_add(minor, (digit - '0') * power_of_ten(exponent - 1 - (int)i), &minor))
                        return false;
        }
        *out = (struct money){ minor, c };
        return true;
}
