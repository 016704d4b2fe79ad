/*
 * Proves that card numbers and track data are found wherever they stand but
 * in account numbers, and that numbers which only look like them (telephones,
 * times, ids, references) pass.
 */
#include "unit.h"
#include "io/json_read.h"

static struct arena *arena;

static const char *const refused[] = {
        "4111111111111111", "5555555555554444", "2223003122003222", "6011111111111117", "3530111333300000",
        "378282246310005", "30569309025904", "4222222222222", "4000000000000000006",
        "4111 1111 1111 1111", "4111-1111-1111-1111", "4111-1111 1111-1111", " 4111111111111111 ", "4111111111111111\n",
        "4111  1111  1111  1111", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "--4111111111111111--", "41111111-11111111",
        "3782 822463 10005",
        "card 4111 1111 1111 1111", "card:4111-1111-1111-1111.", "(4111 1111 1111 1111)", "x4111 1111 1111 1111x",
        "4111 1111 1111 1111 12/27", "4111 1111 1111 1111 123", "no 7 4111 1111 1111 1111",
        "no 7777 4111 1111 1111 1111",
        "pay with 4000 0000 0000 0000 006 please", "3782 822463 10005 is an amex", "my card is 3782-822463-10005",
        "first 4111 1111 1111 1112 then 4111 1111 1111 1111", "\xe2\x82\xac 4111 1111 1111 1111\xe2\x82\xac",
        "%B4111111111111111^LOVELACE/ADA^2712101?", "%b4111111111111111^X^", "swipe ;4111111111111111=27121010000?",
        ";4111111111111112=2712?",
};

static const char *const passed[] = {
        "", " ", "-", "4111111111111112", "4111 1111 1111 1112", "411111111111", "41111111111111111111", "424242424242",
        "1111111111111117", "7992739871300000", "0000000000000000", "9999999999999995", "8111111111111116",
        "+14155550123", "0044 20 7946 0958", "+49 30 1234 5678 9012", "1764014400", "1764014400000", "1764014400000000",
        "2026-11-24T20:00:00Z", "2026-11-24 20:00:00.123456", "ord_01h2xcejqtgy5brexx3vqjhp41",
        "0188bac7-4afa-878a-bc3b-bd1eef28d881", "order 4111111111111111 is late", "ref4111111111111111",
        "a4111111111111111", "no 4111  1111  1111  1111", "4111.1111.1111.1111", "no 4111 1111 1111 111",
        "no 411 1111 1111 1111 1",
        "no 4111 1111 1111 11111", "no 94111 1111 1111 1111", "no 3782 822463 100055", "no 3782 82246 310005",
        "row 12 seats 4111 1111",
        "100% B4111", "%B4111^x", "%B4111111111111111^x", ";4111111111111111=12?", ";4111111111111111=2712",
        ";41=2712?", "4111 1111 1111", "1000000000000", "--------------------",
};

static void
card_data_is_found_in_text(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(refused); i++)
                EXPECT(text_is_card_data(str_of(refused[i])), "\"%s\"", refused[i]);
}

static void
other_text_passes(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(passed); i++)
                EXPECT(!text_is_card_data(str_of(passed[i])), "\"%s\"", passed[i]);
        assert_false(text_is_card_data(STR_NONE));
}

/* A number of n digits with a right Luhn sum: the last digit is looked for. */
static void
make_pan(char *digits, size_t n, char first)
{
        for (size_t i = 0; i < n; i++)
                digits[i] = (char)('0' + seeded(10));
        digits[0] = first;
        for (char last = '0'; last <= '9'; last++) {
                int sum = 0;

                digits[n - 1] = last;
                for (size_t i = n; i-- > 0;) {
                        int d = digits[i] - '0';

                        sum += (n - i) % 2 == 0 ? (d < 5 ? 2 * d : 2 * d - 9) : d;
                }
                if (sum % 10 == 0)
                        return;
        }
}

static void
length_first_digit_and_sum_decide(void **state)
{
        (void)state;
        for (size_t n = 10; n <= 22; n++) {
                for (char first = '0'; first <= '9'; first++) {
                        for (int round = 0; round < 20; round++) {
                                bool card = n >= 13 && n <= 19 && first >= '2' && first <= '6';
                                char digits[24] = "";

                                make_pan(digits, n, first);
                                EXPECT(text_is_card_data(str_of(digits)) == card, "%s", digits);
                                digits[n - 1] = (char)('0' + (digits[n - 1] - '0' + 1 + (char)seeded(9)) % 10);
                                EXPECT(!text_is_card_data(str_of(digits)), "%s", digits);
                        }
                }
        }
}

static void
any_place_for_separators_is_seen_through(void **state)
{
        (void)state;
        for (int round = 0; round < 5000; round++) {
                char digits[24] = "", text[80];
                size_t n = 13 + seeded(7), k = 0;

                make_pan(digits, n, (char)('2' + seeded(5)));
                for (size_t i = 0; i < n; i++) {
                        while (seeded(3) == 0 && k < 50)
                                text[k++] = seeded(2) == 0 ? ' ' : '-';
                        text[k++] = digits[i];
                }
                EXPECT(text_is_card_data((struct str){ text, k }), "%.*s", (int)k, text);
        }
}

static void
expect_place(const char *body, const char *pointer)
{
        struct err e = { .code = ERR_NONE };
        struct json *root;
        struct str at = STR("untouched");

        if (!json_parse(arena, str_of(body), &root, &e))
                fail_msg("%s: %s", body, e.detail);
        EXPECT(json_card_data(arena, root, &at) == (pointer != NULL), "%s", body);
        EXPECT(str_is(at, pointer == NULL ? "untouched" : pointer), "%s: %.*s", body, STR_ARG(at));
}

static void
the_place_is_named_without_the_number(void **state)
{
        (void)state;
        expect_place("{\"a\":[{\"b~/\":\"x\"},{\"b~/\":\"4111 1111 1111 1111\"}]}", "/a/1/b~0~1");
        expect_place("\"4111111111111111\"", "");
        expect_place("{\"note\":\"my card is 4111 1111 1111 1111, 12/27\"}", "/note");
        expect_place("{\"a\":4111111111111111}", "/a");
        expect_place("{\"a\":[1,4111111111111111]}", "/a/1");
        expect_place("{\"a\":{\"4111111111111111\":1}}", "/a/(card data)");
        expect_place("{\"a\":{\"card 4111 1111 1111 1111\":{}}}", "/a/(card data)");
        expect_place("{\"guest\":{\"name\":\"\\u0034111 1111 1111 1111\"}}", "/guest/name");
}

static void
account_numbers_are_exempt_and_only_they(void **state)
{
        (void)state;
        expect_place("{\"account_number\":\"4111111111111111\",\"iban\":\"4111 1111 1111 1111\","
            "\"routing_number\":\"4111111111111111\"}", NULL);
        expect_place("{\"destination\":{\"account_number\":\"4111111111111111\"}}", NULL);
        expect_place("{\"account_number\":4111111111111111}", NULL);
        expect_place("{\"Account_number\":\"4111111111111111\"}", "/Account_number");
        expect_place("{\"account_number2\":\"4111111111111111\"}", "/account_number2");
        expect_place("{\"account_number\":{\"x\":\"4111111111111111\"}}", "/account_number/x");
        expect_place("{\"iban\":[\"4111111111111111\"]}", "/iban/0");
}

static void
ordinary_orders_pass(void **state)
{
        (void)state;
        expect_place("{\"event\":\"evt_01h2xcejqtgy5brexx3vqjhp41\","
            "\"items\":[{\"ticket_type\":\"tkt_01h2xcejqtgy5brexx3vqjhp41\","
            "\"quantity\":2}],\"guest\":{\"email\":\"ada@example.org\",\"name\":\"Ada\"},"
            "\"metadata\":{\"t\":1764014400000,\"n\":1000000000000,"
            "\"phone\":\"+14155550123\",\"f\":4111111111111111.0,\"e\":4111111111111111e0}}", NULL);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(card_data_is_found_in_text),
                cmocka_unit_test(other_text_passes),
                cmocka_unit_test(length_first_digit_and_sum_decide),
                cmocka_unit_test(any_place_for_separators_is_seen_through),
                cmocka_unit_test(the_place_is_named_without_the_number),
                cmocka_unit_test(account_numbers_are_exempt_and_only_they),
                cmocka_unit_test(ordinary_orders_pass),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
