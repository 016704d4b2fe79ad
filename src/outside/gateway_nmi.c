/*
 * gateway_nmi.c - NMI's money calls: the form, and the reading of its answer
 * as a hostile text. Looking up is gateway_nmi_query.c.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "io/http.h"
#include "io/task.h"
#include "outside/gateway_nmi.h"

#define FIELDS_MAX      12
#define CONNECT_MS      5000            /* a gateway that can't be reached is known sooner than one that hangs */
#define DUP_SECONDS     "86400"         /* the gateway's own duplicate check stays on as the last wall */

struct form {
        struct http_field field[FIELDS_MAX];
        size_t n;
};

static void
form_put(struct form *f, const char *name, struct str value)
{
        CHECK(f->n < FIELDS_MAX);
        f->field[f->n++] = (struct http_field){ name, value };
}

static struct str
decimal(struct task *t, struct money m)
{
        char text[MONEY_TEXT_MAX];

        money_decimal(m, text);
        return str_dup(t->arena, str_of(text));
}

/* A refusal whose text names an earlier transaction, or that says nothing: a charge may stand. */
static bool
speaks_of_another(struct str text)
{
        char z[256];

        (void)snprintf(z, sizeof z, "%.*s", STR_ARG(text));
        return text.n == 0 || strcasestr(z, "duplicate") != NULL || strcasestr(z, "refid") != NULL;
}

static enum gateway_outcome
outcome_of_code(int64_t code, struct str text, const char **decline)
{
        static const struct {
                int64_t from, to;
                enum gateway_outcome outcome;
                const char *decline;
        } codes[] = {
#define CODE(from, to, outcome, decline) { from, to, outcome, decline },
#include "outside/nmi_code.def"
#undef CODE
        };

        for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
                if (code < codes[i].from || code > codes[i].to)
                        continue;
                if (code == 300 && speaks_of_another(text))
                        return GATEWAY_UNKNOWN;
                *decline = codes[i].decline;
                return codes[i].outcome;
        }
        return GATEWAY_UNKNOWN;
}

static bool
only_of(struct str s, const char *allowed, size_t max)
{
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] == '\0' || strchr(allowed, s.p[i]) == NULL)
                        return false;
        return s.n > 0 && s.n <= max;
}

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct str
nmi_card_last4(struct str cc_number)
{
        struct str last = cc_number.n < 4 ? STR_NONE : (struct str){ cc_number.p + cc_number.n - 4, 4 };

        return only_of(last, DIGITS, 4) ? last : STR_NONE;
}

bool
nmi_transaction_id(struct str s)
{
        return only_of(s, DIGITS LETTERS "-_", 64);
}

struct str
nmi_card_brand(struct str cc_type, struct str cc_number)
{
        if (only_of(cc_type, LETTERS " ", 20))
                return cc_type;
        if (cc_number.n == 0)
                return STR_NONE;
        switch (cc_number.p[0]) {
        case '3':       return STR("amex");
        case '4':       return STR("visa");
        case '5':       return STR("mastercard");
        case '6':       return STR("discover");
        default:        return STR_NONE;
        }
}

bool
nmi_amount(struct str text, enum currency c, struct money *out)
{
        struct str whole, fraction;

        /* Two decimals are written whatever the currency has: "1000.00" is 1000 yen. */
        if (str_cut(text, '.', &whole, &fraction)) {
                while (fraction.n > (size_t)currency_exponent(c) && fraction.p[fraction.n - 1] == '0')
                        fraction.n--;
                text.n = whole.n + (fraction.n == 0 ? 0 : 1 + fraction.n);
        }
        return money_parse_decimal(text, c, out);
}

/* Whether what the gateway says of itself is about our attempt: its reference, and response and code agreeing. */
static bool
is_ours(struct arena *a, struct str body, struct str reference, enum gateway_outcome outcome)
{
        struct str got;

        if (form_value(a, body, "orderid", &got) && got.n > 0 && !str_eq(got, reference))
                return false;
        if (!form_value(a, body, "response", &got))
                return false;
        return outcome == GATEWAY_SUCCEEDED ? str_is(got, "1") : !str_is(got, "1");
}

/* Approved with our own reference, a usable id, and the whole amount where one is named (partial approval). */
static bool
approval_complete(struct arena *a, struct str body, struct str reference, struct money amount,
    struct gateway_answer *out)
{
        struct str got;
        struct money authorized;

        if (!form_value(a, body, "orderid", &got) || !str_eq(got, reference) ||
            !form_value(a, body, "transactionid", &out->transaction) || !nmi_transaction_id(out->transaction))
                return false;
        if (!form_value(a, body, "amount_authorized", &got) || got.n == 0)
                return true;
        return nmi_amount(got, amount.currency, &authorized) && authorized.minor == amount.minor;
}

/*
 * Judges a complete answer. Approved only with our own reference, and with the
 * whole amount where the gateway names one (partial approval).
 */
static void
judge(struct task *t, struct str body, struct str reference, struct money amount, struct gateway_answer *out)
{
        struct str code, text = STR(""), number = STR_NONE, type = STR_NONE;
        const char *decline = NULL;
        int64_t n;

        *out = (struct gateway_answer){ .outcome = GATEWAY_UNKNOWN, .why = STR("the answer has no response_code") };
        if (!form_value(t->arena, body, "response_code", &code) || !str_to_i64(code, &n))
                return;
        (void)form_value(t->arena, body, "responsetext", &text);
        out->code = code;
        out->why = text;
        out->outcome = outcome_of_code(n, text, &decline);
        if (out->outcome != GATEWAY_UNKNOWN && !is_ours(t->arena, body, reference, out->outcome)) {
                out->outcome = GATEWAY_UNKNOWN;
                out->why = STR("the answer is not about our reference, or contradicts itself");
                return;
        }
        if (out->outcome == GATEWAY_DECLINED)
                out->decline_code = str_of(decline);
        (void)form_value(t->arena, body, "cc_number", &number);
        (void)form_value(t->arena, body, "cc_type", &type);
        out->card_last4 = nmi_card_last4(number);
        out->card_brand = nmi_card_brand(type, number);
        if (out->outcome == GATEWAY_SUCCEEDED && !approval_complete(t->arena, body, reference, amount, out)) {
                out->outcome = GATEWAY_UNKNOWN;
                out->why = STR("the approval does not carry our reference and amount");
        }
}

int64_t
nmi_connect_ms(const struct conf *c)
{
        return c->call_deadline_ms < CONNECT_MS ? c->call_deadline_ms : CONNECT_MS;
}

static void
transact(struct task *t, struct form *f, struct str reference, struct money amount, struct gateway_answer *out)
{
        struct http_ask ask = {
                .url = str_fmt(t->arena, "%s/api/transact.php", t->conf->gateway_url).p,
                .form = f->field,
                .form_n = f->n,
                .deadline_ms = t->conf->call_deadline_ms,
                .connect_ms = nmi_connect_ms(t->conf),
        };
        struct http_answer answer;

        http_post_form(t->http, t->arena, &ask, &answer);
        if (answer.outcome == HTTP_ANSWERED && answer.status == 200) {
                judge(t, answer.body, reference, amount, out);
                return;
        }
        *out = (struct gateway_answer){
                .outcome = answer.outcome == HTTP_NOT_SENT ? GATEWAY_NOT_SENT : GATEWAY_UNKNOWN,
                .timed_out = answer.timed_out,
                .why = answer.outcome == HTTP_ANSWERED ? str_fmt(t->arena, "http status %d", answer.status)
                        : str_dup(t->arena, str_of(answer.why)),
        };
}

static void
form_start(struct task *t, struct form *f, const char *type)
{
        *f = (struct form){ .n = 0 };
        form_put(f, "security_key", str_of(t->conf->gateway_security_key));
        form_put(f, "type", str_of(type));
}

void
nmi_charge(struct task *t, const char *type, const struct gateway_charge *c, struct gateway_answer *out)
{
        struct form f;

        form_start(t, &f, type);
        form_put(&f, "amount", decimal(t, c->amount));
        form_put(&f, "currency", str_of(currency_code(c->amount.currency)));
        form_put(&f, "payment_token", c->payment_token);
        form_put(&f, "orderid", c->reference);
        form_put(&f, "merchant_defined_field_1", c->order);
        form_put(&f, "dup_seconds", STR(DUP_SECONDS));
        transact(t, &f, c->reference, c->amount, out);
}

void
nmi_step(struct task *t, const char *type, const struct gateway_step *s, struct gateway_answer *out)
{
        struct form f;

        form_start(t, &f, type);
        form_put(&f, "transactionid", s->transaction);
        if (strcmp(type, "void") != 0) {
                form_put(&f, "amount", decimal(t, s->amount));
                form_put(&f, "currency", str_of(currency_code(s->amount.currency)));
        }
        form_put(&f, "orderid", s->reference);
        form_put(&f, "merchant_defined_field_1", s->order);
        transact(t, &f, s->reference, s->amount, out);
}
