/*
 * gateway_stripe_read.c - members of Stripe's objects, each checked for what
 * it must be. Pure; whatever bytes an answer has, what is not as documented is
 * absent.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "io/json_read.h"
#include "outside/gateway_records.h"
#include "outside/gateway_stripe.h"

#include <time.h>

#define TIME_MAX_S      INT64_C(253402300799)    /* the end of the year 9999 */

const struct json *
stripe_as(const struct json *node, const char *kind)
{
        return node != NULL && node->kind == JSON_OBJECT && str_is(stripe_text(node, "object"), kind) ? node : NULL;
}

const struct json *
stripe_object(struct arena *a, struct str body, const char *kind)
{
        struct err ignored = { .code = ERR_NONE };
        struct json *root;

        return json_parse(a, body, &root, &ignored) ? stripe_as(root, kind) : NULL;
}

struct str
stripe_text(const struct json *object, const char *key)
{
        const struct json *m = json_member(object, key);

        return m != NULL && m->kind == JSON_STRING ? m->text : STR_NONE;
}

struct str
stripe_id(const struct json *object, const char *key)
{
        const struct json *m = json_member(object, key);
        struct str id = m != NULL && m->kind == JSON_OBJECT ? stripe_text(m, "id") : stripe_text(object, key);

        return gateway_is_id(id) ? id : STR_NONE;
}

struct str
stripe_metadata(const struct json *object, const char *key)
{
        struct str s = stripe_text(json_member(object, "metadata"), key);

        return s.n == 0 ? STR_NONE : s;
}

bool
stripe_int(const struct json *object, const char *key, int64_t *out)
{
        const struct json *m = json_member(object, key);

        return m != NULL && m->kind == JSON_NUMBER && str_to_i64(m->text, out);
}

bool
stripe_currency(const struct json *object, enum currency *out)
{
        struct str s = stripe_text(object, "currency");
        char upper[3];

        if (s.n != sizeof upper)
                return false;
        for (size_t i = 0; i < sizeof upper; i++)
                upper[i] = (char)(s.p[i] >= 'a' && s.p[i] <= 'z' ? s.p[i] - 'a' + 'A' : s.p[i]);
        return currency_parse((struct str){ upper, sizeof upper }, out);
}

static int64_t
power_of_ten(int n)
{
        return n <= 0 ? 1 : 10 * power_of_ten(n - 1);
}

/* By how many decimals Stripe's amounts have more than ours; below zero, fewer. */
static int
more_decimals(enum currency c)
{
        static const struct { enum currency currency; int exponent; } units[] = {
#define UNIT(code, exponent) { CURRENCY_##code, exponent },
#include "outside/stripe_unit.def"
#undef UNIT
        };

        for (size_t i = 0; i < ARRAY_LEN(units); i++)
                if (units[i].currency == c)
                        return units[i].exponent - currency_exponent(c);
        return 0;
}

/* minor x 10^decimals; false when it does not fit, or does not come out even. */
static bool
shifted(int64_t minor, int decimals, int64_t *out)
{
        int64_t scale = power_of_ten(decimals < 0 ? -decimals : decimals);

        if (decimals >= 0)
                return amount_mul(minor, scale, out);
        *out = minor / scale;
        return minor % scale == 0;
}

bool
stripe_amount(int64_t minor, enum currency c, int64_t *out)
{
        return shifted(minor, -more_decimals(c), out);
}

bool
stripe_money(const struct json *object, const char *key, struct money *out)
{
        struct money m = { .currency = CURRENCY_NONE };
        int64_t minor;

        *out = m;
        if (!stripe_int(object, key, &minor) || minor < 0 || !stripe_currency(object, &m.currency) ||
            !stripe_amount(minor, m.currency, &m.minor))
                return false;
        *out = m;
        return true;
}

bool
stripe_minor(struct money m, int64_t *out)
{
        return shifted(m.minor, more_decimals(m.currency), out);
}

const struct json *
stripe_page(const struct json *list, bool *more)
{
        const struct json *data = json_member(list, "data"), *has_more = json_member(list, "has_more");

        if (data == NULL || data->kind != JSON_ARRAY || has_more == NULL || has_more->kind != JSON_BOOL ||
            (has_more->boolean && data->children == 0))
                return NULL;
        *more = has_more->boolean;
        return data;
}

struct str
stripe_charge_of(const struct json *object)
{
        struct str intent = stripe_id(object, "payment_intent");

        return intent.p != NULL ? intent : stripe_id(object, "charge");
}

bool
stripe_is_charge(struct str id)
{
        return str_starts(id, STR("ch_"));
}

/* The digits of 2026-11-24T22:50:39[.123]Z; a fraction is cut off. */
bool
stripe_seconds(struct str rfc3339, int64_t *out)
{
        struct tm tm = { .tm_year = 0 };
        char z[20];

        if (!text_is_time(rfc3339) || rfc3339.n < sizeof z)
                return false;
        memcpy(z, rfc3339.p, sizeof z - 1);
        z[sizeof z - 1] = '\0';
        if (strptime(z, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
                return false;
        *out = (int64_t)timegm(&tm);
        return true;
}

struct str
stripe_time(struct arena *a, const struct json *object, const char *key)
{
        char text[RFC3339_MAX];
        int64_t s;

        if (!stripe_int(object, key, &s) || s <= 0 || s > TIME_MAX_S)
                return STR_NONE;
        clock_rfc3339(s * 1000, text);
        return str_dup(a, str_of(text));
}

/* After a decline an intent waits for another card; nobody will give it one. */
enum gateway_record_state
stripe_intent_state(const struct json *intent)
{
        struct str status = stripe_text(intent, "status");

        if (str_is(status, "succeeded"))
                return RECORD_APPROVED;
        if (str_is(status, "requires_payment_method"))
                return RECORD_DECLINED;
        return str_is(status, "canceled") ? RECORD_VOIDED : RECORD_UNDECIDED;
}

/*
 * A pending refund has left our balance and is on its way: it is given back,
 * until Stripe says that it failed.
 */
enum gateway_record_state
stripe_refund_state(const struct json *refund)
{
        struct str status = stripe_text(refund, "status");

        if (str_is(status, "succeeded") || str_is(status, "pending"))
                return RECORD_APPROVED;
        return str_is(status, "failed") || str_is(status, "canceled") ? RECORD_DECLINED : RECORD_UNDECIDED;
}
