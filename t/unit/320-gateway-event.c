/*
 * Proves that of a webhook's raw bytes the head is read or refused without
 * doubt, and that its body says in our words what the gateway meant; whatever
 * else the bytes are, nothing breaks.
 */
#include "unit.h"
#include "base/err.h"
#include "io/json_read.h"
#include "outside/gateway_event.h"

#define MUTATIONS       20000

static struct arena *arena;

static bool
head(const char *gateway, const char *body, struct str *id, struct str *type)
{
        return gateway_event_head(arena, str_of(gateway), str_of(body), id, type);
}

static void
a_head_is_id_and_type_of_the_top_level(void **state)
{
        static const struct { const char *gateway, *body, *id, *type; } rows[] = {
                { "nmi", "{\"event_id\":\"e-1\",\"event_type\":\"transaction.sale.success\",\"event_body\":{}}", "e-1",
                    "transaction.sale.success" },
                { "nmi", " {\"event_body\":{\"event_id\":\"x\",\"event_type\":\"y\"},\"event_type\":\"a.b\","
                    "\"event_id\":\"2\"}\n",
                    "2", "a.b" },
                { "nmi", "{\"id\":1,\"type\":null,\"event_id\":\"\\u0065vt\",\"event_type\":\"t\"}", "evt", "t" },
                { "stripe", "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"charge.refunded\",\"n\":1e400,"
                    "\"m\":99999999999999999999}",
                    "evt_1", "charge.refunded" },
                { "stripe", "{\"data\":[{\"id\":2,\"id\":3}],\"id\":\"evt_1\",\"type\":\"x\"}", "evt_1", "x" },
                { "resend", "{\"type\":\"email.delivered\",\"id\":5,\"data\":{}}", NULL, "email.delivered" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct str id, type;

                EXPECT(head(rows[i].gateway, rows[i].body, &id, &type), "%s", rows[i].body);
                EXPECT(str_is(type, rows[i].type), "%.*s", STR_ARG(type));
                EXPECT(rows[i].id == NULL ? id.p == NULL : str_is(id, rows[i].id), "%.*s", STR_ARG(id));
        }
}

static void
no_head_is_read_from_doubt(void **state)
{
        static const char *const rows[] = {
                "", " ", "null", "\"event_id\"", "1", "[]", "[{\"id\":\"e\",\"type\":\"t\"}]", "{}", "{\"id\":\"e\"}",
                "{\"type\":\"t\"}", "{\"id\":\"e\",\"type\":\"t\"", "{\"id\":\"e\",\"type\":\"t\"}x",
                "{\"id\":\"e\",\"type\":\"t\"}{}", "{\"id\":\"e\",\"id\":\"e\",\"type\":\"t\"}",
                "{\"id\":\"e\",\"type\":\"t\",\"type\":\"u\"}", "{\"id\":\"\",\"id\":\"e\",\"type\":\"t\"}",
                "{\"id\":\"e\",\"type\":\"t\",\"\\u0069d\":\"f\"}", "{\"id\":7,\"type\":\"t\"}",
                    "{\"id\":null,\"type\":\"t\"}",
                "{\"id\":{\"a\":\"e\"},\"type\":\"t\"}", "{\"id\":[\"e\"],\"type\":\"t\"}",
                    "{\"id\":true,\"type\":\"t\"}",
                "{\"id\":\"\",\"type\":\"t\"}", "{\"id\":\"e\",\"type\":\"\"}", "{\"id\":\"a b\",\"type\":\"t\"}",
                "{\"id\":\"a\\u0000b\",\"type\":\"t\"}", "{\"id\":\"a\\nb\",\"type\":\"t\"}",
                    "{\"id\":\"\xc3\xa4\",\"type\":\"t\"}",
                "{\"id\":\"e\",\"type\":\"\x80\"}", "{\"i\\u0000d\":\"e\",\"type\":\"t\"}",
                    "{/* */\"id\":\"e\",\"type\":\"t\"}",
                "<html>", "id=e&type=t",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct str id, type;

                EXPECT(!head("stripe", rows[i], &id, &type), "%s", rows[i]);
        }
}

static struct str
repeated(const char *z, size_t n)
{
        size_t len = strlen(z);
        char *p = arena_alloc(arena, n * len + 1);

        for (size_t i = 0; i < n; i++)
                memcpy(p + i * len, z, len);
        return (struct str){ p, n * len };
}

static void
heads_are_bounded(void **state)
{
        static const struct { size_t id, type, depth; bool read; } rows[] = {
                { 255, 100, 0, true }, { 256, 100, 0, false }, { 255, 101, 0, false },
                { 1, 1, JSON_DEPTH_MAX - 1, true }, { 1, 1, JSON_DEPTH_MAX, false }, { 1, 1, 400000, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct str id, type;
                struct str body = str_fmt(arena, "{\"id\":\"%s\",\"type\":\"%s\",\"x\":[%s%s]}",
                    repeated("i", rows[i].id).p, repeated("t", rows[i].type).p,
                    rows[i].depth == 0 ? "" : repeated("[", rows[i].depth - 1).p,
                    rows[i].depth == 0 ? "" : repeated("]", rows[i].depth - 1).p);

                EXPECT(gateway_event_head(arena, STR("stripe"), body, &id, &type) == rows[i].read, "row %zu", i);
                arena_reset(arena);
        }
}

#define NMI_OF(type, body)      "{\"event_id\":\"e\",\"event_type\":\"" type "\",\"event_body\":{" body "}}"
#define NMI_SALE        "\"transaction_id\":\"10001\",\"order_id\":\"pay_1\",\"currency\":\"USD\"," \
                        "\"requested_amount\":\"12.34\"," \
                        "\"merchant_defined_fields\":{\"1\":\"ord_1\",\"2\":\"hse_1\"}," \
                        "\"action\":{\"amount\":\"12.34\"}"
#define STRIPE_OF(type, object) "{\"id\":\"evt_1\",\"type\":\"" type "\",\"data\":{\"object\":{" object "}}}"
#define STRIPE_META     "\"metadata\":{\"reference\":\"pay_1\",\"order\":\"ord_1\",\"house\":\"hse_1\"}"
#define STRIPE_MONEY    "\"amount\":1234,\"currency\":\"usd\","
#define STRIPE_PI       "\"id\":\"pi_1\",\"object\":\"payment_intent\"," STRIPE_MONEY STRIPE_META
#define STRIPE_RE(s)    "\"id\":\"re_1\",\"object\":\"refund\",\"payment_intent\":\"pi_1\",\"charge\":\"ch_1\"," \
                        "\"status\":\"" s "\"," STRIPE_MONEY STRIPE_META

struct row {
        const char *gateway, *body;
        enum gateway_subject subject;
        enum gateway_record_state state;
        const char *transaction, *charge, *reference;
        int64_t minor;
};

static bool
is_text(struct str s, const char *z)
{
        return z == NULL ? s.p == NULL : str_is(s, z);
}

static void
expect_row(const struct row *r)
{
        struct err e = { .code = ERR_NONE };
        struct gateway_event ev;

        EXPECT(gateway_event_read(arena, str_of(r->gateway), str_of(r->body), &ev, &e), "%s: %s", r->body, e.detail);
        EXPECT(ev.subject == r->subject && ev.state == r->state, "%s: %u %u", r->body, ev.subject, ev.state);
        EXPECT(is_text(ev.transaction, r->transaction), "%s: %.*s", r->body, STR_ARG(ev.transaction));
        EXPECT(is_text(ev.charge, r->charge), "%s: %.*s", r->body, STR_ARG(ev.charge));
        EXPECT(is_text(ev.reference, r->reference), "%s: %.*s", r->body, STR_ARG(ev.reference));
        EXPECT(ev.amount.minor == r->minor && !ev.made, "%s: %lld", r->body, (long long)ev.amount.minor);
        EXPECT(str_is(ev.gateway, r->gateway), "%s", r->body);
}

static const struct row events[] = {
        { "nmi", NMI_OF("transaction.sale.success", NMI_SALE), SUBJECT_CHARGE, RECORD_APPROVED, "10001", NULL,
            "pay_1", 1234 },
        { "nmi", NMI_OF("transaction.sale.failure", NMI_SALE), SUBJECT_CHARGE, RECORD_DECLINED, "10001", NULL,
            "pay_1", 1234 },
        { "nmi", NMI_OF("transaction.sale.unknown", NMI_SALE), SUBJECT_CHARGE, RECORD_UNDECIDED, "10001", NULL,
            "pay_1", 1234 },
        { "nmi", NMI_OF("transaction.auth.success", NMI_SALE), SUBJECT_CHARGE, RECORD_UNDECIDED, "10001", NULL,
            "pay_1", 1234 },
        { "nmi", NMI_OF("transaction.capture.success", NMI_SALE), SUBJECT_CHARGE, RECORD_APPROVED, "10001",
            NULL, "pay_1", 1234 },
        { "nmi", NMI_OF("transaction.void.success", NMI_SALE), SUBJECT_REFUND, RECORD_APPROVED, "10001",
            "10001", "pay_1", 1234 },
        { "nmi", NMI_OF("transaction.refund.success",
            "\"transaction_id\":10002,\"order_id\":\"ref_1\",\"currency\":\"JPY\","
            "\"original_transaction_id\":10001,\"action\":{\"amount\":\"-500.00\"}"),
            SUBJECT_REFUND, RECORD_APPROVED, "10002", "10001", "ref_1", 500 },
        { "nmi", NMI_OF("transaction.refund.failure", "\"transaction_id\":\"10002\",\"order_id\":\"\""),
            SUBJECT_REFUND,
            RECORD_DECLINED, "10002", NULL, NULL, 0 },
        { "nmi", NMI_OF("transaction.credit.unknown",
            "\"transaction_id\":\"1\",\"currency\":\"USD\",\"requested_amount\":7"),
            SUBJECT_REFUND, RECORD_UNDECIDED, "1", NULL, NULL, 700 },
        { "nmi", NMI_OF("transaction.sale.success", "\"transaction_id\":\"1\",\"order_id\":{},"
            "\"currency\":\"USD\","
            "\"action\":{\"amount\":\"1e3\"}"), SUBJECT_CHARGE, RECORD_APPROVED, "1", NULL, NULL, 0 },
        { "nmi", NMI_OF("chargeback.batch.complete", "\"chargebacks\":[{\"id\":\"9\","
            "\"transaction_id\":\"10001\"}]"),
            SUBJECT_DISPUTE, RECORD_UNDECIDED, "9", "10001", NULL, 0 },
        { "nmi", NMI_OF("chargeback.batch.complete", "\"chargebacks\":[{\"id\":\"9\"},{\"id\":\"10\"}]"),
            SUBJECT_DISPUTE, RECORD_UNDECIDED, NULL, NULL, NULL, 0 },
        { "nmi", NMI_OF("transaction.validate.success", ""), SUBJECT_OTHER, RECORD_UNDECIDED, NULL, NULL, NULL,
            0 },
        { "nmi", NMI_OF("settlement.batch.complete", "\"a\":1,\"a\":1"), SUBJECT_OTHER, RECORD_UNDECIDED, NULL,
            NULL, NULL, 0 },
        { "nmi", NMI_OF("transaction.sale", NMI_SALE), SUBJECT_OTHER, RECORD_UNDECIDED, NULL, NULL, NULL, 0 },
        { "nmi", NMI_OF("payment_intent.succeeded", ""), SUBJECT_OTHER, RECORD_UNDECIDED, NULL, NULL, NULL, 0 },
        { "stripe", STRIPE_OF("payment_intent.succeeded", STRIPE_PI), SUBJECT_CHARGE, RECORD_APPROVED, "pi_1",
            NULL, "pay_1", 1234 },
        { "stripe", STRIPE_OF("payment_intent.payment_failed", STRIPE_PI), SUBJECT_CHARGE, RECORD_DECLINED,
            "pi_1", NULL, "pay_1", 1234 },
        { "stripe", STRIPE_OF("payment_intent.canceled", STRIPE_PI), SUBJECT_CHARGE, RECORD_VOIDED, "pi_1",
            NULL, "pay_1", 1234 },
        { "stripe", STRIPE_OF("payment_intent.created", STRIPE_PI), SUBJECT_CHARGE, RECORD_UNDECIDED, "pi_1",
            NULL, "pay_1", 1234 },
        { "stripe", STRIPE_OF("refund.created", STRIPE_RE("pending")), SUBJECT_REFUND, RECORD_APPROVED, "re_1",
            "pi_1", "pay_1", 1234 },
        { "stripe", STRIPE_OF("refund.updated", STRIPE_RE("failed")), SUBJECT_REFUND, RECORD_DECLINED, "re_1",
            "pi_1", "pay_1", 1234 },
        { "stripe", STRIPE_OF("refund.failed", STRIPE_RE("pending")), SUBJECT_REFUND, RECORD_DECLINED, "re_1",
            "pi_1", "pay_1", 1234 },
        { "stripe", STRIPE_OF("charge.refund.updated", STRIPE_RE("requires_action")), SUBJECT_REFUND,
            RECORD_UNDECIDED, "re_1",
            "pi_1", "pay_1", 1234 },
        { "stripe", STRIPE_OF("charge.refunded", "\"id\":\"ch_1\",\"object\":\"charge\","
            "\"payment_intent\":\"pi_1\",\"amount\":9,"
            "\"amount_refunded\":5,\"currency\":\"jpy\"," STRIPE_META), SUBJECT_REFUND, RECORD_APPROVED,
                "pi_1", "pi_1", "pay_1", 5 },
        { "stripe", STRIPE_OF("charge.refunded", "\"id\":\"ch_1\",\"object\":\"charge\","
            "\"payment_intent\":null"),
            SUBJECT_REFUND, RECORD_APPROVED, "ch_1", "ch_1", NULL, 0 },
        { "stripe", STRIPE_OF("charge.dispute.created",
            "\"id\":\"dp_1\",\"object\":\"dispute\",\"charge\":\"ch_1\","
            "\"payment_intent\":{\"id\":\"pi_1\"},\"amount\":100,\"currency\":\"eur\",\"metadata\":{}"),
            SUBJECT_DISPUTE, RECORD_UNDECIDED, "dp_1", "pi_1", NULL, 100 },
        { "stripe", STRIPE_OF("payment_intent.succeeded",
            "\"id\":\"pi_1\",\"amount\":12.5,\"currency\":\"usd\""),
            SUBJECT_CHARGE, RECORD_APPROVED, "pi_1", NULL, NULL, 0 },
        { "stripe", STRIPE_OF("charge.succeeded", ""), SUBJECT_OTHER, RECORD_UNDECIDED, NULL, NULL, NULL, 0 },
        { "stripe", "{\"id\":\"evt_1\",\"type\":\"payout.paid\"}", SUBJECT_OTHER, RECORD_UNDECIDED, NULL, NULL,
            NULL, 0 },
        { "resend", "{\"type\":\"email.delivered\"}", SUBJECT_OTHER, RECORD_UNDECIDED, NULL, NULL, NULL, 0 },
};

static void
events_are_read_in_our_words(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(events); i++)
                expect_row(&events[i]);
}

static void
names_are_read_as_we_sent_them(void **state)
{
        static const struct { const char *gateway, *body; } rows[] = {
                { "nmi", NMI_OF("transaction.sale.success", NMI_SALE) },
                { "stripe", STRIPE_OF("payment_intent.succeeded", STRIPE_PI) },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct err e = { .code = ERR_NONE };
                struct gateway_event ev;

                assert_true(gateway_event_read(arena, str_of(rows[i].gateway), str_of(rows[i].body), &ev, &e));
                EXPECT_TEXT(ev.order, "ord_1");
                EXPECT_TEXT(ev.house, "hse_1");
                assert_int_equal(ev.amount.currency, CURRENCY_USD);
        }
}

static void
a_known_type_that_lacks_what_it_must_have_fails(void **state)
{
        static const struct { const char *gateway, *body, *lacks; } rows[] = {
                { "nmi", "{\"event_id\":\"e\",\"event_type\":\"transaction.sale.success\"}", "event_body" },
                { "nmi", "{\"event_id\":\"e\",\"event_type\":\"transaction.sale.success\",\"event_body\":[]}",
                    "event_body" },
                { "nmi", NMI_OF("transaction.sale.success", ""), "transaction_id" },
                { "nmi", NMI_OF("transaction.sale.success", "\"transaction_id\":\"a'b\""), "transaction_id" },
                { "nmi", NMI_OF("transaction.sale.success", "\"transaction_id\":true"), "transaction_id" },
                { "nmi", NMI_OF("chargeback.batch.complete", "\"chargebacks\":{}"), "chargebacks" },
                { "stripe", "{\"id\":\"e\",\"type\":\"payment_intent.succeeded\"}", "data.object" },
                { "stripe", "{\"id\":\"e\",\"type\":\"payment_intent.succeeded\",\"data\":{\"object\":\"pi_1\"}}",
                    "data.object" },
                { "stripe", STRIPE_OF("payment_intent.succeeded", "\"object\":\"payment_intent\""), "data.object.id" },
                { "stripe", STRIPE_OF("payment_intent.succeeded", "\"id\":\"../x\""), "data.object.id" },
                { "stripe", "{}", "no event" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct err e = { .code = ERR_NONE };
                struct gateway_event ev;

                EXPECT(!gateway_event_read(arena, str_of(rows[i].gateway), str_of(rows[i].body), &ev, &e), "%s",
                    rows[i].body);
                EXPECT(e.code == ERR_INVALID_REQUEST && strstr(e.detail, rows[i].lacks) != NULL, "%s", e.detail);
        }
}

static void
what_is_wrong_is_said_without_a_word_of_the_body(void **state)
{
        static const struct { const char *body; enum err_code code; } rows[] = {
                { NMI_OF("transaction.sale.success", "\"SESAME\":1,\"SESAME\":2"), ERR_INVALID_JSON },
                { NMI_OF("transaction.sale.success", "\"SESAME\":{\"SESAME\":\"\\ud800\"}"), ERR_INVALID_JSON },
                { NMI_OF("transaction.sale.success", "\"SESAME\\u0000\":\"SESAME\\u0000\""), ERR_INVALID_JSON },
                { NMI_OF("transaction.sale.SESAME", "\"SESAME\":\"SESAME\""), ERR_INVALID_REQUEST },
                { NMI_OF("transaction.sale.success", "\"transaction_id\":\"SESAME '\""), ERR_INVALID_REQUEST },
                { NMI_OF("transaction.sale.success", "SESAME"), ERR_INVALID_REQUEST },
                { "\xef\xbb\xbf{\"SESAME\":1}", ERR_INVALID_REQUEST }, { "SESAME", ERR_INVALID_REQUEST },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct err e = { .code = ERR_NONE };
                struct gateway_event ev;

                EXPECT(!gateway_event_read(arena, STR("nmi"), str_of(rows[i].body), &ev, &e), "row %zu", i);
                EXPECT(e.code == rows[i].code && strstr(e.detail, "SESAME") == NULL, "row %zu: %s", i, e.detail);
        }
}

static void
whatever_the_bytes_are_nothing_breaks(void **state)
{
        static const char *const rows[] = {
                NMI_OF("transaction.refund.success", NMI_SALE), STRIPE_OF("charge.refunded", STRIPE_PI),
                STRIPE_OF("refund.updated", STRIPE_RE("succeeded")),
                NMI_OF("chargeback.batch.complete", "\"chargebacks\":[{\"id\":\"9\",\"transaction_id\":\"10001\"}]"),
        };

        (void)state;
        for (int i = 0; i < MUTATIONS; i++) {
                struct str was = str_of(rows[seeded(ARRAY_LEN(rows))]);
                char *z = str_z(arena, was);
                struct err e = { .code = ERR_NONE };
                struct gateway_event ev;

                for (uint64_t n = seeded(4) + 1; n > 0; n--)
                        z[seeded(was.n)] = (char)("\"{}[]:,\\0x\0\x80"[seeded(13)]);
                was.n -= seeded(5) == 0 ? seeded(was.n) : 0;
                if (gateway_event_read(arena, seeded(2) == 0 ? STR("nmi") : STR("stripe"), (struct str){ z, was.n },
                    &ev, &e))
                        EXPECT(ev.id.n > 0 && ev.type.n > 0 && ev.amount.minor >= 0, "%s", z);
                if (i % 100 == 0)
                        arena_reset(arena);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_head_is_id_and_type_of_the_top_level),
                cmocka_unit_test(no_head_is_read_from_doubt),
                cmocka_unit_test(heads_are_bounded),
                cmocka_unit_test(events_are_read_in_our_words),
                cmocka_unit_test(names_are_read_as_we_sent_them),
                cmocka_unit_test(a_known_type_that_lacks_what_it_must_have_fails),
                cmocka_unit_test(what_is_wrong_is_said_without_a_word_of_the_body),
                cmocka_unit_test(whatever_the_bytes_are_nothing_breaks),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
