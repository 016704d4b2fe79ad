/*
 * Proves that amounts are added, split, rounded and written exactly, up to
 * the largest the API takes. Splits are compared with a second, slower
 * implementation and with properties that hold for any split.
 */
#include "unit.h"
#include "base/money.h"

#define PARTS 12

struct rest {
        __extension__ unsigned __int128 rest;
        size_t at;
};

static int
rest_order(const void *a, const void *b)
{
        const struct rest *x = a, *y = b;

        if (x->rest != y->rest)
                return x->rest > y->rest ? -1 : 1;
        return x->at < y->at ? -1 : 1;
}

/* Largest remainder by the book: all remainders sorted, the first ones get a unit more. */
static void
split_slowly(int64_t total, const int64_t *weight, size_t n, int64_t *part)
{
        struct rest rests[PARTS];
        int64_t left = total;
        uint64_t sum = 0;

        for (size_t i = 0; i < n; i++)
                sum += (uint64_t)weight[i];
        for (size_t i = 0; i < n; i++) {
                __extension__ unsigned __int128 share = (unsigned __int128)(uint64_t)total * (uint64_t)weight[i];

                part[i] = sum == 0 ? (i == 0 ? total : 0) : (int64_t)(share / sum);
                rests[i] = (struct rest){ sum == 0 ? 0 : share % sum, i };
                left -= part[i];
        }
        qsort(rests, n, sizeof rests[0], rest_order);
        for (size_t i = 0; left > 0; i++, left--)
                part[rests[i].at]++;
}

static void
split_gives_what_a_slow_split_gives(void **state)
{
        (void)state;
        for (int round = 0; round < 50000; round++) {
                int64_t weight[PARTS], part[PARTS], slow[PARTS], sum = 0;
                uint64_t spread = round % 3 == 0 ? 4 : round % 3 == 1 ? 100000 : AMOUNT_MAX;
                int64_t total = (int64_t)seeded(round % 2 == 0 ? 200 : AMOUNT_MAX + 1);
                size_t n = 1 + seeded(PARTS);

                for (size_t i = 0; i < n; i++)
                        weight[i] = (int64_t)seeded(spread);
                amount_split(total, weight, n, part);
                split_slowly(total, weight, n, slow);
                for (size_t i = 0; i < n; i++) {
                        EXPECT(part[i] == slow[i], "round %d part %zu", round, i);
                        sum += part[i];
                }
                EXPECT(sum == total, "round %d", round);
        }
}

static void
split_ignores_the_scale_of_weights(void **state)
{
        (void)state;
        for (int round = 0; round < 5000; round++) {
                int64_t weight[PARTS], scaled[PARTS], part[PARTS], again[PARTS];
                int64_t total = (int64_t)seeded(100000), factor = 1 + (int64_t)seeded(1000);

                for (size_t i = 0; i < PARTS; i++) {
                        weight[i] = (int64_t)seeded(50);
                        scaled[i] = weight[i] * factor;
                }
                amount_split(total, weight, PARTS, part);
                amount_split(total, scaled, PARTS, again);
                assert_memory_equal(part, again, sizeof part);
        }
}

static void
split_follows_the_table(void **state)
{
        static const struct {
                int64_t total;
                size_t n;
                int64_t weight[4], part[4];
        } rows[] = {
                { 100, 3, { 1, 1, 1 },          { 34, 33, 33 } },       /* a tie goes to the earlier */
                { 101, 3, { 1, 1, 1 },          { 34, 34, 33 } },
                { 100, 4, { 0, 1, 0, 2 },       { 0, 33, 0, 67 } },     /* weight 0 never gets a cent */
                { 1, 2, { 1, 1 },               { 1, 0 } },
                { 1, 2, { 1, 2 },               { 0, 1 } },
                { 7, 3, { 0, 0, 0 },            { 7, 0, 0 } },          /* no weights at all: the first */
                { 0, 2, { 5, 5 },               { 0, 0 } },
                { 5, 1, { 0 },                  { 5 } },
                { AMOUNT_MAX, 2, { AMOUNT_MAX, AMOUNT_MAX }, { AMOUNT_MAX / 2, AMOUNT_MAX / 2 } },
                { AMOUNT_MAX, 3, { 1, AMOUNT_MAX, 1 }, { 1, AMOUNT_MAX - 2, 1 } },
        };

        (void)state;
        for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
                int64_t part[4] = { 0 };

                amount_split(rows[row].total, rows[row].weight, rows[row].n, part);
                for (size_t i = 0; i < rows[row].n; i++)
                        EXPECT(part[i] == rows[row].part[i], "row %zu part %zu is %lld", row, i, (long long)part[i]);
        }
}

static void
ratio_rounds_half_up_and_floor_down(void **state)
{
        static const struct { int64_t a, p, q, half_up, floor; } rows[] = {
                { 5, 1, 10, 1, 0 }, { 4, 1, 10, 0, 0 }, { 15, 1, 10, 2, 1 }, { 14, 1, 10, 1, 1 },
                { 1, 1, 3, 0, 0 }, { 2, 1, 3, 1, 0 }, { 10000, 290, 10000, 290, 290 },
                { 50, 290, 10000, 1, 1 }, { 17, 290, 10000, 0, 0 }, { 18, 290, 10000, 1, 0 },
                { 0, 290, 10000, 0, 0 }, { 7, 0, 10000, 0, 0 }, { 7, 3, 1, 21, 21 },
                { AMOUNT_MAX, 10000, 10000, AMOUNT_MAX, AMOUNT_MAX },
                { AMOUNT_MAX, AMOUNT_MAX - 1, AMOUNT_MAX, AMOUNT_MAX - 1, AMOUNT_MAX - 1 },
                { INT64_MAX, 1, 2, INT64_MAX / 2 + 1, INT64_MAX / 2 },
                { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                EXPECT(amount_ratio(rows[i].a, rows[i].p, rows[i].q) == rows[i].half_up, "row %zu", i);
                EXPECT(amount_ratio_floor(rows[i].a, rows[i].p, rows[i].q) == rows[i].floor, "row %zu", i);
        }
}

static void
ratio_too_large(void *arg)
{
        (void)arg;
        (void)amount_ratio(INT64_MAX, 2, 1);
}

static void
ratio_negative(void *arg)
{
        (void)arg;
        (void)amount_ratio(-1, 1, 2);
}

static void
split_negative(void *arg)
{
        int64_t part;

        (void)arg;
        amount_split(1, (const int64_t[]){ -1 }, 1, &part);
}

static void
what_cannot_be_right_aborts(void **state)
{
        (void)state;
        assert_true(aborts(ratio_too_large, NULL));
        assert_true(aborts(ratio_negative, NULL));
        assert_true(aborts(split_negative, NULL));
}

static void
overflow_is_said(void **state)
{
        int64_t v;

        (void)state;
        assert_true(amount_add(INT64_MAX - 1, 1, &v) && v == INT64_MAX);
        assert_false(amount_add(INT64_MAX, 1, &v));
        assert_false(amount_add(INT64_MIN, -1, &v));
        assert_true(amount_mul(AMOUNT_MAX, 9000000, &v));
        assert_false(amount_mul(AMOUNT_MAX, 10000000, &v));
}

static void
decimal_text_follows_the_exponent(void **state)
{
        static const struct { int64_t minor; enum currency c; const char *text; } rows[] = {
                { 0, CURRENCY_USD, "0.00" }, { 5, CURRENCY_USD, "0.05" }, { 10270, CURRENCY_USD, "102.70" },
                { 0, CURRENCY_JPY, "0" }, { 1234, CURRENCY_JPY, "1234" },
                { 1, CURRENCY_KWD, "0.001" }, { 1234, CURRENCY_KWD, "1.234" }, { 1000000, CURRENCY_BHD, "1000.000" },
                { INT64_MAX, CURRENCY_USD, "92233720368547758.07" },
                { INT64_MAX, CURRENCY_TND, "9223372036854775.807" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                char text[MONEY_TEXT_MAX];
                struct money back;

                money_decimal((struct money){ rows[i].minor, rows[i].c }, text);
                assert_string_equal(text, rows[i].text);
                assert_true(money_parse_decimal(str_of(text), rows[i].c, &back));
                EXPECT(back.minor == rows[i].minor && back.currency == rows[i].c, "row %zu", i);
        }
}

static void
decimal_text_is_read_strictly(void **state)
{
        static const struct { const char *text; enum currency c; int64_t minor; } rows[] = {
                { "12", CURRENCY_USD, 1200 }, { "12.3", CURRENCY_USD, 1230 }, { "12.34", CURRENCY_USD, 1234 },
                { "12.345", CURRENCY_USD, -1 }, { "12.", CURRENCY_USD, -1 }, { ".5", CURRENCY_USD, -1 },
                { "", CURRENCY_USD, -1 }, { "-1.00", CURRENCY_USD, -1 }, { "+1", CURRENCY_USD, -1 },
                { "1,00", CURRENCY_USD, -1 }, { "01.00", CURRENCY_USD, -1 }, { "1e2", CURRENCY_USD, -1 },
                { "1.0x", CURRENCY_USD, -1 }, { " 1", CURRENCY_USD, -1 }, { "1.2.3", CURRENCY_USD, -1 },
                { "5.0", CURRENCY_JPY, -1 }, { "5", CURRENCY_JPY, 5 }, { "0.001", CURRENCY_KWD, 1 },
                { "92233720368547758.07", CURRENCY_USD, INT64_MAX }, { "92233720368547758.08", CURRENCY_USD, -1 },
                { "92233720368547759", CURRENCY_USD, -1 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct money m = { -1, CURRENCY_NONE };
                bool ok = money_parse_decimal(str_of(rows[i].text), rows[i].c, &m);

                EXPECT(ok == (rows[i].minor >= 0), "row %zu \"%s\"", i, rows[i].text);
                EXPECT(!ok || m.minor == rows[i].minor, "row %zu \"%s\"", i, rows[i].text);
        }
}

static void
currencies_are_known_by_their_code_alone(void **state)
{
        enum currency c;

        (void)state;
        for (int i = CURRENCY_NONE + 1; i < CURRENCY_COUNT; i++) {
                assert_true(currency_parse(str_of(currency_code((enum currency)i)), &c));
                assert_int_equal(c, i);
        }
        assert_false(currency_parse(STR("usd"), &c));
        assert_false(currency_parse(STR("USDX"), &c));
        assert_false(currency_parse(STR("XYZ"), &c));
        assert_false(currency_parse(STR(""), &c));
        assert_false(currency_parse(STR_NONE, &c));
        assert_int_equal(currency_exponent(CURRENCY_JPY), 0);
        assert_int_equal(currency_exponent(CURRENCY_USD), 2);
        assert_int_equal(currency_exponent(CURRENCY_KWD), 3);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(split_gives_what_a_slow_split_gives),
                cmocka_unit_test(split_ignores_the_scale_of_weights),
                cmocka_unit_test(split_follows_the_table),
                cmocka_unit_test(ratio_rounds_half_up_and_floor_down),
                cmocka_unit_test(what_cannot_be_right_aborts),
                cmocka_unit_test(overflow_is_said),
                cmocka_unit_test(decimal_text_follows_the_exponent),
                cmocka_unit_test(decimal_text_is_read_strictly),
                cmocka_unit_test(currencies_are_known_by_their_code_alone),
        };

        return RUN(tests);
}
