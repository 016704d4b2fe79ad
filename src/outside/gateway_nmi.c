/*
 * gateway_nmi.c - NMI's money calls: the form, and the reading of its answer
 * as a hostile text. Looking up is gateway_nmi_query.c.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "io/http.h"
#include "io/task.h"
#include "outside/gateway_nmi.h"
#include "outside/gateway_records.h"

#define FIELDS_MAX      12
#define CONNECT_MS      5000            /* a gateway that can't be reached is known sooner than one that hangs */
#define DUP_SECONDS     "86400"         /* the gateway's own duplicate check stays on as the last wall */

/* One call that is being put together. */
struct transact {
        struct http_field field[FIELDS_MAX];
        size_t n;
        struct str reference;
        struct money amount;            /* without a currency: none */
        int64_t deadline_ms;
};

static void
put(struct transact *f, const char *name, struct str value)
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

/*
 * A refusal that speaks of a duplicate, or says nothing: a charge may stand.
 * A REFID alone doesn't tell: NMI writes it behind every refusal.
 */
static bool
speaks_of_another(struct arena *a, struct str text)
{
        static const char word[] = "duplicate";
        struct str lower = str_lower(a, str_trim(text));

        return lower.n == 0 || memmem(lower.p, lower.n, word, sizeof word - 1) != NULL;
}

static enum gateway_outcome
outcome_of_code(struct arena *a, int64_t code, struct str text, const char **decline)
{
        static const struct {
                int64_t from, to;
                enum gateway_outcome outcome;
                const char *decline;
        } codes[] = {
#define CODE(from, to, outcome, decline) { from, to, outcome, decline },
#define SETUP(from, to)
#include "outside/nmi_code.def"
#undef CODE
#undef SETUP
        };

        for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
                if (code < codes[i].from || code > codes[i].to)
                        continue;
                if (code == 300 && speaks_of_another(a, text))
                        return GATEWAY_UNKNOWN;
                *decline = codes[i].decline;
                return codes[i].outcome;
        }
        return GATEWAY_UNKNOWN;
}

bool
nmi_code_is_setup(struct str code)
{
        static const struct { int64_t from, to; } codes[] = {
#define CODE(from, to, outcome, decline)
#define SETUP(from, to) { from, to },
#include "outside/nmi_code.def"
#undef CODE
#undef SETUP
        };
        int64_t n;

        if (!str_to_i64(code, &n))
                return false;
        for (size_t i = 0; i < ARRAY_LEN(codes); i++)
                if (n >= codes[i].from && n <= codes[i].to)
                        return true;
        return false;
}

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct str
nmi_card_last4(struct str cc_number)
{
        struct str last = cc_number.n < 4 ? STR_NONE : (struct str){ cc_number.p + cc_number.n - 4, 4 };

        return gateway_only_of(last, DIGITS, 4) ? last : STR_NONE;
}

struct str
nmi_card_brand(struct str cc_type, struct str cc_number)
{
        if (gateway_only_of(cc_type, LETTERS " ", 20))
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
            !form_value(a, body, "transactionid", &out->transaction) || !gateway_is_id(out->transaction))
                return false;
        if (amount.currency == CURRENCY_NONE || !form_value(a, body, "amount_authorized", &got) || got.n == 0)
                return true;
        return nmi_amount(got, amount.currency, &authorized) && authorized.minor == amount.minor;
}

/*
 * Judges a complete answer. Approved only with our own reference, and with the
 * whole amount where the gateway names one (partial approval).
 */
void
nmi_judge(struct arena *a, struct str body, struct str reference, struct money amount, struct gateway_answer *out)
{
        struct str code, text = STR(""), number = STR_NONE, type = STR_NONE;
        const char *decline = NULL;
        int64_t n;

        *out = (struct gateway_answer){ .outcome = GATEWAY_UNKNOWN, .why = STR("the answer has no response_code") };
        if (!form_value(a, body, "response_code", &code) || !str_to_i64(code, &n))
                return;
        (void)form_value(a, body, "responsetext", &text);
        out->code = code;
        out->why = text;
        out->outcome = outcome_of_code(a, n, text, &decline);
        if (out->outcome != GATEWAY_UNKNOWN && !is_ours(a, body, reference, out->outcome)) {
                out->outcome = GATEWAY_UNKNOWN;
                out->why = STR("the answer is not about our reference, or contradicts itself");
                return;
        }
        if (out->outcome == GATEWAY_DECLINED)
                out->decline_code = str_of(decline);
        (void)form_value(a, body, "cc_number", &number);
        (void)form_value(a, body, "cc_type", &type);
        out->card_last4 = nmi_card_last4(number);
        out->card_brand = nmi_card_brand(type, number);
        if (out->outcome == GATEWAY_SUCCEEDED && !approval_complete(a, body, reference, amount, out)) {
                out->outcome = GATEWAY_UNKNOWN;
                out->why = STR("the approval does not carry our reference and amount");
        }
}

int64_t
nmi_connect_ms(int64_t deadline_ms)
{
        return deadline_ms < CONNECT_MS ? deadline_ms : CONNECT_MS;
}

static void
transact(struct task *t, const struct transact *f, struct gateway_answer *out)
{
        struct http_ask ask = {
                .url = str_fmt(t->arena, "%s/api/transact.php", t->conf->gateway_url).p,
                .form = f->field,
                .form_n = f->n,
                .deadline_ms = f->deadline_ms,
                .connect_ms = nmi_connect_ms(f->deadline_ms),
        };
        struct http_answer answer;

        http_call(t->http, t->arena, &ask, &answer);
        if (answer.outcome == HTTP_ANSWERED && answer.status == 200) {
                nmi_judge(t->arena, answer.body, f->reference, f->amount, out);
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
put_money(struct task *t, struct transact *f, struct money amount)
{
        f->amount = amount;
        put(f, "amount", decimal(t, amount));
        put(f, "currency", str_of(currency_code(amount.currency)));
}

/* Which of our things it is: the reference, and the merchant fields that place it. */
static void
put_names(struct transact *f, struct str reference, struct str order, struct str house)
{
        f->reference = reference;
        put(f, "orderid", reference);
        put(f, "merchant_defined_field_1", order);
        put(f, "merchant_defined_field_2", house);
}

static void
start(struct task *t, struct transact *f, const char *type)
{
        *f = (struct transact){ .deadline_ms = t->conf->call_deadline_ms };
        put(f, "security_key", str_of(t->conf->gateway_security_key));
        put(f, "type", str_of(type));
}

static void
charge(struct task *t, const char *type, const struct gateway_charge *c, struct gateway_answer *out)
{
        struct transact f;

        start(t, &f, type);
        put_money(t, &f, c->amount);
        put(&f, "payment_token", c->payment_token);
        put_names(&f, c->reference, c->order, c->house);
        put(&f, "dup_seconds", STR(DUP_SECONDS));
        transact(t, &f, out);
}

static void
step(struct task *t, const char *type, const struct gateway_step *s, int64_t deadline_ms, struct gateway_answer *out)
{
        struct transact f;

        start(t, &f, type);
        f.deadline_ms = deadline_ms;
        put(&f, "transactionid", s->transaction);
        if (strcmp(type, "void") != 0)
                put_money(t, &f, s->amount);
        put_names(&f, s->reference, s->order, s->house);
        transact(t, &f, out);
}

bool
nmi_usable(const struct conf *c)
{
        return c->gateway_url != NULL && c->gateway_security_key != NULL && c->gateway_ca_file != NULL;
}

void
nmi_sale(struct task *t, const struct gateway_charge *c, struct gateway_answer *out)
{
        charge(t, "sale", c, out);
}

void
nmi_authorize(struct task *t, const struct gateway_charge *c, struct gateway_answer *out)
{
        charge(t, "auth", c, out);
}

void
nmi_capture(struct task *t, const struct gateway_step *s, struct gateway_answer *out)
{
        step(t, "capture", s, t->conf->call_deadline_ms, out);
}

void
nmi_void(struct task *t, const struct gateway_step *s, struct gateway_answer *out)
{
        step(t, "void", s, t->conf->call_deadline_ms, out);
        out->transaction = STR_NONE;    /* the answer names the charge's */
}

/*
 * Void while unsettled, otherwise refund: the order of tries that every
 * processor takes. Only a void that was refused for certain is followed by a
 * refund; one whose outcome is unknown may have given the money back.
 */
void
nmi_refund(struct task *t, const struct gateway_step *s, struct gateway_answer *out)
{
        int64_t until = clock_mono_ms() + t->conf->call_deadline_ms, left;

        if (s->whole) {
                nmi_void(t, s, out);
                if (out->outcome != GATEWAY_DECLINED)
                        return;
        }
        left = until - clock_mono_ms();
        if (left > 0)
                step(t, "refund", s, left, out);
        else
                *out = (struct gateway_answer){ .outcome = GATEWAY_NOT_SENT, .why = STR("the void took all the time") };
}
