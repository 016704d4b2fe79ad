/*
 * Proves what the gateways' calls do before anything leaves: which dialects
 * there are and who may use them, and that what can't be sent safely is said
 * to be not sent. There is nobody to connect to.
 */
#include "unit.h"
#include "base/clock.h"
#include "base/conf.h"
#include "io/breaker.h"
#include "io/http.h"
#include "io/task.h"
#include "outside/gateway_nmi.h"
#include "outside/gateway_stripe.h"

#define NOBODY  "https://127.0.0.1:1"

static struct arena *arena;

static void
task_make(struct task *t, struct conf *c, struct breaker *b)
{
        *c = (struct conf){
                .gateway_url = NOBODY, .stripe_url = NOBODY, .gateway_ca_file = "/etc/ssl/certs/ca-certificates.crt",
                .gateway_security_key = "key", .stripe_secret_key = "sk_test_1", .call_deadline_ms = 2000,
        };
        memset(b, 0, TASK_GATEWAYS_MAX * sizeof *b);
        *t = (struct task){ .conf = c, .arena = arena, .gateway_breakers = b, .http = http_open(c->gateway_ca_file) };
}

static struct gateway_answer
sale(struct task *t, const char *gateway, struct money amount)
{
        struct gateway_charge c = {
                .reference = STR("pay_1"), .order = STR("ord_1"), .house = STR("hse_1"), .payment_token = STR("tok"),
                .amount = amount,
        };
        struct gateway_answer a;

        gateway_sale(t, str_of(gateway), &c, &a);
        return a;
}

static void
a_gateway_is_usable_with_its_credentials(void **state)
{
        struct conf c = { .gateway_ca_file = "x" };

        (void)state;
        EXPECT(gateway_known(STR("nmi")) && gateway_known(STR("stripe")), "%s", "both are known");
        EXPECT(!gateway_known(STR("")) && !gateway_known(STR("resend")) && !gateway_known(STR_NONE), "%s",
            "others are not");
        assert_false(gateway_usable(&c, STR("nmi")));
        assert_false(gateway_usable(&c, STR("stripe")));
        c.stripe_secret_key = "";
        assert_false(gateway_usable(&c, STR("stripe")));
        c.stripe_secret_key = "sk";
        assert_true(gateway_usable(&c, STR("stripe")));
        assert_false(gateway_usable(&c, STR("nmi")));
        c.gateway_security_key = "key";
        c.gateway_url = NOBODY;
        assert_true(gateway_usable(&c, STR("nmi")));
        assert_false(gateway_usable(&c, STR("resend")));
}

static void
what_reaches_nobody_is_not_sent(void **state)
{
        static const char *const gateways[] = { "nmi", "stripe" };
        struct breaker b[TASK_GATEWAYS_MAX];
        struct conf c;
        struct task t;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(gateways); i++) {
                struct gateway_answer a;

                task_make(&t, &c, b);
                a = sale(&t, gateways[i], (struct money){ 1234, CURRENCY_USD });
                EXPECT(a.outcome == GATEWAY_NOT_SENT && a.why.n > 0, "%s: %u", gateways[i], a.outcome);
                for (size_t k = 0; k < ARRAY_LEN(gateways); k++)
                        EXPECT(b[k].failures == (k == i), "%s stops %s", gateways[i], gateways[k]);
                http_close(t.http);
        }
}

/* A secret with a line's end in it would put a header of its own into the request. */
static void
a_header_can_not_be_broken_out_of(void **state)
{
        struct gateway_answer a;
        struct breaker b[TASK_GATEWAYS_MAX];
        struct conf c;
        struct task t;

        (void)state;
        task_make(&t, &c, b);
        c.stripe_secret_key = "sk\r\nX-Other: 1";
        a = sale(&t, "stripe", (struct money){ 1234, CURRENCY_USD });
        assert_int_equal(a.outcome, GATEWAY_NOT_SENT);
        EXPECT_TEXT(a.why, "a header's value is ill formed");
        http_close(t.http);
}

static void
what_stripe_can_not_be_told_is_not_sent(void **state)
{
        static const char *const ids[] = { "", "pi_1/capture", "../x", "pi_1?a=b", "pi 1" };
        struct gateway_step s = { .reference = STR("ref_1"), .order = STR(""), .house = STR(""),
            .amount = { 1234, CURRENCY_USD } };
        struct gateway_answer a;
        struct breaker b[TASK_GATEWAYS_MAX];
        struct conf c;
        struct task t;

        (void)state;
        task_make(&t, &c, b);
        a = sale(&t, "stripe", (struct money){ 1234, CURRENCY_MGA });
        assert_int_equal(a.outcome, GATEWAY_NOT_SENT);
        EXPECT_TEXT(a.why, "Stripe counts this currency in larger units");
        for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
                memset(b, 0, sizeof b);
                s.transaction = str_of(ids[i]);
                gateway_refund(&t, STR("stripe"), &s, &a);
                EXPECT(a.outcome == GATEWAY_NOT_SENT, "%s", ids[i]);
                EXPECT_TEXT(a.why, "the charge's id can't be Stripe's");
                memset(b, 0, sizeof b);
                gateway_void(&t, STR("stripe"), &s, &a);
                EXPECT_TEXT(a.why, "the charge's id can't be Stripe's");
        }
        http_close(t.http);
}

static void
a_look_up_without_an_answer_knows_nothing(void **state)
{
        struct gateway_records *r = ARENA_NEW(arena, struct gateway_records);
        struct breaker b[TASK_GATEWAYS_MAX];
        struct conf c;
        struct task t;

        (void)state;
        task_make(&t, &c, b);
        gateway_lookup(&t, STR("nmi"), STR("pay_1"), r);
        assert_true(!r->asked && r->n == 0 && r->why.n > 0);
        gateway_lookup(&t, STR("stripe"), STR("pay_1"), r);
        assert_true(!r->asked && r->n == 0 && r->why.n > 0);
        gateway_lookup(&t, STR("stripe"), STR("' OR 1"), r);
        assert_false(r->asked);
        EXPECT_TEXT(r->why, "a reference that is none of ours");
        http_close(t.http);
}

/* The calls of one look-up share its time: one that comes after it is not made. */
static void
a_call_after_its_time_is_not_made(void **state)
{
        struct str body, nmi = STR_NONE, stripe = STR_NONE;
        struct nmi_question q = { &(struct http_field){ "order_id", STR("pay_1") }, 1, 0 };
        struct stripe_call call = { .method = HTTP_GET, .path = STR("refunds") };
        struct breaker b[TASK_GATEWAYS_MAX];
        struct conf c;
        struct task t;

        (void)state;
        task_make(&t, &c, b);
        q.until_ms = call.until_ms = clock_mono_ms();
        assert_false(nmi_query(&t, &q, &body, &nmi));
        assert_null(stripe_ask(&t, &call, "list", &stripe));
        EXPECT_TEXT(nmi, "out of time between two calls");
        EXPECT_TEXT(stripe, "out of time between two calls");
        q.until_ms = call.until_ms = clock_mono_ms() + 1000;
        assert_false(nmi_query(&t, &q, &body, &nmi));
        assert_null(stripe_ask(&t, &call, "list", &stripe));
        EXPECT(nmi.n > 0 && !str_starts(nmi, STR("out of time")), "%.*s", STR_ARG(nmi));
        EXPECT(stripe.n > 0 && !str_starts(stripe, STR("out of time")), "%.*s", STR_ARG(stripe));
        http_close(t.http);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_gateway_is_usable_with_its_credentials),
                cmocka_unit_test(what_reaches_nobody_is_not_sent),
                cmocka_unit_test(a_header_can_not_be_broken_out_of),
                cmocka_unit_test(what_stripe_can_not_be_told_is_not_sent),
                cmocka_unit_test(a_look_up_without_an_answer_knows_nothing),
                cmocka_unit_test(a_call_after_its_time_is_not_made),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
