/*
 * gateway_event.c - webhooks' bodies as hostile texts that somebody signed:
 * the head by yajl's callbacks, without a tree; the rest through json_read.h.
 * Pure. What each type is about stands in event.def.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "io/json_read.h"
#include "outside/gateway_event.h"
#include "outside/gateway_nmi.h"
#include "outside/gateway_records.h"
#include "outside/gateway_stripe.h"

#include <time.h>
#include <yajl/yajl_parse.h>

/* The members of the top level in which a party has an event's id and type. */
static const struct envelope {
        const char *gateway, *id, *type;
} envelopes[] = {
        { "nmi", "event_id", "event_type" },
        { "stripe", "id", "type" },
        { "resend", NULL, "type" },     /* its id comes with the signature, in a header */
};

static const struct envelope *
envelope_of(struct str gateway)
{
        for (size_t i = 0; i < ARRAY_LEN(envelopes); i++)
                if (str_is(gateway, envelopes[i].gateway))
                        return &envelopes[i];
        NEVER("callbacks of a party that sends none");
}

/* --- the head ---------------------------------------------------------- */

struct head {
        struct arena *arena;
        const struct envelope *envelope;
        struct str *awaited;            /* the member that comes next, when it is one of these */
        struct str id, type;
        size_t depth;
};

/* A value that is no string, where one of ours should be. */
static int
is_other(struct head *h)
{
        return h->awaited == NULL;
}

static int
on_null(void *ctx)
{
        return is_other(ctx);
}

static int
on_bool(void *ctx, int value)
{
        (void)value;
        return is_other(ctx);
}

static int
on_number(void *ctx, const char *text, size_t n)
{
        (void)text;
        (void)n;
        return is_other(ctx);
}

static int
on_string(void *ctx, const unsigned char *text, size_t n)
{
        struct head *h = ctx;

        if (h->depth == 0)
                return 0;
        if (h->awaited != NULL)
                *h->awaited = str_dup(h->arena, (struct str){ (const char *)text, n });
        h->awaited = NULL;
        return 1;
}

static int
on_open(void *ctx)
{
        struct head *h = ctx;

        return is_other(h) && h->depth++ < JSON_DEPTH_MAX;
}

static int
on_array(void *ctx)
{
        struct head *h = ctx;

        return h->depth > 0 && on_open(ctx);
}

static int
on_close(void *ctx)
{
        struct head *h = ctx;

        h->depth--;
        return 1;
}

/* One of ours that came before makes the whole doubtful: two readers could see two events. */
static int
on_key(void *ctx, const unsigned char *text, size_t n)
{
        struct head *h = ctx;
        struct str key = { (const char *)text, n };

        if (h->depth != 1)
                return 1;
        if (h->envelope->id != NULL && str_is(key, h->envelope->id))
                h->awaited = &h->id;
        else if (str_is(key, h->envelope->type))
                h->awaited = &h->type;
        return h->awaited == NULL || h->awaited->p == NULL;
}

static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_open,
        .yajl_map_key = on_key,
        .yajl_end_map = on_close,
        .yajl_start_array = on_array,
        .yajl_end_array = on_close,
};

static bool
is_printable(struct str s, size_t max)
{
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] <= ' ' || s.p[i] > '~')
                        return false;
        return s.n > 0 && s.n <= max;
}

bool
gateway_event_is_id(struct str id)
{
        return is_printable(id, GATEWAY_EVENT_ID_MAX);
}

bool
gateway_event_head(struct arena *a, struct str gateway, struct str body, struct str *id, struct str *type)
{
        struct head h = { .arena = a, .envelope = envelope_of(gateway) };
        yajl_handle y = yajl_alloc(&callbacks, NULL, &h);
        bool ok;

        CHECK(y != NULL);
        ok = yajl_parse(y, (const unsigned char *)body.p, body.n) == yajl_status_ok &&
            yajl_complete_parse(y) == yajl_status_ok;
        yajl_free(y);
        *id = h.id;
        *type = h.type;
        return ok && is_printable(h.type, GATEWAY_EVENT_TYPE_MAX) &&
            (h.envelope->id == NULL || gateway_event_is_id(h.id));
}

/* --- what it is about -------------------------------------------------- */

static bool
type_fits(struct str type, struct str wanted)
{
        return str_ends(wanted, STR(".")) ? str_starts(type, wanted) : str_eq(type, wanted);
}

static void
type_read(struct gateway_event *ev)
{
        static const struct {
                const char *gateway, *type;
                enum gateway_subject subject;
                enum gateway_record_state state;
        } types[] = {
#define EVENT(gateway, type, subject, state) { gateway, type, SUBJECT_##subject, RECORD_##state },
#include "outside/event.def"
#undef EVENT
        };

        ev->subject = SUBJECT_OTHER;
        ev->state = RECORD_UNDECIDED;
        for (size_t i = 0; i < ARRAY_LEN(types); i++) {
                if (!str_is(ev->gateway, types[i].gateway) || !type_fits(ev->type, str_of(types[i].type)))
                        continue;
                ev->subject = types[i].subject;
                ev->state = types[i].state;
                return;
        }
}

/* What is said here is kept in the clear and logged: words of ours, nothing of the body. */
static bool
lacks(const struct gateway_event *ev, const char *what, struct err *e)
{
        return err_set(e, ERR_INVALID_REQUEST, "%.*s's events of this type must have %s", STR_ARG(ev->gateway), what);
}

/* --- chargebacks ------------------------------------------------------- */

#define CHARGEBACK_TEXT_MAX     200
#define DAY_TEXT        10              /* 2026-11-25 */

bool
gateway_chargeback_amount(struct str text, enum currency c, struct money *out)
{
        return nmi_amount(text, c, out) && out->minor > 0;
}

bool
gateway_chargeback_fee(struct str text, enum currency c, struct money *out)
{
        return nmi_amount(text, c, out) && out->minor >= 0;
}

/* Digits and no others stand at these places. */
static bool
all_digits(struct str s)
{
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] < '0' || s.p[i] > '9')
                        return false;
        return s.n > 0;
}

struct str
gateway_chargeback_day(struct arena *a, struct str text)
{
        struct str digits = text, year, rest, month, day;
        char z[DAY_TEXT + 1];
        struct tm tm = { .tm_year = 0 };

        if (text.n == DAY_TEXT && str_cut(text, '-', &year, &rest) && str_cut(rest, '-', &month, &day) &&
            year.n == 4 && month.n == 2)
                digits = str_fmt(a, "%.*s%.*s%.*s", STR_ARG(year), STR_ARG(month), STR_ARG(day));
        if (digits.n != DAY_TEXT - 2 || !all_digits(digits))
                return STR_NONE;
        (void)snprintf(z, sizeof z, "%.4s-%.2s-%.2s", digits.p, digits.p + 4, digits.p + 6);
        if (strptime(z, "%Y-%m-%d", &tm) == NULL)
                return STR_NONE;
        (void)timegm(&tm);              /* which moves the 31st of a short month on */
        (void)strftime(z, sizeof z, "%Y-%m-%d", &tm);
        return str_dup(a, str_of(z));
}

struct str
gateway_chargeback_id(struct arena *a, struct str id, struct str charge, struct str last4, struct str day,
    struct str amount)
{
        struct str of = charge.n > 0 ? charge : last4;

        return id.n > 0 ? id : str_fmt(a, "chargeback-%.*s-%.*s-%.*s", STR_ARG(of), STR_ARG(day), STR_ARG(amount));
}

struct str
gateway_chargeback_last4(struct str text)
{
        struct str last = text.n < 4 ? STR_NONE : (struct str){ text.p + text.n - 4, 4 };

        return all_digits(last) ? last : STR_NONE;
}

/* --- NMI --------------------------------------------------------------- */

/* A string or a number, as text; absent when empty. */
static struct str
nmi_text(const struct json *object, const char *key)
{
        const struct json *m = json_member(object, key);
        bool told = m != NULL && (m->kind == JSON_STRING || m->kind == JSON_NUMBER) && m->text.n > 0;

        return told ? m->text : STR_NONE;
}

static struct str
nmi_id(const struct json *object, const char *key)
{
        struct str id = nmi_text(object, key);

        return gateway_is_id(id) ? id : STR_NONE;
}

/* An amount that can't be read was not told: what it was is asked anyway. */
static void
nmi_money(const struct json *body, struct money *out)
{
        struct str text = nmi_text(json_member(body, "action"), "amount");
        enum currency currency;

        *out = (struct money){ .minor = 0 };
        if (text.p == NULL)
                text = nmi_text(body, "requested_amount");
        if (str_starts(text, STR("-")))
                text = (struct str){ text.p + 1, text.n - 1 };
        if (currency_parse(nmi_text(body, "currency"), &currency) && !nmi_amount(text, currency, out))
                *out = (struct money){ .minor = 0 };
}

static bool
nmi_transaction(struct gateway_event *ev, const struct json *body, struct err *e)
{
        const struct json *fields = json_member(body, "merchant_defined_fields");

        ev->transaction = nmi_id(body, "transaction_id");
        if (ev->transaction.p == NULL)
                return lacks(ev, "transaction_id", e);
        ev->reference = nmi_text(body, "order_id");
        ev->order = nmi_text(fields, "1");
        ev->house = nmi_text(fields, "2");
        nmi_money(body, &ev->amount);
        /* A void is an action of the charge's own transaction. */
        if (str_starts(ev->type, STR("transaction.void.")))
                ev->charge = ev->transaction;
        else if (ev->subject == SUBJECT_REFUND)
                ev->charge = nmi_id(body, "original_transaction_id");
        return true;
}

static struct str
nmi_short(const struct json *object, const char *key)
{
        struct str s = nmi_text(object, key);

        return s.n <= CHARGEBACK_TEXT_MAX ? s : STR_NONE;
}

static void
nmi_chargeback_read(struct arena *a, const struct json *one, struct gateway_chargeback *c)
{
        *c = (struct gateway_chargeback){
                .id = nmi_id(one, "id"), .charge = nmi_id(one, "transaction_id"),
                .last4 = gateway_chargeback_last4(nmi_text(one, "cc_number")),
                .day = gateway_chargeback_day(a, nmi_text(one, "date")), .amount = nmi_short(one, "amount"),
                .fee = nmi_short(one, "fee"), .reason = nmi_short(one, "reason"), .status = nmi_short(one, "status"),
                .due_by = nmi_short(one, "due_by"),
        };
        if (!text_is_time(c->due_by))
                c->due_by = STR_NONE;
        c->id = gateway_chargeback_id(a, c->id, c->charge, c->last4, c->day, c->amount);
}

/* Which charge each is about, somebody else makes out. */
static bool
nmi_chargebacks(struct arena *a, struct gateway_event *ev, const struct json *body, struct err *e)
{
        const struct json *list = json_member(body, "chargebacks");

        if (list == NULL || list->kind != JSON_ARRAY)
                return lacks(ev, "chargebacks", e);
        ev->chargeback = ARENA_ARRAY(a, struct gateway_chargeback, list->children + 1);
        for (const struct json *one = list->child; one != NULL; one = one->next)
                nmi_chargeback_read(a, one, &ev->chargeback[ev->chargebacks++]);
        if (ev->chargebacks == 1) {
                ev->transaction = ev->chargeback[0].id;
                ev->charge = ev->chargeback[0].charge;
        }
        return true;
}

static bool
nmi_event(struct arena *a, struct gateway_event *ev, const struct json *root, struct err *e)
{
        const struct json *body = json_member(root, "event_body");

        if (body == NULL || body->kind != JSON_OBJECT)
                return lacks(ev, "event_body", e);
        return ev->subject == SUBJECT_DISPUTE ? nmi_chargebacks(a, ev, body, e) : nmi_transaction(ev, body, e);
}

/* --- Stripe ------------------------------------------------------------ */

static bool
stripe_event(struct gateway_event *ev, const struct json *root, struct err *e)
{
        const struct json *object = json_member(json_member(root, "data"), "object");
        bool whole_charge = str_is(ev->type, "charge.refunded");

        if (object == NULL || object->kind != JSON_OBJECT)
                return lacks(ev, "data.object", e);
        ev->transaction = stripe_id(object, "id");
        if (ev->transaction.p == NULL)
                return lacks(ev, "data.object.id", e);
        ev->reference = stripe_metadata(object, "reference");
        ev->order = stripe_metadata(object, "order");
        ev->house = stripe_metadata(object, "house");
        if (!stripe_money(object, whole_charge ? "amount_refunded" : "amount", &ev->amount))
                ev->amount = (struct money){ .minor = 0 };
        if (stripe_as(object, "refund") != NULL && ev->state == RECORD_UNDECIDED)
                ev->state = stripe_refund_state(object);
        if (ev->subject == SUBJECT_CHARGE)
                return true;
        ev->charge = stripe_charge_of(object);
        /* Its object is the charge, and which refund it was is not told. */
        if (whole_charge) {
                ev->charge = ev->charge.p != NULL ? ev->charge : ev->transaction;
                ev->transaction = ev->charge;
        }
        return true;
}

bool
gateway_event_read(struct arena *a, struct str gateway, struct str body, struct gateway_event *out, struct err *e)
{
        struct err quotes = { .code = ERR_NONE };
        struct json *root;

        *out = (struct gateway_event){ .gateway = gateway };
        if (!gateway_event_head(a, gateway, body, &out->id, &out->type))
                return err_set(e, ERR_INVALID_REQUEST, "the body is no event of %.*s", STR_ARG(gateway));
        type_read(out);
        if (out->subject == SUBJECT_OTHER)
                return true;
        if (!json_parse(a, body, &root, &quotes))
                return err_set(e, ERR_INVALID_JSON, "the body is JSON of a kind that is not read here: a name twice, "
                    "a NUL or half a character, or too many values");
        return str_is(gateway, "nmi") ? nmi_event(a, out, root, e) : stripe_event(out, root, e);
}
