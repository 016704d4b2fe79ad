/*
 * gateway_stripe_judge.c - what an answer to a money call says, read as a
 * hostile text. Pure: it knows neither connection nor clock.
 *
 * Only an object of the right kind that carries our reference, amount and
 * currency is an answer to our call; only then does its status count. A
 * refusal of the request itself (400, 404) came before anything was charged;
 * so did one of our credentials (401, 403).
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "io/json_read.h"
#include "outside/gateway_records.h"
#include "outside/gateway_stripe.h"

#define CODE_MAX        64
#define WORD            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* A code of theirs, fit for the record. */
static struct str
code_of(const struct json *error, const char *key)
{
        struct str code = stripe_text(error, key);

        return gateway_only_of(code, WORD, CODE_MAX) ? code : STR_NONE;
}

static struct str
our_word(const struct json *error)
{
        static const struct { const char *theirs, *ours; } words[] = {
#define CODE(theirs, ours) { theirs, ours },
#include "outside/stripe_code.def"
#undef CODE
        };
        const struct str codes[] = { code_of(error, "decline_code"), code_of(error, "code") };

        for (size_t c = 0; c < ARRAY_LEN(codes); c++)
                for (size_t i = 0; i < ARRAY_LEN(words); i++)
                        if (str_is(codes[c], words[i].theirs))
                                return str_of(words[i].ours);
        return STR("generic_decline");
}

static const struct json *
card_of(const struct json *intent)
{
        return json_member(json_member(json_member(intent, "latest_charge"), "payment_method_details"), "card");
}

struct str
stripe_card_brand(const struct json *intent)
{
        struct str brand = stripe_text(card_of(intent), "brand");

        return gateway_only_of(brand, WORD, 20) ? brand : STR_NONE;
}

struct str
stripe_card_last4(const struct json *intent)
{
        struct str last4 = stripe_text(card_of(intent), "last4");

        return last4.n == 4 && gateway_only_of(last4, "0123456789", 4) ? last4 : STR_NONE;
}

struct str
stripe_card_fingerprint(const struct json *intent)
{
        struct str fingerprint = stripe_text(card_of(intent), "fingerprint");

        return gateway_only_of(fingerprint, WORD, CODE_MAX) ? fingerprint : STR_NONE;
}

static bool
is_amount(const struct json *object, const char *key, struct money wanted)
{
        struct money m;

        return stripe_money(object, key, &m) && m.minor == wanted.minor && m.currency == wanted.currency;
}

/* Whether the object is the one that our call is about. */
static bool
is_ours(const struct json *object, const struct stripe_asked *asked)
{
        switch (asked->step) {
        case STRIPE_SALE:
        case STRIPE_AUTHORIZE:
                return stripe_as(object, "payment_intent") != NULL && is_amount(object, "amount", asked->amount) &&
                    str_eq(stripe_metadata(object, "reference"), asked->reference);
        case STRIPE_CAPTURE:
        case STRIPE_CANCEL:
                return stripe_as(object, "payment_intent") != NULL &&
                    str_eq(stripe_id(object, "id"), asked->transaction);
        case STRIPE_REFUND:
                return stripe_as(object, "refund") != NULL && is_amount(object, "amount", asked->amount) &&
                    str_eq(stripe_metadata(object, "reference"), asked->reference) &&
                    (str_eq(stripe_id(object, "payment_intent"), asked->transaction) ||
                    str_eq(stripe_id(object, "charge"), asked->transaction));
        }
        NEVER("a step that is none");
}

static enum gateway_outcome
outcome_of(enum gateway_record_state s)
{
        switch (s) {
        case RECORD_APPROVED:
                return GATEWAY_SUCCEEDED;
        case RECORD_DECLINED:
        case RECORD_VOIDED:
                return GATEWAY_DECLINED;
        case RECORD_UNDECIDED:
                break;
        }
        return GATEWAY_UNKNOWN;
}

/* What the status of our object means for the call. */
static enum gateway_outcome
outcome_of_status(const struct json *object, const struct stripe_asked *asked)
{
        struct str status = stripe_text(object, "status");

        switch (asked->step) {
        case STRIPE_SALE:
                if (str_is(status, "succeeded") && !is_amount(object, "amount_received", asked->amount))
                        return GATEWAY_UNKNOWN;
                return outcome_of(stripe_intent_state(object));
        case STRIPE_AUTHORIZE:
                return str_is(status, "requires_capture") ? GATEWAY_SUCCEEDED
                    : str_is(status, "succeeded") ? GATEWAY_UNKNOWN : outcome_of(stripe_intent_state(object));
        case STRIPE_CAPTURE:
                return str_is(status, "succeeded") && is_amount(object, "amount_received", asked->amount)
                    ? GATEWAY_SUCCEEDED : GATEWAY_UNKNOWN;
        case STRIPE_CANCEL:
                return str_is(status, "canceled") ? GATEWAY_SUCCEEDED : GATEWAY_UNKNOWN;
        case STRIPE_REFUND:
                return outcome_of(stripe_refund_state(object));
        }
        NEVER("a step that is none");
}

static void
judge_object(const struct json *root, const struct stripe_asked *asked, struct gateway_answer *out)
{
        struct str id = stripe_id(root, "id");

        if (!is_ours(root, asked) || id.p == NULL) {
                out->why = STR("the answer is not about our reference and amount");
                return;
        }
        out->outcome = outcome_of_status(root, asked);
        out->why = stripe_text(root, "status");
        out->code = code_of(root, "status");
        out->card_brand = stripe_card_brand(root);
        out->card_last4 = stripe_card_last4(root);
        out->card_fingerprint = stripe_card_fingerprint(root);
        if (out->outcome == GATEWAY_SUCCEEDED && asked->step != STRIPE_CANCEL)
                out->transaction = id;          /* cancelling has none of its own */
        if (out->outcome == GATEWAY_DECLINED)
                out->decline_code = STR("generic_decline");
}

/* The card was refused, and the intent that says so is ours. */
static void
judge_card_error(const struct json *error, const struct stripe_asked *asked, struct gateway_answer *out)
{
        const struct json *intent = json_member(error, "payment_intent");
        enum gateway_record_state state = stripe_intent_state(intent);

        if (!str_is(stripe_text(error, "type"), "card_error") || !is_ours(intent, asked) ||
            (state != RECORD_DECLINED && state != RECORD_VOIDED))
                return;
        out->outcome = GATEWAY_DECLINED;
        out->decline_code = our_word(error);
}

static void
judge_error(struct arena *a, int status, const struct json *error, const struct stripe_asked *asked,
    struct gateway_answer *out)
{
        struct str type = stripe_text(error, "type");

        out->code = code_of(error, "decline_code");
        if (out->code.p == NULL)
                out->code = code_of(error, "code");
        if (out->code.p == NULL)
                out->code = str_fmt(a, "http_%d", status);
        out->why = stripe_text(error, "message");
        if (status == 402) {
                judge_card_error(error, asked, out);
        } else if (status == 401 || status == 403) {
                out->outcome = GATEWAY_NOT_SENT;
                out->why = STR("Stripe refuses our secret key: nothing was done");
        } else if ((status == 400 || status == 404) && str_is(type, "invalid_request_error")) {
                out->outcome = GATEWAY_DECLINED;
                out->decline_code = STR("generic_decline");
        }
}

void
stripe_judge(struct arena *a, int status, struct str body, const struct stripe_asked *asked,
    struct gateway_answer *out, struct stripe_hint *hint)
{
        struct err ignored = { .code = ERR_NONE };
        const struct json *error;
        struct json *root;

        *out = (struct gateway_answer){ .outcome = GATEWAY_UNKNOWN, .why = str_fmt(a, "http status %d", status) };
        *hint = (struct stripe_hint){ .again = status == 409 || status == 429 || status >= 500 };
        if (hint->again)
                return;
        if (!json_parse(a, body, &root, &ignored) || root->kind != JSON_OBJECT) {
                hint->again = true;
                out->why = STR("the answer is no JSON object");
                return;
        }
        error = json_member(root, "error");
        if (status == 200 && error == NULL)
                judge_object(root, asked, out);
        else if (status >= 400 && error != NULL && error->kind == JSON_OBJECT)
                judge_error(a, status, error, asked, out);
        hint->of_request = status != 200 && status != 402;
        if (out->why.p == NULL)
                out->why = str_fmt(a, "http status %d", status);
}
