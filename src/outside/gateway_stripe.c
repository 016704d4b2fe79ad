/*
 * gateway_stripe.c - Stripe's calls: how each is put together and sent, and
 * the one place where a money call is sent again: the same bytes under the
 * same Idempotency-Key, inside the one deadline, so that Stripe does it once.
 * What an answer says is gateway_stripe_judge.c's.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/secret.h"
#include "io/json_read.h"
#include "io/task.h"
#include "outside/gateway_records.h"
#include "outside/gateway_stripe.h"

#define CONNECT_MS      5000
#define SENDS_MAX       3
#define PAUSE_LEAST_MS  200
#define PAUSE_MOST_MS   1000
#define LEFT_LEAST_MS   500             /* less time than this is not worth another send */

void
stripe_put(struct stripe_call *c, const char *name, struct str value)
{
        CHECK(c->n < STRIPE_FIELDS_MAX);
        c->field[c->n++] = (struct http_field){ name, value };
}

void
stripe_put_int(struct arena *a, struct stripe_call *c, const char *name, int64_t value)
{
        stripe_put(c, name, str_fmt(a, "%lld", (long long)value));
}

void
stripe_put_names(struct stripe_call *c, struct str reference, struct str order, struct str house)
{
        stripe_put(c, "metadata[reference]", reference);
        if (order.n > 0)
                stripe_put(c, "metadata[order]", order);
        if (house.n > 0)
                stripe_put(c, "metadata[house]", house);
}

bool
stripe_usable(const struct conf *c)
{
        return c->stripe_secret_key != NULL && c->stripe_secret_key[0] != '\0' && c->gateway_ca_file != NULL;
}

bool
stripe_code_is_setup(struct str code)
{
        (void)code;                     /* 401 and 403 say so before anything is done */
        return false;
}

void
stripe_send(struct task *t, const struct stripe_call *c, int64_t deadline_ms, struct http_answer *out)
{
        struct http_field headers[3] = {
                { "Authorization", str_fmt(t->arena, "Bearer %s", t->conf->stripe_secret_key) },
                { "Stripe-Version", STR(STRIPE_VERSION) },
                { "Idempotency-Key", c->key },
        };
        struct http_ask ask = {
                .method = c->method,
                .url = str_fmt(t->arena, "%s/v1/%.*s", t->conf->stripe_url, STR_ARG(c->path)).p,
                .form = c->field, .form_n = c->n,
                .headers = headers, .headers_n = c->key.p == NULL ? 2 : 3,
                .deadline_ms = deadline_ms,
                .connect_ms = deadline_ms < CONNECT_MS ? deadline_ms : CONNECT_MS,
        };

        http_call(t->http, t->arena, &ask, out);
}

const struct json *
stripe_ask(struct task *t, const struct stripe_call *c, const char *kind, struct str *why)
{
        int64_t left = c->until_ms == 0 ? t->conf->call_deadline_ms : c->until_ms - clock_mono_ms();
        const struct json *object;
        struct http_answer answer;

        if (left <= 0) {
                *why = STR("out of time between two calls");
                return NULL;
        }
        stripe_send(t, c, left, &answer);
        if (answer.outcome != HTTP_ANSWERED) {
                *why = str_dup(t->arena, str_of(answer.why));
                return NULL;
        }
        *why = str_fmt(t->arena, "http status %d", answer.status);
        object = answer.status == 200 ? stripe_object(t->arena, answer.body, kind) : NULL;
        if (answer.status == 200 && object == NULL)
                *why = str_fmt(t->arena, "the answer is no %s", kind);
        return object;
}

/* --- money calls ------------------------------------------------------- */

static void
send_once(struct task *t, const struct stripe_call *c, const struct stripe_asked *asked, int64_t deadline_ms,
    struct gateway_answer *out, struct stripe_hint *hint)
{
        struct http_answer answer;

        stripe_send(t, c, deadline_ms, &answer);
        if (answer.outcome == HTTP_ANSWERED) {
                stripe_judge(t->arena, answer.status, answer.body, asked, out, hint);
                return;
        }
        *hint = (struct stripe_hint){ .again = answer.outcome == HTTP_UNKNOWN, .of_request = true };
        *out = (struct gateway_answer){
                .outcome = answer.outcome == HTTP_NOT_SENT ? GATEWAY_NOT_SENT : GATEWAY_UNKNOWN,
                .timed_out = answer.timed_out,
                .why = str_dup(t->arena, str_of(answer.why)),
        };
}

static int64_t
pause_ms(void)
{
        uint32_t r;

        random_bytes(&r, sizeof r);
        return PAUSE_LEAST_MS + (int64_t)(r % (PAUSE_MOST_MS - PAUSE_LEAST_MS + 1));
}

/*
 * What a later send says of our object settles what the first one did. That
 * the request or the key is refused now, or that nothing can be sent now, says
 * nothing of it.
 */
static void
call(struct task *t, const struct stripe_call *c, const struct stripe_asked *asked, struct gateway_answer *out)
{
        int64_t until = clock_mono_ms() + t->conf->call_deadline_ms;
        struct stripe_hint hint;

        send_once(t, c, asked, t->conf->call_deadline_ms, out, &hint);
        for (int sends = 1; hint.again && sends < SENDS_MAX; sends++) {
                int64_t pause = pause_ms();

                if (until - clock_mono_ms() < pause + LEFT_LEAST_MS)
                        return;
                clock_sleep_ms(pause);
                send_once(t, c, asked, until - clock_mono_ms(), out, &hint);
                if (hint.of_request) {
                        out->outcome = GATEWAY_UNKNOWN;
                        out->decline_code = STR_NONE;
                }
        }
}

static void
not_sent(struct gateway_answer *out, const char *why)
{
        *out = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = str_of(why) };
}

static bool
put_amount(struct task *t, struct stripe_call *c, const char *name, struct money m, struct gateway_answer *out)
{
        int64_t minor;

        if (!stripe_minor(m, &minor)) {
                not_sent(out, "Stripe counts this currency in larger units");
                return false;
        }
        stripe_put_int(t->arena, c, name, minor);
        return true;
}

/* Created and confirmed in one call; a card that asks its holder for something is declined. */
static void
charge(struct task *t, enum stripe_step step, const struct gateway_charge *g, struct gateway_answer *out)
{
        struct stripe_call c = { .method = HTTP_POST, .path = STR("payment_intents"), .key = g->reference };
        struct stripe_asked asked = { .step = step, .reference = g->reference, .amount = g->amount };

        if (!put_amount(t, &c, "amount", g->amount, out))
                return;
        stripe_put(&c, "currency", str_lower(t->arena, str_of(currency_code(g->amount.currency))));
        stripe_put(&c, "payment_method", g->payment_token);
        stripe_put(&c, "confirm", STR("true"));
        if (step == STRIPE_AUTHORIZE)
                stripe_put(&c, "capture_method", STR("manual"));
        stripe_put(&c, "error_on_requires_action", STR("true"));
        stripe_put(&c, "automatic_payment_methods[enabled]", STR("true"));
        stripe_put(&c, "automatic_payment_methods[allow_redirects]", STR("never"));
        stripe_put_names(&c, g->reference, g->order, g->house);
        stripe_put(&c, "expand[]", STR("latest_charge"));
        call(t, &c, &asked, out);
}

void
stripe_sale(struct task *t, const struct gateway_charge *c, struct gateway_answer *out)
{
        charge(t, STRIPE_SALE, c, out);
}

void
stripe_authorize(struct task *t, const struct gateway_charge *c, struct gateway_answer *out)
{
        charge(t, STRIPE_AUTHORIZE, c, out);
}

/* A transaction stands in the path: one that is no id would name something else. */
static bool
step_begin(const struct gateway_step *s, enum stripe_step step, struct stripe_call *c, struct stripe_asked *asked,
    struct gateway_answer *out)
{
        *c = (struct stripe_call){ .method = HTTP_POST, .key = s->reference };
        *asked = (struct stripe_asked){
                .step = step, .reference = s->reference, .transaction = s->transaction, .amount = s->amount,
        };
        if (gateway_is_id(s->transaction))
                return true;
        not_sent(out, "the charge's id can't be Stripe's");
        return false;
}

void
stripe_capture(struct task *t, const struct gateway_step *s, struct gateway_answer *out)
{
        struct stripe_asked asked;
        struct stripe_call c;

        if (!step_begin(s, STRIPE_CAPTURE, &c, &asked, out))
                return;
        c.path = str_fmt(t->arena, "payment_intents/%.*s/capture", STR_ARG(s->transaction));
        if (put_amount(t, &c, "amount_to_capture", s->amount, out))
                call(t, &c, &asked, out);
}

void
stripe_void(struct task *t, const struct gateway_step *s, struct gateway_answer *out)
{
        struct stripe_asked asked;
        struct stripe_call c;

        if (!step_begin(s, STRIPE_CANCEL, &c, &asked, out))
                return;
        c.path = str_fmt(t->arena, "payment_intents/%.*s/cancel", STR_ARG(s->transaction));
        call(t, &c, &asked, out);
}

void
stripe_refund(struct task *t, const struct gateway_step *s, struct gateway_answer *out)
{
        struct stripe_asked asked;
        struct stripe_call c;

        if (!step_begin(s, STRIPE_REFUND, &c, &asked, out))
                return;
        c.path = STR("refunds");
        stripe_put(&c, stripe_is_charge(s->transaction) ? "charge" : "payment_intent", s->transaction);
        stripe_put_names(&c, s->reference, s->order, s->house);
        if (put_amount(t, &c, "amount", s->amount, out))
                call(t, &c, &asked, out);
}
