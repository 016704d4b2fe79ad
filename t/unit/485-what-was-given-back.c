/*
 * Proves that what a gateway says was given back of a charge is read whole or
 * not at all: each refund of that charge and no other, one that was taken back
 * as nothing, a voided charge by its own id, and no answer that is not one.
 */
#include "unit.h"
#include "io/json_read.h"
#include "outside/gateway_nmi.h"
#include "outside/gateway_stripe.h"

#define X(inner)        "<?xml version=\"1.0\"?><nm_response>" inner "</nm_response>"
#define ACTION(type, amount) \
        "<action><amount>" amount "</amount><action_type>" type "</action_type><date>20261125010101</date>" \
        "<success>1</success><response_code>100</response_code></action>"
#define TXN(id, original, condition, actions) \
        "<transaction><transaction_id>" id "</transaction_id><order_id>ref_1</order_id><condition>" condition \
        "</condition><currency>USD</currency><original_transaction_id>" original "</original_transaction_id>" \
        "<merchant_defined_field id=\"2\">hse_1</merchant_defined_field>" actions "</transaction>"
#define REFUND(id, original, condition)  TXN(id, original, condition, ACTION("refund", "-1.50"))

static struct arena *arena;

static void
of_a_charge_at_nmi(void **state)
{
        static const struct {
                const char *body;
                bool read;
                const char *transaction;        /* NULL: nothing was given back */
                enum gateway_record_state state;
                int64_t amount;
        } rows[] = {
                { X(REFUND("7", "5", "pendingsettlement")), true, "7", RECORD_APPROVED, 150 },
                { X(REFUND("7", "5", "complete")), true, "7", RECORD_APPROVED, 150 },
                { X(REFUND("7", "", "complete")), true, "7", RECORD_APPROVED, 150 },
                { X(REFUND("7", "6", "complete")), true, NULL, RECORD_APPROVED, 0 },
                { X(REFUND("7", "5", "failed")), true, "7", RECORD_DECLINED, 150 },
                { X(REFUND("7", "5", "canceled")), true, "7", RECORD_DECLINED, 150 },
                { X(REFUND("7", "5", "in_progress")), true, "7", RECORD_UNDECIDED, 150 },
                { X(TXN("5", "", "complete", ACTION("sale", "10.00"))), true, NULL, RECORD_APPROVED, 0 },
                { X(TXN("5", "", "canceled", ACTION("sale", "10.00") ACTION("void", "10.00"))), true, "5",
                    RECORD_APPROVED, 1000 },
                { X(TXN("5", "", "canceled", ACTION("auth", "10.00") ACTION("void", "10.00"))), true, NULL,
                    RECORD_APPROVED, 0 },
                { X(TXN("6", "", "canceled", ACTION("sale", "10.00") ACTION("void", "10.00"))), true, NULL,
                    RECORD_APPROVED, 0 },
                { X(REFUND("", "5", "complete")), false, NULL, RECORD_APPROVED, 0 },
                { X(TXN("7", "5", "complete", ACTION("refund", "-1.5x"))), false, NULL, RECORD_APPROVED, 0 },
                { X("<error_response>no</error_response>"), false, NULL, RECORD_APPROVED, 0 },
                { "<html/>", false, NULL, RECORD_APPROVED, 0 },
                { X(""), true, NULL, RECORD_APPROVED, 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct gateway_given g = { .asked = false };

                EXPECT(nmi_given_read(arena, str_of(rows[i].body), STR("5"), &g) == rows[i].read, "row %zu", i);
                if (!rows[i].read)
                        continue;
                EXPECT(g.n == (rows[i].transaction != NULL), "row %zu", i);
                if (g.n == 0)
                        continue;
                EXPECT_TEXT(g.record[0].transaction, rows[i].transaction);
                EXPECT_TEXT(g.record[0].reference, "ref_1");
                EXPECT_TEXT(g.record[0].house, "hse_1");
                EXPECT(g.record[0].state == rows[i].state && g.record[0].amount.minor == rows[i].amount, "row %zu", i);
        }
}

/* More than fit in a look-up's records, from several answers. */
static void
any_number_of_them(void **state)
{
        struct gateway_given g = { .asked = false };
        struct str body = STR("");

        (void)state;
        for (int i = 0; i < 40; i++)
                body = str_fmt(arena, "%.*s" REFUND("%d", "5", "complete"), STR_ARG(body), 100 + i);
        for (size_t n = 40; n <= 120; n += 40) {
                assert_true(nmi_given_read(arena, str_fmt(arena, X("%.*s"), STR_ARG(body)), STR("5"), &g));
                EXPECT(g.n == n, "%zu", g.n);
        }
        EXPECT_TEXT(g.record[0].transaction, "100");
        EXPECT_TEXT(g.record[119].transaction, "139");
}

#define RE(id, status, rest) \
        "{\"id\":\"" id "\",\"object\":\"refund\",\"created\":1700000000,\"status\":\"" status "\"," \
        "\"currency\":\"usd\",\"payment_intent\":\"pi_1\"" rest "}"
#define LIST(more, inner) "{\"object\":\"list\",\"has_more\":" more ",\"data\":[" inner "]}"
#define META    ",\"metadata\":{\"reference\":\"ref_1\",\"house\":\"hse_1\"}"

static void
of_a_charge_at_stripe(void **state)
{
        static const char *const bad[] = {
                "{}", LIST("true", ""), LIST("false", "{}"), LIST("false", RE("re_1", "succeeded", "")),
                LIST("false", RE("", "succeeded", ",\"amount\":5")), LIST("false", "{\"object\":\"charge\"}"),
        };
        struct gateway_given g = { .asked = false };
        struct str last = STR_NONE;
        bool more;

        (void)state;
        assert_true(stripe_given_read(arena, stripe_object(arena, STR(LIST("true",
            RE("re_2", "failed", ",\"amount\":5") "," RE("re_1", "pending", ",\"amount\":150" META))), "list"),
            &g, &more, &last));
        assert_true(more && g.n == 2);
        EXPECT_TEXT(last, "re_1");
        assert_int_equal(g.record[0].state, RECORD_DECLINED);
        assert_int_equal(g.record[1].state, RECORD_APPROVED);
        assert_int_equal(g.record[1].amount.minor, 150);
        EXPECT_TEXT(g.record[1].charge, "pi_1");
        EXPECT_TEXT(g.record[1].reference, "ref_1");
        EXPECT_TEXT(g.record[1].house, "hse_1");
        assert_true(stripe_given_read(arena, stripe_object(arena, STR(LIST("false",
            RE("re_0", "succeeded", ",\"amount\":7"))), "list"), &g, &more, &last));
        assert_true(!more && g.n == 3);
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                EXPECT(!stripe_given_read(arena, stripe_object(arena, str_of(bad[i]), "list"), &g, &more, &last), "%s",
                    bad[i]);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(of_a_charge_at_nmi),
                cmocka_unit_test(any_number_of_them),
                cmocka_unit_test(of_a_charge_at_stripe),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
