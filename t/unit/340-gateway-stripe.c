/*
 * Proves that Stripe's answers are judged as hostile texts: charged or
 * declined only by an object that carries our reference, amount and currency,
 * nothing known from anything else, whatever the bytes are.
 */
#include "unit.h"
#include "io/json_read.h"
#include "outside/gateway_stripe.h"

#define MUTATIONS       20000
#define META(ref)       "\"metadata\":{\"reference\":\"" ref "\",\"order\":\"ord_1\",\"house\":\"hse_1\"}"
#define MONEY           "\"amount\":1234,\"amount_received\":1234,\"currency\":\"usd\","
#define CHARGE          "\"latest_charge\":{\"id\":\"ch_1\",\"object\":\"charge\",\"created\":1700000000," \
                        "\"payment_method_details\":{\"card\":{\"brand\":\"visa\",\"last4\":\"4242\"," \
                        "\"fingerprint\":\"Xt5EWLLDS7FJjR1c\"}}},"
#define PI(id, status, rest) \
        "{\"id\":\"" id "\",\"object\":\"payment_intent\",\"created\":1700000009,\"status\":\"" status "\"," rest "}"
#define OURS(status)    PI("pi_1", status, MONEY CHARGE META("pay_1"))
#define RE(status, rest) \
        "{\"id\":\"re_1\",\"object\":\"refund\",\"created\":1700000000,\"status\":\"" status "\"," rest "}"
#define OUR_RE(status)  RE(status, "\"amount\":1234,\"currency\":\"usd\",\"payment_intent\":\"pi_1\"," META("pay_1"))
#define ERROR(type, rest) "{\"error\":{\"type\":\"" type "\"" rest "}}"
#define LIST(more, inner) "{\"object\":\"list\",\"has_more\":" more ",\"data\":[" inner "]}"

static struct arena *arena;
static const struct money amount = { 1234, CURRENCY_USD };

struct row {
        int status;
        const char *body;
        enum gateway_outcome outcome;
        bool again;
};

static struct gateway_answer
judged(enum stripe_step step, const struct row *r, struct stripe_hint *hint)
{
        struct stripe_asked asked = { step, STR("pay_1"), STR("pi_1"), amount };
        struct gateway_answer a;

        stripe_judge(arena, r->status, str_of(r->body), &asked, &a, hint);
        EXPECT(a.outcome == r->outcome, "%d %s: %u", r->status, r->body, a.outcome);
        EXPECT(hint->again == r->again, "%d %s: again %d", r->status, r->body, hint->again);
        EXPECT((a.outcome == GATEWAY_DECLINED) == (a.decline_code.p != NULL), "%d %s", r->status, r->body);
        EXPECT(a.outcome == GATEWAY_SUCCEEDED || a.transaction.p == NULL, "%d %s", r->status, r->body);
        EXPECT(a.why.n > 0, "%d %s", r->status, r->body);
        return a;
}

static const struct row charges[] = {
        { 200, OURS("succeeded"), GATEWAY_SUCCEEDED, false },
        { 200, OURS("requires_payment_method"), GATEWAY_DECLINED, false },
        { 200, OURS("canceled"), GATEWAY_DECLINED, false },
        { 200, OURS("processing"), GATEWAY_UNKNOWN, false },
        { 200, OURS("requires_action"), GATEWAY_UNKNOWN, false },
        { 200, OURS("requires_capture"), GATEWAY_UNKNOWN, false },
        { 200, OURS("SUCCEEDED"), GATEWAY_UNKNOWN, false },
        { 200, PI("pi_1", "succeeded", MONEY META("pay_2")), GATEWAY_UNKNOWN, false },
        { 200, PI("pi_1", "succeeded", MONEY "\"metadata\":{}"), GATEWAY_UNKNOWN, false },
        { 200, PI("pi_1", "succeeded", META("pay_1")), GATEWAY_UNKNOWN, false },
        { 200, PI("../pi", "succeeded", MONEY META("pay_1")), GATEWAY_UNKNOWN, false },
        { 200, PI("", "succeeded", MONEY META("pay_1")), GATEWAY_UNKNOWN, false },
        { 200, PI("pi_1", "succeeded", "\"amount\":1234,\"amount_received\":1233,\"currency\":\"usd\"," META("pay_1")),
            GATEWAY_UNKNOWN, false },
        { 200, PI("pi_1", "succeeded", "\"amount\":1235,\"amount_received\":1235,\"currency\":\"usd\"," META("pay_1")),
            GATEWAY_UNKNOWN, false },
        { 200, PI("pi_1", "succeeded", "\"amount\":\"1234\",\"amount_received\":1234,\"currency\":\"usd\","
            "" META("pay_1")),
            GATEWAY_UNKNOWN, false },
        { 200, PI("pi_1", "succeeded", "\"amount\":1234.0,\"amount_received\":1234,\"currency\":\"usd\","
            "" META("pay_1")),
            GATEWAY_UNKNOWN, false },
        { 200, PI("pi_1", "succeeded", "\"amount\":1234,\"amount_received\":1234,\"currency\":\"eur\"," META("pay_1")),
            GATEWAY_UNKNOWN, false },
        { 200, PI("pi_1", "succeeded", MONEY META("pay_1") "," META("pay_1")), GATEWAY_UNKNOWN, true },
        { 200, OUR_RE("succeeded"), GATEWAY_UNKNOWN, false },
        { 200, LIST("false", OURS("succeeded")), GATEWAY_UNKNOWN, false },
        { 200, ERROR("api_error", ""), GATEWAY_UNKNOWN, false },
        { 201, OURS("succeeded"), GATEWAY_UNKNOWN, false }, { 302, OURS("succeeded"), GATEWAY_UNKNOWN, false },
        { 200, "", GATEWAY_UNKNOWN, true }, { 200, "<html>", GATEWAY_UNKNOWN, true }, { 200, "[]", GATEWAY_UNKNOWN,
            true },
        { 200, "{}", GATEWAY_UNKNOWN, false }, { 200, "{\"object\":\"payment_intent\"", GATEWAY_UNKNOWN, true },
        { 409, ERROR("invalid_request_error", ""), GATEWAY_UNKNOWN, true }, { 429, "", GATEWAY_UNKNOWN, true },
        { 500, ERROR("api_error", ""), GATEWAY_UNKNOWN, true }, { 503, OURS("succeeded"), GATEWAY_UNKNOWN, true },
        { 100, "{}", GATEWAY_UNKNOWN, false }, { 410, ERROR("x", ""), GATEWAY_UNKNOWN, false },
};

static void
charges_are_judged(void **state)
{
        struct stripe_hint hint;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(charges); i++)
                (void)judged(STRIPE_SALE, &charges[i], &hint);
}

static void
a_charge_tells_its_id_and_card(void **state)
{
        struct stripe_hint hint;
        struct gateway_answer a = judged(STRIPE_SALE, &(struct row){ 200, OURS("succeeded"), GATEWAY_SUCCEEDED,
            false }, &hint);

        (void)state;
        EXPECT_TEXT(a.transaction, "pi_1");
        EXPECT_TEXT(a.card_brand, "visa");
        EXPECT_TEXT(a.card_last4, "4242");
        EXPECT_TEXT(a.card_fingerprint, "Xt5EWLLDS7FJjR1c");
        a = judged(STRIPE_SALE, &(struct row){ 200, PI("pi_1", "succeeded", MONEY META("pay_1")
            ",\"latest_charge\":{\"payment_method_details\":{\"card\":{\"brand\":\"<b>\",\"last4\":\"42\","
            "\"fingerprint\":\"a b\"}}}"),
            GATEWAY_SUCCEEDED, false }, &hint);
        assert_null(a.card_brand.p);
        assert_null(a.card_last4.p);
        assert_null(a.card_fingerprint.p);
}

#define IN_ERROR(intent) ",\"payment_intent\":" intent

static void
refusals_are_judged(void **state)
{
        static const struct { struct row row; bool of_request; const char *decline; } rows[] = {
                { { 402, ERROR("card_error", ","
                    "\"decline_code\":\"insufficient_funds\"" IN_ERROR(OURS("requires_payment_method"))),
                    GATEWAY_DECLINED, false }, false, "insufficient_funds" },
                { { 402, ERROR("card_error", ",\"code\":\"expired_card\"" IN_ERROR(OURS("requires_payment_method"))),
                    GATEWAY_DECLINED, false }, false, "expired_card" },
                { { 402, ERROR("card_error", ",\"decline_code\":\"new\"" IN_ERROR(OURS("canceled"))), GATEWAY_DECLINED,
                    false },
                    false, "generic_decline" },
                { { 402, ERROR("card_error", IN_ERROR(OURS("succeeded"))), GATEWAY_UNKNOWN, false }, false, NULL },
                { { 402, ERROR("card_error", IN_ERROR(OURS("processing"))), GATEWAY_UNKNOWN, false }, false, NULL },
                { { 402, ERROR("card_error", IN_ERROR(PI("pi_1", "requires_payment_method", MONEY META("pay_2")))),
                    GATEWAY_UNKNOWN, false }, false, NULL },
                { { 402, ERROR("card_error", ",\"decline_code\":\"insufficient_funds\""), GATEWAY_UNKNOWN, false },
                    false, NULL },
                { { 402, ERROR("api_error", IN_ERROR(OURS("requires_payment_method"))), GATEWAY_UNKNOWN, false },
                    false, NULL },
                { { 402, OURS("requires_payment_method"), GATEWAY_UNKNOWN, false }, false, NULL },
                { { 400, ERROR("invalid_request_error", ",\"code\":\"parameter_missing\""), GATEWAY_DECLINED, false },
                    true,
                    "generic_decline" },
                { { 404, ERROR("invalid_request_error", ",\"code\":\"resource_missing\""), GATEWAY_DECLINED, false },
                    true,
                    "generic_decline" },
                { { 400, ERROR("idempotency_error", ""), GATEWAY_UNKNOWN, false }, true, NULL },
                { { 400, ERROR("card_error", IN_ERROR(OURS("requires_payment_method"))), GATEWAY_UNKNOWN, false },
                    true, NULL },
                { { 400, "{}", GATEWAY_UNKNOWN, false }, true, NULL },
                { { 400, "{\"error\":\"invalid_request_error\"}", GATEWAY_UNKNOWN, false }, true, NULL },
                { { 401, ERROR("invalid_request_error", ""), GATEWAY_NOT_SENT, false }, true, NULL },
                { { 403, ERROR("invalid_request_error", ""), GATEWAY_NOT_SENT, false }, true, NULL },
                { { 403, "<html>forbidden", GATEWAY_UNKNOWN, true }, false, NULL },
                { { 401, "{}", GATEWAY_UNKNOWN, false }, true, NULL },
        };
        struct stripe_hint hint;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_answer a = judged(STRIPE_SALE, &rows[i].row, &hint);

                EXPECT(rows[i].decline == NULL || str_is(a.decline_code, rows[i].decline), "row %zu", i);
                EXPECT(hint.of_request == rows[i].of_request, "row %zu", i);
                EXPECT(a.outcome != GATEWAY_NOT_SENT || a.code.p != NULL, "row %zu", i);
        }
}

static void
steps_are_judged(void **state)
{
        static const struct { enum stripe_step step; struct row row; } rows[] = {
                { STRIPE_AUTHORIZE, { 200, OURS("requires_capture"), GATEWAY_SUCCEEDED, false } },
                { STRIPE_AUTHORIZE, { 200, OURS("succeeded"), GATEWAY_UNKNOWN, false } },
                { STRIPE_AUTHORIZE, { 200, OURS("requires_payment_method"), GATEWAY_DECLINED, false } },
                { STRIPE_CAPTURE, { 200, OURS("succeeded"), GATEWAY_SUCCEEDED, false } },
                { STRIPE_CAPTURE, { 200, OURS("requires_capture"), GATEWAY_UNKNOWN, false } },
                { STRIPE_CAPTURE, { 200, PI("pi_2", "succeeded", MONEY META("pay_1")), GATEWAY_UNKNOWN, false } },
                { STRIPE_CAPTURE, { 200, PI("pi_1", "succeeded", "\"amount_received\":1,\"currency\":\"usd\""),
                    GATEWAY_UNKNOWN,
                    false } },
                { STRIPE_CANCEL, { 200, PI("pi_1", "canceled", "\"amount\":1"), GATEWAY_SUCCEEDED, false } },
                { STRIPE_CANCEL, { 200, OURS("succeeded"), GATEWAY_UNKNOWN, false } },
                { STRIPE_CANCEL, { 400, ERROR("invalid_request_error", ""), GATEWAY_DECLINED, false } },
                { STRIPE_REFUND, { 200, OUR_RE("succeeded"), GATEWAY_SUCCEEDED, false } },
                { STRIPE_REFUND, { 200, OUR_RE("pending"), GATEWAY_SUCCEEDED, false } },
                { STRIPE_REFUND, { 200, OUR_RE("failed"), GATEWAY_DECLINED, false } },
                { STRIPE_REFUND, { 200, OUR_RE("canceled"), GATEWAY_DECLINED, false } },
                { STRIPE_REFUND, { 200, OUR_RE("requires_action"), GATEWAY_UNKNOWN, false } },
                { STRIPE_REFUND, { 200, RE("succeeded", "\"amount\":1234,\"currency\":\"usd\","
                    "\"payment_intent\":\"pi_2\","
                    META("pay_1")), GATEWAY_UNKNOWN, false } },
                { STRIPE_REFUND, { 200, RE("succeeded", "\"amount\":1,\"currency\":\"usd\",\"payment_intent\":\"pi_1\","
                    META("pay_1")), GATEWAY_UNKNOWN, false } },
                { STRIPE_REFUND, { 200, RE("succeeded", "\"amount\":1234,\"currency\":\"usd\","
                    "\"payment_intent\":\"pi_1\","
                    META("pay_2")), GATEWAY_UNKNOWN, false } },
                { STRIPE_REFUND, { 200, OURS("succeeded"), GATEWAY_UNKNOWN, false } },
        };
        struct stripe_hint hint;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_answer a = judged(rows[i].step, &rows[i].row, &hint);
                bool has_id = a.outcome == GATEWAY_SUCCEEDED && rows[i].step != STRIPE_CANCEL;

                EXPECT(has_id == (a.transaction.p != NULL), "row %zu", i);
        }
}

static struct gateway_records *
intents(const char *body)
{
        struct gateway_records *r = ARENA_NEW(arena, struct gateway_records);
        const struct json *list = stripe_object(arena, str_of(body), "list");

        if (list != NULL)
                stripe_intents_read(arena, list, STR("pay_1"), r);
        return r;
}

#define AT(id, status, s) \
        "{\"id\":\"" id "\",\"object\":\"payment_intent\",\"created\":" s ",\"status\":\"" status "\"," \
        MONEY META("pay_1") "}"

static void
records_are_read_the_oldest_first(void **state)
{
        struct gateway_records *r = intents(LIST("false", AT("pi_3", "processing", "1700000003") ","
            AT("pi_2", "canceled", "1700000002") "," AT("pi_0", "requires_payment_method", "-5") ","
            AT("pi_1", "succeeded", "1700000001") "," PI("pi_9", "succeeded", MONEY META("pay_9"))));
        static const struct { const char *id; enum gateway_record_state state; } wanted[] = {
                { "pi_1", RECORD_APPROVED }, { "pi_2", RECORD_VOIDED }, { "pi_3", RECORD_UNDECIDED }, { "pi_0",
                    RECORD_DECLINED },
        };

        (void)state;
        assert_true(r->asked);
        assert_int_equal(r->n, ARRAY_LEN(wanted));
        for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
                EXPECT_TEXT(r->record[i].transaction, wanted[i].id);
                EXPECT(r->record[i].state == wanted[i].state, "%zu", i);
                EXPECT(r->record[i].captured == (wanted[i].state == RECORD_APPROVED), "%zu", i);
                EXPECT_TEXT(r->record[i].house, "hse_1");
                EXPECT(r->record[i].amount.minor == 1234, "%zu", i);
        }
        EXPECT_TEXT(r->record[0].occurred_at, "2023-11-14T22:13:21.000Z");
        r = intents(LIST("false", AT("pi_2", "succeeded", "1700000001") "," AT("pi_1", "succeeded", "1700000001")));
        EXPECT_TEXT(r->record[0].transaction, "pi_1");
        assert_null(r->why.p);
        r = intents(LIST("false", OURS("succeeded")));
        EXPECT_TEXT(r->record[0].occurred_at, "2023-11-14T22:13:20.000Z");
        EXPECT_TEXT(r->record[0].card_last4, "4242");
        EXPECT_TEXT(r->record[0].card_fingerprint, "Xt5EWLLDS7FJjR1c");
        assert_true(intents(LIST("false", ""))->asked);
}

static void
lists_that_can_not_be_read_tell_nothing(void **state)
{
        static const char *const rows[] = {
                "", "{}", "[]", LIST("true", OURS("succeeded")), LIST("null", ""), LIST("\"false\"", ""),
                "{\"object\":\"list\",\"has_more\":false}", "{\"object\":\"list\",\"has_more\":false,\"data\":{}}",
                LIST("false", PI("pi_1", "succeeded", META("pay_1"))), LIST("false", PI("", "succeeded",
                    MONEY META("pay_1"))),
                LIST("false", OUR_RE("succeeded")),
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(!intents(rows[i])->asked && intents(rows[i])->n == 0, "%s", rows[i]);
}

static void
a_pending_refund_is_money_given_back(void **state)
{
        struct gateway_records *r = ARENA_NEW(arena, struct gateway_records);
        const struct json *list = stripe_object(arena, STR(LIST("false", OUR_RE("failed") "," OUR_RE("pending"))),
            "list");

        (void)state;
        assert_non_null(list);
        stripe_refunds_read(arena, list, &(struct gateway_step){ .reference = STR("pay_1") }, r);
        assert_true(r->asked);
        assert_int_equal(r->n, 2);
        assert_int_equal(r->record[0].state, RECORD_APPROVED);
        assert_int_equal(r->record[1].state, RECORD_DECLINED);
        EXPECT_TEXT(r->record[0].transaction, "re_1");
        stripe_refunds_read(arena, list, &(struct gateway_step){ .reference = STR("pay_2") }, r);
        assert_true(r->asked && r->n == 0);
        stripe_refunds_read(arena, list, &(struct gateway_step){ .reference = STR("pay_2"), .amount = amount,
            .whole = true }, r);
        EXPECT(r->asked && r->n == 1, "%d", r->n);
}

#define EVENT(id, type, object) \
        "{\"id\":\"" id "\",\"object\":\"event\",\"type\":\"" type "\",\"data\":{\"object\":" object "}}"

static void
a_page_of_events_is_kept_as_it_came(void **state)
{
        static const char body[] = LIST("true", EVENT("evt_2", "payment_intent.succeeded", OURS("succeeded")) ","
            EVENT("evt_1", "payment_intent.succeeded", "{}"));
        const struct json *list = stripe_object(arena, str_of(body), "list");
        struct gateway_events ev;

        (void)state;
        assert_non_null(list);
        stripe_events_read(arena, list, &ev);
        assert_true(ev.asked);
        assert_int_equal(ev.n, 2);
        EXPECT_TEXT(ev.next, "evt_1");
        EXPECT_TEXT(ev.event[0].reference, "pay_1");
        assert_int_equal(ev.event[0].subject, SUBJECT_CHARGE);
        EXPECT_TEXT(ev.event[0].body, EVENT("evt_2", "payment_intent.succeeded", OURS("succeeded")));
        assert_false(ev.event[0].made);
        EXPECT_TEXT(ev.event[1].id, "evt_1");
        assert_int_equal(ev.event[1].subject, SUBJECT_OTHER);
        list = stripe_object(arena, STR(LIST("true", "")), "list");
        stripe_events_read(arena, list, &ev);
        assert_false(ev.asked);
        list = stripe_object(arena, STR(LIST("false", "{\"object\":\"event\"}")), "list");
        stripe_events_read(arena, list, &ev);
        assert_false(ev.asked);
}

static void
amounts_are_counted_as_stripe_does(void **state)
{
        static const struct { struct money m; int64_t minor; bool even; } rows[] = {
                { { 1234, CURRENCY_USD }, 1234, true }, { { 1234, CURRENCY_JPY }, 1234, true },
                { { 1234, CURRENCY_KWD }, 1234, true }, { { 1234, CURRENCY_ISK }, 123400, true },
                { { 1200, CURRENCY_MGA }, 12, true }, { { 1234, CURRENCY_MGA }, 0, false },
                { { INT64_MAX, CURRENCY_ISK }, 0, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                int64_t minor, back;

                EXPECT(stripe_minor(rows[i].m, &minor) == rows[i].even, "row %zu", i);
                if (!rows[i].even)
                        continue;
                EXPECT(minor == rows[i].minor, "row %zu: %lld", i, (long long)minor);
                EXPECT(stripe_amount(minor, rows[i].m.currency, &back) && back == rows[i].m.minor, "row %zu", i);
        }
}

static void
times_are_read_to_the_second(void **state)
{
        static const struct { const char *text; int64_t s; } rows[] = {
                { "2023-11-14T22:13:20Z", 1700000000 }, { "2023-11-14T22:13:20.999Z", 1700000000 },
                { "1970-01-01T00:00:01Z", 1 }, { "2023-11-14", -1 }, { "", -1 }, { NULL, -1 }, { "yesterday", -1 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                int64_t s = -1;

                EXPECT(stripe_seconds(str_of(rows[i].text), &s) == (rows[i].s >= 0), "row %zu", i);
                EXPECT(s == rows[i].s, "row %zu: %lld", i, (long long)s);
        }
}

static void
whatever_the_bytes_are_nothing_breaks(void **state)
{
        static const char *const rows[] = {
                OURS("succeeded"), ERROR("card_error", IN_ERROR(OURS("requires_payment_method"))), OUR_RE("pending"),
                LIST("false", OURS("succeeded")), LIST("true", EVENT("evt_1", "refund.created", OUR_RE("failed"))),
        };

        (void)state;
        for (int i = 0; i < MUTATIONS; i++) {
                struct str was = str_of(rows[seeded(ARRAY_LEN(rows))]);
                struct stripe_asked asked = { (enum stripe_step)seeded(5), STR("pay_1"), STR("pi_1"), amount };
                static const int statuses[] = { 200, 400, 402, 404 };
                char *z = str_z(arena, was);
                const struct json *list;
                struct gateway_answer a;
                struct gateway_events ev;
                struct stripe_hint hint;

                for (uint64_t n = seeded(3) + 1; n > 0; n--)
                        z[seeded(was.n)] = (char)("\"{}[]:,\\0x-\x80n"[seeded(13)]);
                was = (struct str){ z, was.n - (seeded(9) == 0 ? seeded(was.n) : 0) };
                stripe_judge(arena, statuses[seeded(ARRAY_LEN(statuses))], was, &asked, &a, &hint);
                EXPECT(a.outcome != GATEWAY_NOT_SENT, "%s", z);
                list = stripe_object(arena, was, "list");
                if (list != NULL)
                        stripe_events_read(arena, list, &ev);
                (void)intents(str_z(arena, was));
                if (i % 50 == 0)
                        arena_reset(arena);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(charges_are_judged),
                cmocka_unit_test(a_charge_tells_its_id_and_card),
                cmocka_unit_test(refusals_are_judged),
                cmocka_unit_test(steps_are_judged),
                cmocka_unit_test(records_are_read_the_oldest_first),
                cmocka_unit_test(lists_that_can_not_be_read_tell_nothing),
                cmocka_unit_test(a_pending_refund_is_money_given_back),
                cmocka_unit_test(a_page_of_events_is_kept_as_it_came),
                cmocka_unit_test(amounts_are_counted_as_stripe_does),
                cmocka_unit_test(times_are_read_to_the_second),
                cmocka_unit_test(whatever_the_bytes_are_nothing_breaks),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
