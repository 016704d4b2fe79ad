/*
 * Proves that NMI's answers are judged as hostile texts: approved or declined
 * only by a complete answer about our reference and a code of the closed list,
 * nothing known from anything else, whatever the bytes are.
 */
#include "unit.h"
#include "outside/gateway_nmi.h"

#define MUTATIONS       20000
#define REF             "pay_01"
#define OK              "response=1&responsetext=SUCCESS&transactionid=10001&orderid=" REF "&response_code=100"

static struct arena *arena;
static const struct money ten = { 1000, CURRENCY_USD };

static struct gateway_answer
judged(const char *body)
{
        struct gateway_answer a;

        nmi_judge(arena, str_of(body), STR(REF), ten, &a);
        return a;
}

static void
answers_are_judged(void **state)
{
        static const struct { const char *body; enum gateway_outcome outcome; const char *decline; } rows[] = {
                { OK, GATEWAY_SUCCEEDED, NULL },
                { OK "&amount_authorized=10.00&extra=x", GATEWAY_SUCCEEDED, NULL },
                { OK "&amount_authorized=9.99", GATEWAY_UNKNOWN, NULL },
                { OK "&amount_authorized=x", GATEWAY_UNKNOWN, NULL },
                { OK "&response_code=100", GATEWAY_UNKNOWN, NULL },
                { OK "&response=1", GATEWAY_UNKNOWN, NULL },
                { OK "&orderid=" REF, GATEWAY_UNKNOWN, NULL },
                { "response=1&transactionid=1&orderid=pay_02&response_code=100", GATEWAY_UNKNOWN, NULL },
                { "response=1&transactionid=1&response_code=100", GATEWAY_UNKNOWN, NULL },
                { "response=1&orderid=" REF "&response_code=100", GATEWAY_UNKNOWN, NULL },
                { "response=1&transactionid=a%27b&orderid=" REF "&response_code=100", GATEWAY_UNKNOWN, NULL },
                { "response=2&transactionid=1&orderid=" REF "&response_code=100", GATEWAY_UNKNOWN, NULL },
                { "transactionid=1&orderid=" REF "&response_code=100", GATEWAY_UNKNOWN, NULL },
                { "response=2&responsetext=DECLINE&response_code=200", GATEWAY_DECLINED, "generic_decline" },
                { "response=2&response_code=202&orderid=" REF, GATEWAY_DECLINED, "insufficient_funds" },
                { "response=2&response_code=202&orderid=pay_02", GATEWAY_UNKNOWN, NULL },
                { "response=1&response_code=202&orderid=" REF, GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=Invalid+card&response_code=300", GATEWAY_DECLINED, "generic_decline" },
                { "response=3&responsetext=Duplicate+transaction+REFID:1&response_code=300", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=DUPLICATE+of+7&response_code=300", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=x%00duplicate&response_code=300", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=+&response_code=300", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=&response_code=300", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=Invalid+Credit+Card+Number+REFID:123&response_code=300&orderid=" REF,
                    GATEWAY_DECLINED, "generic_decline" },
                { "response=3&responsetext=Only+transactions+pending+settlement+can+be+voided+REFID:3161855545"
                    "&response_code=300&orderid=" REF, GATEWAY_DECLINED, "generic_decline" },
                { "response=3&responsetext=Invalid+card+REFID:1&response_code=300&orderid=pay_02",
                    GATEWAY_UNKNOWN, NULL },
                { "response=3&response_code=300", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=x&response_code=301", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=x&response_code=420", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=x&response_code=461", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=x&response_code=99999999999999999999", GATEWAY_UNKNOWN, NULL },
                { "response=3&responsetext=x&response_code=0200", GATEWAY_UNKNOWN, NULL },
                { "", GATEWAY_UNKNOWN, NULL }, { "&&&", GATEWAY_UNKNOWN, NULL }, { "response_code", GATEWAY_UNKNOWN,
                    NULL },
                { "<html><body>response=1&response_code=100</body></html>", GATEWAY_UNKNOWN, NULL },
                { "{\"response\":1,\"response_code\":100}", GATEWAY_UNKNOWN, NULL },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_answer a = judged(rows[i].body);

                EXPECT(a.outcome == rows[i].outcome, "%s: %u", rows[i].body, a.outcome);
                EXPECT(rows[i].decline == NULL ? a.decline_code.p == NULL : str_is(a.decline_code, rows[i].decline),
                    "%s",
                    rows[i].body);
        }
}

static void
set_up_codes_are_those_of_the_table(void **state)
{
        static const char *const yes[] = { "410", "411", "441", "460", "461" };
        static const char *const no[] = { "100", "200", "300", "400", "409", "412", "420", "440", "442", "462", "",
            "x" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(yes); i++)
                EXPECT(nmi_code_is_setup(str_of(yes[i])), "%s", yes[i]);
        for (size_t i = 0; i < ARRAY_LEN(no); i++)
                EXPECT(!nmi_code_is_setup(str_of(no[i])), "%s", no[i]);
        assert_false(nmi_code_is_setup(STR_NONE));
}

static void
a_void_has_no_amount_to_compare(void **state)
{
        struct gateway_answer a;

        (void)state;
        nmi_judge(arena, STR(OK "&amount_authorized=77.00"), STR(REF), (struct money){ .minor = 0 }, &a);
        assert_int_equal(a.outcome, GATEWAY_SUCCEEDED);
}

#define X(inner)        "<?xml version=\"1.0\"?><nm_response>" inner "</nm_response>"
#define ACTION(type, amount, success, date) \
        "<action><amount>" amount "</amount><action_type>" type "</action_type><date>" date "</date><success>" success \
        "</success><response_code>100</response_code></action>"
#define TXN(id, ref, condition, rest) \
        "<transaction><transaction_id>" id "</transaction_id><order_id>" ref "</order_id>" \
        "<condition>" condition "</condition><currency>USD</currency>" rest "</transaction>"
#define SALE(id, condition, date) TXN(id, REF, condition, ACTION("sale", "10.00", "1", date))
#define D1      "20261125010101"
#define D2      "20261125010102"

static struct gateway_records *
records(const char *body, enum nmi_kind kind)
{
        struct gateway_records *r = ARENA_NEW(arena, struct gateway_records);

        nmi_records_read(arena, str_of(body), &(struct nmi_wanted){ kind, STR(REF), STR_NONE }, r);
        return r;
}

static void
conditions_are_read_in_our_words(void **state)
{
        static const struct { const char *body; enum nmi_kind kind; enum gateway_record_state state; } rows[] = {
                { X(SALE("1", "pendingsettlement", D1)), NMI_CHARGE, RECORD_APPROVED },
                { X(SALE("1", "complete", D1)), NMI_CHARGE, RECORD_APPROVED },
                { X(SALE("1", "failed", D1)), NMI_CHARGE, RECORD_DECLINED },
                { X(SALE("1", "abandoned", D1)), NMI_CHARGE, RECORD_DECLINED },
                { X(SALE("1", "canceled", D1)), NMI_CHARGE, RECORD_VOIDED },
                { X(SALE("1", "pending", D1)), NMI_CHARGE, RECORD_UNDECIDED },
                { X(SALE("1", "in_progress", D1)), NMI_CHARGE, RECORD_UNDECIDED },
                { X(SALE("1", "", D1)), NMI_CHARGE, RECORD_UNDECIDED },
                { X(TXN("1", REF, "complete", ACTION("sale", "10.00", "0", D1))), NMI_CHARGE, RECORD_UNDECIDED },
                { X(TXN("1", REF, "complete", "")), NMI_CHARGE, RECORD_UNDECIDED },
                { X(TXN("1", REF, "complete", ACTION("refund", "-10.00", "1", D1))), NMI_REFUND, RECORD_APPROVED },
                { X(TXN("1", REF, "pendingsettlement", ACTION("credit", "10.00", "1", D1))), NMI_REFUND,
                    RECORD_APPROVED },
                { X(TXN("1", REF, "failed", ACTION("refund", "-10.00", "0", D1))), NMI_REFUND, RECORD_DECLINED },
                { X(TXN("1", REF, "complete", ACTION("sale", "10.00", "1", D1))), NMI_REFUND, RECORD_UNDECIDED },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_records *r = records(rows[i].body, rows[i].kind);

                EXPECT(r->asked && r->n == 1, "%s", rows[i].body);
                EXPECT(r->record[0].state == rows[i].state, "%s: %u", rows[i].body, r->record[0].state);
                EXPECT(r->record[0].transaction.p == NULL || r->record[0].amount.minor == 1000, "%s", rows[i].body);
        }
}

#define VOID    ACTION("void", "10.00", "1", D2)

static void
what_is_voided_tells_whether_it_was_captured(void **state)
{
        static const struct { const char *body; enum nmi_kind kind; bool captured; const char *voided_at; } rows[] = {
                { X(SALE("1", "complete", D1)), NMI_CHARGE, true, NULL },
                { X(TXN("1", REF, "complete", ACTION("auth", "10.00", "1", D1))), NMI_CHARGE, true, NULL },
                { X(TXN("1", REF, "pending", ACTION("auth", "10.00", "1", D1))), NMI_CHARGE, false, NULL },
                { X(SALE("1", "in_progress", D1)), NMI_CHARGE, false, NULL },
                { X(SALE("1", "failed", D1)), NMI_CHARGE, false, NULL },
                { X(SALE("1", "canceled", D1)), NMI_CHARGE, true, NULL },
                { X(TXN("1", REF, "canceled", ACTION("sale", "10.00", "1", D1) VOID)), NMI_CHARGE, true,
                    "2026-11-25T01:01:02Z" },
                { X(TXN("1", REF, "canceled", ACTION("sale", "10.00", "0", D1) VOID)), NMI_CHARGE, false,
                    "2026-11-25T01:01:02Z" },
                { X(TXN("1", REF, "canceled", ACTION("auth", "10.00", "1", D1) VOID)), NMI_CHARGE, false,
                    "2026-11-25T01:01:02Z" },
                { X(TXN("1", REF, "canceled", ACTION("auth", "10.00", "1", D1) ACTION("capture", "10.00", "1", D1)
                    ACTION("void", "10.00", "0", D1) VOID)), NMI_CHARGE, true, "2026-11-25T01:01:02Z" },
                { X(TXN("1", REF, "canceled", ACTION("auth", "10.00", "1", D1) ACTION("capture", "10.00", "0", D1)
                    ACTION("void", "10.00", "1", "soon"))), NMI_CHARGE, false, NULL },
                { X(TXN("1", REF, "complete", ACTION("sale", "10.00", "1", D1) ACTION("void", "10.00", "0", D2))),
                    NMI_CHARGE, true, NULL },
                { X(TXN("1", REF, "canceled", ACTION("refund", "-10.00", "1", D1))), NMI_REFUND, false, NULL },
                { X(TXN("1", REF, "complete", ACTION("refund", "-10.00", "1", D1))), NMI_REFUND, false, NULL },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_records *r = records(rows[i].body, rows[i].kind);

                EXPECT(r->asked && r->n == 1, "%s", rows[i].body);
                EXPECT(r->record[0].captured == rows[i].captured, "%s", rows[i].body);
                EXPECT(rows[i].voided_at == NULL ? r->record[0].voided_at.p == NULL
                    : str_is(r->record[0].voided_at, rows[i].voided_at), "%s", rows[i].body);
                EXPECT_TEXT(r->record[0].occurred_at, "2026-11-25T01:01:01Z");
        }
}

static void
what_can_not_be_read_tells_nothing(void **state)
{
        static const char *const rows[] = {
                "", " ", "<nm_response>", "<html/>", "<nm_response/><nm_response/>", "nm_response",
                "<!DOCTYPE x [<!ENTITY a \"b\">]><nm_response/>",
                    "<!DOCTYPE nm_response SYSTEM \"file:///etc/passwd\"><nm_response/>",
                "<!DOCTYPE nm_response [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
                "<nm_response><transaction><order_id>&x;</order_id></transaction></nm_response>",
                X("<error_response>Invalid Security Key</error_response>"), X(SALE("", "complete", D1)),
                X(SALE("a'b", "complete", D1)), X(TXN("1", REF, "complete", ACTION("sale", "ten", "1", D1))),
                X(TXN("1", REF, "complete", ACTION("sale", "-10.00", "1", D1))),
                X(TXN("1", REF, "complete", ACTION("sale", "10.001", "1", D1))), "response=1&response_code=100",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_records *r = records(rows[i], NMI_CHARGE);

                EXPECT(!r->asked && r->n == 0 && r->why.n > 0, "%s", rows[i]);
        }
}

static void
records_come_the_oldest_first_with_our_names(void **state)
{
        struct gateway_records *r = records(X(TXN("7", REF, "complete", "<merchant_defined_field id=\"2\">hse_1"
            "</merchant_defined_field><merchant_defined_field id=\"1\">ord_1</merchant_defined_field>"
            "<cc_number>4xxxxxxxxxxx1111</cc_number><cc_hash>f6c609e195d9d4c1</cc_hash>"
            ACTION("sale", "10.00", "1", D2)) SALE("8", "complete",
                "yesterday")
            TXN("6", REF, "complete", "<merchant_defined_field_1>ord_2</merchant_defined_field_1>"
            "<merchant_defined_field_2/>" ACTION("sale", "10.00", "1", D1)) TXN("5", "pay_02", "complete", "")),
                NMI_CHARGE);

        (void)state;
        assert_true(r->asked);
        assert_int_equal(r->n, 3);
        EXPECT_TEXT(r->record[0].transaction, "6");
        EXPECT_TEXT(r->record[0].occurred_at, "2026-11-25T01:01:01Z");
        EXPECT_TEXT(r->record[0].order, "ord_2");
        assert_null(r->record[0].house.p);
        EXPECT_TEXT(r->record[1].transaction, "7");
        EXPECT_TEXT(r->record[1].order, "ord_1");
        EXPECT_TEXT(r->record[1].house, "hse_1");
        EXPECT_TEXT(r->record[1].card_last4, "1111");
        assert_null(r->record[1].card_fingerprint.p);           /* whatever cc_hash is made of */
        assert_null(r->record[0].card_fingerprint.p);
        EXPECT_TEXT(r->record[2].transaction, "8");
        assert_null(r->record[2].occurred_at.p);
}

static void
more_records_than_fit_tell_nothing(void **state)
{
        struct str sale = STR(SALE("1", "complete", D1)), body = STR("<nm_response>");

        (void)state;
        for (int i = 0; i < GATEWAY_RECORDS_MAX; i++)
                body = str_fmt(arena, "%s%s", body.p, sale.p);
        assert_int_equal(records(str_fmt(arena, "%s</nm_response>", body.p).p, NMI_CHARGE)->n, GATEWAY_RECORDS_MAX);
        assert_false(records(str_fmt(arena, "%s%s</nm_response>", body.p, sale.p).p, NMI_CHARGE)->asked);
}

static void
a_list_becomes_events_that_stay_the_same(void **state)
{
        static const struct { const char *body, *id, *type; enum gateway_record_state state; } rows[] = {
                { SALE("1", "pendingsettlement", D1), "made.1.sale.success", "transaction.sale.success",
                    RECORD_APPROVED },
                { SALE("1", "complete", D2), "made.1.sale.success", "transaction.sale.success", RECORD_APPROVED },
                { SALE("1", "failed", D1), "made.1.sale.failure", "transaction.sale.failure", RECORD_DECLINED },
                { SALE("1", "canceled", D1), "made.1.void.success", "transaction.void.success", RECORD_APPROVED },
                { SALE("1", "unknown", D1), "made.1.sale.unknown", "transaction.sale.unknown", RECORD_UNDECIDED },
                { TXN("1", REF, "pending", ACTION("auth", "10.00", "1", D1)), "made.1.auth.unknown",
                    "transaction.auth.unknown",
                    RECORD_UNDECIDED },
                { TXN("1", REF, "complete", ACTION("auth", "10.00", "1", D1)), "made.1.capture.success",
                    "transaction.capture.success", RECORD_APPROVED },
                { TXN("1", REF, "complete", ACTION("refund", "-10.00", "1", D1)), "made.1.refund.success",
                    "transaction.refund.success", RECORD_APPROVED },
                { TXN("1", REF, "canceled", ACTION("refund", "-10.00", "1", D1)), "made.1.refund.failure",
                    "transaction.refund.failure", RECORD_DECLINED },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_events ev;
                struct str id, type;
                size_t seen;

                nmi_events_read(arena, str_fmt(arena, "<nm_response>%s</nm_response>", rows[i].body), &ev, &seen);
                EXPECT(ev.asked && ev.n == 1 && seen == 1, "%s", rows[i].body);
                EXPECT_TEXT(ev.event[0].id, rows[i].id);
                EXPECT_TEXT(ev.event[0].type, rows[i].type);
                EXPECT_TEXT(ev.event[0].reference, REF);
                EXPECT(ev.event[0].state == rows[i].state && ev.event[0].made, "%s", rows[i].body);
                EXPECT(ev.event[0].amount.minor == 1000, "%s", rows[i].body);
                EXPECT(gateway_event_head(arena, STR("nmi"), ev.event[0].body, &id, &type), "%s", ev.event[0].body.p);
                EXPECT_TEXT(id, rows[i].id);
        }
}

static void
a_list_is_read_past_what_is_no_event(void **state)
{
        struct gateway_events ev;
        size_t seen;

        (void)state;
        nmi_events_read(arena, STR(X(TXN("1", REF, "complete", "") SALE("a b", "complete", D1) SALE("2", "complete", D1)
            TXN("3", REF, "complete", ACTION("validate", "0.00", "1", D1)))), &ev, &seen);
        assert_true(ev.asked);
        assert_int_equal(seen, 4);
        assert_int_equal(ev.n, 1);
        EXPECT_TEXT(ev.event[0].transaction, "2");
        nmi_events_read(arena, STR("<html/>"), &ev, &seen);
        assert_false(ev.asked);
}

static void
whatever_the_bytes_are_nothing_breaks(void **state)
{
        static const char *const rows[] = {
                OK "&amount_authorized=10.00", X(SALE("1", "complete", D1) SALE("2", "canceled", D2)),
                X(TXN("1", REF, "complete", "<merchant_defined_field id=\"2\">h</merchant_defined_field>")),
        };

        (void)state;
        for (int i = 0; i < MUTATIONS; i++) {
                struct str was = str_of(rows[seeded(ARRAY_LEN(rows))]);
                char *z = str_z(arena, was);
                struct gateway_answer a;
                struct gateway_events ev;
                size_t seen;

                for (uint64_t n = seeded(4) + 1; n > 0; n--)
                        z[seeded(was.n)] = (char)("<>/&=%\"1\0x\x80+;"[seeded(13)]);
                was = (struct str){ z, was.n - (seeded(5) == 0 ? seeded(was.n) : 0) };
                nmi_judge(arena, was, STR(REF), ten, &a);
                EXPECT(a.outcome != GATEWAY_NOT_SENT, "%s", z);
                (void)records(str_z(arena, was), NMI_CHARGE);
                nmi_events_read(arena, was, &ev, &seen);
                if (i % 100 == 0)
                        arena_reset(arena);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(answers_are_judged),
                cmocka_unit_test(set_up_codes_are_those_of_the_table),
                cmocka_unit_test(a_void_has_no_amount_to_compare),
                cmocka_unit_test(conditions_are_read_in_our_words),
                cmocka_unit_test(what_is_voided_tells_whether_it_was_captured),
                cmocka_unit_test(what_can_not_be_read_tells_nothing),
                cmocka_unit_test(records_come_the_oldest_first_with_our_names),
                cmocka_unit_test(more_records_than_fit_tell_nothing),
                cmocka_unit_test(a_list_becomes_events_that_stay_the_same),
                cmocka_unit_test(a_list_is_read_past_what_is_no_event),
                cmocka_unit_test(whatever_the_bytes_are_nothing_breaks),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
