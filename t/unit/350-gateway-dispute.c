/*
 * Proves that disputes and settlement items are read from Stripe's objects as
 * they must be, or not at all.
 */
#include "unit.h"
#include "io/json_read.h"
#include "outside/gateway_stripe.h"

#define DISPUTE(rest) \
        "{\"id\":\"dp_1\",\"object\":\"dispute\",\"amount\":1234,\"currency\":\"usd\",\"charge\":\"ch_1\"," rest "}"
#define STATUS(s)       DISPUTE("\"payment_intent\":\"pi_1\",\"status\":\"" s "\"")
#define TXN(more) \
        "{\"object\":\"balance_transaction\",\"type\":\"charge\",\"source\":\"ch_1\",\"created\":1700000000," \
        "\"available_on\":1700000001,\"currency\":\"usd\"," more "}"
#define LIST(more, inner) "{\"object\":\"list\",\"has_more\":" more ",\"data\":[" inner "]}"

static struct arena *arena;

static struct gateway_dispute
dispute(int status, const char *body)
{
        struct gateway_dispute d;

        stripe_dispute_read(arena, status, str_of(body), &d);
        return d;
}

static void
the_status_is_the_objects(void **state)
{
        static const struct { const char *body; enum dispute_status status; } rows[] = {
                { STATUS("warning_needs_response"), DISPUTE_WARNING }, { STATUS("warning_under_review"),
                    DISPUTE_WARNING },
                { STATUS("warning_closed"), DISPUTE_WARNING_CLOSED }, { STATUS("needs_response"),
                    DISPUTE_NEEDS_RESPONSE },
                { STATUS("appeal_needs_response"), DISPUTE_NEEDS_RESPONSE }, { STATUS("under_review"),
                    DISPUTE_UNDER_REVIEW },
                { STATUS("won"), DISPUTE_WON }, { STATUS("lost"), DISPUTE_LOST }, { STATUS("prevented"),
                    DISPUTE_UNDECIDED },
                { STATUS(""), DISPUTE_UNDECIDED }, { DISPUTE("\"status\":7"), DISPUTE_UNDECIDED },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_dispute d = dispute(200, rows[i].body);

                EXPECT(d.asked && d.found && d.status == rows[i].status, "%s: %u", rows[i].body, d.status);
                EXPECT(d.amount.minor == 1234 && d.amount.currency == CURRENCY_USD, "%s", rows[i].body);
        }
}

static void
a_dispute_tells_fee_reason_and_time(void **state)
{
        struct gateway_dispute d = dispute(200, DISPUTE("\"payment_intent\":\"pi_1\",\"reason\":\"fraudulent\","
            "\"evidence_details\":{\"due_by\":1700000000},\"balance_transactions\":[{\"fee\":1500,"
                "\"currency\":\"usd\"},"
            "{\"fee\":9,\"currency\":\"eur\"},{\"fee\":-200,\"currency\":\"usd\"},{\"fee\":1.5,"
                "\"currency\":\"usd\"}]"));

        (void)state;
        EXPECT_TEXT(d.id, "dp_1");
        EXPECT_TEXT(d.charge, "pi_1");
        EXPECT_TEXT(d.reason, "fraudulent");
        EXPECT_TEXT(d.due_by, "2023-11-14T22:13:20.000Z");
        assert_int_equal(d.fee, 1300);
        d = dispute(200, DISPUTE("\"evidence_details\":{\"due_by\":0},\"balance_transactions\":{}"));
        EXPECT_TEXT(d.charge, "ch_1");
        assert_null(d.due_by.p);
        assert_int_equal(d.fee, 0);
}

static void
what_is_no_dispute_tells_nothing(void **state)
{
        static const struct { int status; const char *body; bool asked; } rows[] = {
                { 404, "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"resource_missing\"}}", true },
                { 404, "<html>", false }, { 404, "{}", false }, { 200, "", false }, { 200, "{}", false },
                { 500, STATUS("won"), false }, { 200, "{\"object\":\"dispute\",\"id\":\"dp_1\",\"status\":\"won\"}",
                    false },
                { 200, "{\"object\":\"dispute\",\"id\":\"dp_1\",\"charge\":\"ch_1\",\"amount\":-1,"
                    "\"currency\":\"usd\"}", false },
                { 200, "{\"object\":\"refund\",\"id\":\"dp_1\",\"charge\":\"ch_1\",\"amount\":1,\"currency\":\"usd\"}",
                    false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_dispute d = dispute(rows[i].status, rows[i].body);

                EXPECT(!d.found && d.asked == rows[i].asked && d.why.n > 0, "%s", rows[i].body);
        }
}

static void
a_dispute_tells_whether_it_was_answered(void **state)
{
        static const struct { const char *details; bool answered; } rows[] = {
                { "{\"submission_count\":1}", true }, { "{\"submission_count\":0,\"has_evidence\":true}", false },
                { "{\"submission_count\":\"1\"}", false }, { "{}", false }, { "null", false }, { "[]", false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct str body = str_fmt(arena, DISPUTE("\"evidence_details\":%s"), rows[i].details);
                struct gateway_dispute d = dispute(200, body.p);

                EXPECT(d.found && d.answered == rows[i].answered, "%s", rows[i].details);
        }
}

static void
a_file_is_taken_or_refused(void **state)
{
        static const struct { int status; const char *body, *id; bool refused; } rows[] = {
                { 200, "{\"id\":\"file_1\",\"object\":\"file\"}", "file_1", false },
                { 200, "{\"id\":\"dp_1\",\"object\":\"dispute\"}", NULL, false },
                { 200, "{\"object\":\"file\"}", NULL, false }, { 200, "", NULL, false },
                { 400, "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"No.\"}}", NULL, true },
                { 400, "{\"error\":{\"type\":\"idempotency_error\"}}", NULL, false }, { 400, "<html>", NULL, false },
                { 400, "{\"error\":{}}", NULL, false }, { 401, "{\"error\":{}}", NULL, false },
                { 409, "{\"error\":{}}", NULL, false }, { 429, "", NULL, false }, { 500, "<html>", NULL, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_file f;

                stripe_file_read(arena, rows[i].status, str_of(rows[i].body), &f);
                EXPECT(f.refused == rows[i].refused && f.spent == (rows[i].status == 500), "row %zu", i);
                EXPECT(str_eq(f.id, str_of(rows[i].id)) && (f.id.p == NULL) == (f.why.p != NULL), "row %zu", i);
        }
}

static struct gateway_settlements
settlements(const char *body)
{
        struct gateway_settlements s = { .asked = false };
        const struct json *list = stripe_object(arena, str_of(body), "list");

        if (list != NULL)
                stripe_settlements_read(arena, list, &s);
        return s;
}

static void
settlement_items_are_read_with_their_signs(void **state)
{
        struct gateway_settlements s = settlements(LIST("true",
            TXN("\"id\":\"txn_2\",\"amount\":1000,\"fee\":59,\"net\":941") ","
            TXN("\"id\":\"txn_1\",\"amount\":-1000,\"fee\":-59,\"net\":-941")));

        (void)state;
        assert_true(s.asked);
        assert_int_equal(s.n, 2);
        EXPECT_TEXT(s.next, "txn_1");
        EXPECT_TEXT(s.item[0].source, "ch_1");
        EXPECT_TEXT(s.item[0].available_at, "2023-11-14T22:13:21.000Z");
        assert_int_equal(s.item[0].net, 941);
        assert_int_equal(s.item[1].amount, -1000);
        s = settlements(LIST("false", ""));
        assert_true(s.asked && s.n == 0 && s.next.p == NULL);
}

static void
items_that_can_not_be_read_tell_nothing(void **state)
{
        static const char *const rows[] = {
                "", LIST("true", ""), LIST("0", ""), LIST("false", "{}"),
                LIST("false", TXN("\"id\":\"txn_1\",\"amount\":1000,\"fee\":59,\"net\":942")),
                LIST("false", TXN("\"id\":\"txn_1\",\"amount\":1e3,\"fee\":59,\"net\":941")),
                LIST("false", TXN("\"id\":\"\",\"amount\":1000,\"fee\":59,\"net\":941")),
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(!settlements(rows[i]).asked, "%s", rows[i]);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_status_is_the_objects),
                cmocka_unit_test(a_dispute_tells_fee_reason_and_time),
                cmocka_unit_test(a_dispute_tells_whether_it_was_answered),
                cmocka_unit_test(a_file_is_taken_or_refused),
                cmocka_unit_test(what_is_no_dispute_tells_nothing),
                cmocka_unit_test(settlement_items_are_read_with_their_signs),
                cmocka_unit_test(items_that_can_not_be_read_tell_nothing),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
