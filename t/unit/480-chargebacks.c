/*
 * Proves that CSV is read as RFC 4180 has it and wrong CSV is known for it, and
 * that days, cards, amounts and names of chargebacks are read as they may be
 * written and nothing else is. By tables.
 */
#include "unit.h"
#include "base/csv_read.h"
#include "outside/gateway_event.h"

/* Rows as "line:field|field ", and what is wrong. */
static struct str
told(struct arena *a, const char *text)
{
        struct csv_reader c = csv_reader_new(a, str_of(text));
        struct str out = STR("");

        while (csv_row(&c)) {
                out = str_fmt(a, "%.*s%lld:", STR_ARG(out), (long long)c.line);
                for (size_t i = 0; i < c.n; i++)
                        out = str_fmt(a, "%.*s%.*s%s", STR_ARG(out), STR_ARG(c.field[i]), i + 1 < c.n ? "|" : " ");
        }
        return c.wrong == NULL ? out : str_fmt(a, "%.*s%lld! %s", STR_ARG(out), (long long)c.line, c.wrong);
}

static void
rows_come_out_as_they_were_written(void **state)
{
        static const struct { const char *csv, *rows; } cases[] = {
                { "", "" }, { "\n\r\n\n", "" }, { "a", "1:a " }, { "a,b\nc,d", "1:a|b 2:c|d " },
                { "a,b\r\nc,d\r\n", "1:a|b 2:c|d " }, { "a\n\nb\n", "1:a 3:b " }, { ",\n", "1:| " },
                { "\xef\xbb\xbf" "a,b", "1:a|b " }, { "\"a,b\",c", "1:a,b|c " },
                { "\"say \"\"x\"\"\"", "1:say \"x\" " },
                { "\"\",x", "1:|x " }, { "\"a\nb\",c\nd", "1:a\nb|c 3:d " }, { "a\rb", "1:a\rb " },
                { "a,\"b", "1! a quote that is not closed" },
                { "x\n\"a\"b", "1:x 2! something behind a quote that is closed" },
                { "a\"b", "1:a\"b " }, { "a b , c", "1:a b | c " },
        };
        struct arena *a = arena_new(1 << 20);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
                EXPECT(str_is(told(a, cases[i].csv), cases[i].rows), "%zu: %.*s", i,
                    STR_ARG(told(a, cases[i].csv)));
        arena_free(a);
}

static void
a_row_too_wide_is_wrong(void **state)
{
        struct arena *a = arena_new(1 << 20);
        char text[CSV_FIELDS_MAX + 1];
        struct csv_reader c;

        (void)state;
        memset(text, ',', sizeof text);
        text[CSV_FIELDS_MAX - 1] = '\0';
        c = csv_reader_new(a, str_of(text));
        EXPECT(csv_row(&c) && c.n == CSV_FIELDS_MAX, "%zu fields", c.n);
        text[CSV_FIELDS_MAX - 1] = ',';
        text[CSV_FIELDS_MAX] = '\0';
        c = csv_reader_new(a, str_of(text));
        EXPECT(!csv_row(&c) && c.wrong != NULL, "%zu fields are taken", c.n);
        arena_free(a);
}

static void
days_are_days(void **state)
{
        static const struct { const char *text, *day; } cases[] = {
                { "20261125", "2026-11-25" }, { "2026-11-25", "2026-11-25" }, { "20240229", "2024-02-29" },
                { "20260230", "2026-03-02" }, { "20261301", NULL }, { "20261132", NULL }, { "2026-11", NULL },
                { "2026-1-025", NULL }, { "2026/11/25", NULL }, { "20261125 ", NULL }, { "", NULL }, { "today", NULL },
        };
        struct arena *a = arena_new(1 << 20);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                struct str day = gateway_chargeback_day(a, str_of(cases[i].text));

                EXPECT(cases[i].day == NULL ? day.p == NULL : str_is(day, cases[i].day), "%s: %.*s", cases[i].text,
                    STR_ARG(day));
        }
        arena_free(a);
}

static void
cards_and_amounts_are_read_or_not(void **state)
{
        static const struct { const char *text, *last4; } cards[] = {
                { "4xxxxxxxxxxx1111", "1111" }, { "****0042", "0042" }, { "1111", "1111" }, { "111", NULL },
                { "4111xxxxxxxxxxxx", NULL }, { "xxxxxxxx 111", NULL }, { "", NULL },
        };
        static const struct { const char *text; enum currency c; int64_t minor; } amounts[] = {
                { "57.00", CURRENCY_USD, 5700 }, { "57", CURRENCY_USD, 5700 }, { "0.01", CURRENCY_USD, 1 },
                { "0.00", CURRENCY_USD, 0 }, { "-5.00", CURRENCY_USD, 0 }, { "5,00", CURRENCY_USD, 0 },
                { "", CURRENCY_USD, 0 }, { "1e3", CURRENCY_USD, 0 }, { "57.00", CURRENCY_JPY, 57 },
        };
        struct money fee;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
                struct str last4 = gateway_chargeback_last4(str_of(cards[i].text));

                EXPECT(cards[i].last4 == NULL ? last4.p == NULL : str_is(last4, cards[i].last4), "%s: %.*s",
                    cards[i].text, STR_ARG(last4));
        }
        assert_true(gateway_chargeback_fee(STR("0.00"), CURRENCY_USD, &fee) && fee.minor == 0);
        assert_true(gateway_chargeback_fee(STR("15.00"), CURRENCY_USD, &fee) && fee.minor == 1500);
        assert_false(gateway_chargeback_fee(STR("-1.00"), CURRENCY_USD, &fee));
        for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
                struct money m;
                bool ok = gateway_chargeback_amount(str_of(amounts[i].text), amounts[i].c, &m);

                EXPECT(ok == (amounts[i].minor > 0) && (!ok || m.minor == amounts[i].minor), "%s in %s: %lld",
                    amounts[i].text, currency_code(amounts[i].c), (long long)m.minor);
        }
}

#define EVENT_OF(list) "{\"event_id\":\"e\",\"event_type\":\"chargeback.batch.complete\",\"event_body\":" \
        "{\"chargebacks\":" list "}}"

static void
every_chargeback_of_an_event_is_read(void **state)
{
        static const char body[] = EVENT_OF("[{\"id\":\"9\",\"transaction_id\":\"10001\",\"amount\":\"57.00\","
            "\"fee\":\"15.00\",\"date\":\"20261125\",\"reason\":\"10.4\",\"status\":\"lost\","
            "\"cc_number\":\"4xxx1111\"},"
            "{\"cc_number\":\"4xxx2222\",\"amount\":5,\"date\":\"20261126\",\"due_by\":\"soon\"},{\"id\":\"a b\"}]");
        struct arena *a = arena_new(1 << 20);
        struct gateway_event ev;
        struct err e = { .code = ERR_NONE };

        (void)state;
        EXPECT(gateway_event_read(a, STR("nmi"), str_of(body), &ev, &e) && ev.chargebacks == 3, "%s: %zu", e.detail,
            ev.chargebacks);
        EXPECT(str_is(ev.chargeback[0].id, "9") && str_is(ev.chargeback[0].charge, "10001") &&
            str_is(ev.chargeback[0].last4, "1111") && str_is(ev.chargeback[0].day, "2026-11-25") &&
            str_is(ev.chargeback[0].amount, "57.00") && str_is(ev.chargeback[0].fee, "15.00") &&
            str_is(ev.chargeback[0].reason, "10.4") && str_is(ev.chargeback[0].status, "lost"), "%s", "the first");
        EXPECT(str_is(ev.chargeback[1].id, "chargeback-2222-2026-11-26-5") && ev.chargeback[1].due_by.p == NULL,
            "the second: %.*s", STR_ARG(ev.chargeback[1].id));
        EXPECT(ev.chargeback[2].charge.p == NULL && ev.chargeback[2].amount.p == NULL, "%s", "the third");
        EXPECT(ev.transaction.p == NULL, "%s", "three are told as one");
        EXPECT(gateway_event_read(a, STR("nmi"), str_of(EVENT_OF("[]")), &ev, &e) && ev.chargebacks == 0 &&
            ev.chargeback != NULL, "%s", "none is read as one that can be asked");
        arena_free(a);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rows_come_out_as_they_were_written),
                cmocka_unit_test(a_row_too_wide_is_wrong),
                cmocka_unit_test(days_are_days),
                cmocka_unit_test(cards_and_amounts_are_read_or_not),
                cmocka_unit_test(every_chargeback_of_an_event_is_read),
        };

        return RUN(tests);
}
