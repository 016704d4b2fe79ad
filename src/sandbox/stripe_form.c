/* stripe_form.c - ids, forms and errors of the dialect. */
#include "base/base.h"
#include "base/arena.h"
#include "base/secret.h"
#include "io/http.h"
#include "sandbox/call.h"
#include "sandbox/stripe.h"

#include <inttypes.h>

#define ID_MARK         "1Sandbox"
#define ID_DIGITS       16
#define MAP_VALUE_MAX   20000

struct str
stripe_id(struct arena *a, const char *prefix, int64_t row)
{
        return str_fmt(a, "%s_" ID_MARK "%0*" PRId64, prefix, ID_DIGITS, row);
}

bool
stripe_id_parse(struct str id, const char *prefix, int64_t *row)
{
        struct str p = str_of(prefix), mark = STR("_" ID_MARK);

        if (!str_starts(id, p))
                return false;
        id = (struct str){ id.p + p.n, id.n - p.n };
        if (!str_starts(id, mark) || id.n != mark.n + ID_DIGITS)
                return false;
        id = (struct str){ id.p + mark.n, ID_DIGITS };
        while (id.n > 1 && id.p[0] == '0')
                id = (struct str){ id.p + 1, id.n - 1 };
        return str_to_i64(id, row) && *row >= 0;
}

struct str
gateway_txn_id(struct arena *a, const struct txn *t)
{
        static const char *const prefix[TXN_KINDS] = {
                [TXN_SALE] = "pi", [TXN_AUTH] = "pi", [TXN_CAPTURE] = "capture", [TXN_REFUND] = "re",
                [TXN_VOID] = "cancel", [TXN_FILE] = "file", [TXN_DISPUTE] = "dp"
        };

        if (t->gateway == TXN_NMI)
                return str_fmt(a, "%" PRId64, t->id);
        return stripe_id(a, prefix[t->kind] == NULL ? "row" : prefix[t->kind], t->id);
}

bool
gateway_txn_parse(struct str id, int64_t *row)
{
        return str_to_i64(id, row) || stripe_id_parse(id, "pi", row) || stripe_id_parse(id, "ch", row) ||
            stripe_id_parse(id, "dp", row) || stripe_id_parse(id, "re", row);
}

/* Decoded as a value is: that is how form_value() decodes. */
static bool
decode(struct arena *a, struct str raw, struct str *out)
{
        *out = STR("");
        return raw.n == 0 || form_value(a, str_fmt(a, "k=%.*s", STR_ARG(raw)), "k", out);
}

bool
stripe_form_read(struct call *c, struct str text, struct stripe_form *f)
{
        struct str pair, raw_key, raw_value, rest = text;
        bool more = text.n > 0;

        f->n = 0;
        while (more) {
                more = str_cut(rest, '&', &pair, &rest);
                if (pair.n == 0)
                        continue;
                (void)str_cut(pair, '=', &raw_key, &raw_value);
                if (f->n == STRIPE_FIELDS_MAX || !decode(c->arena, raw_key, &f->field[f->n].key) ||
                    !decode(c->arena, raw_value, &f->field[f->n].value))
                        return false;
                for (size_t i = 0; i < f->n; i++)
                        if (str_eq(f->field[i].key, f->field[f->n].key) && !str_ends(f->field[i].key, STR("[]")))
                                return false;
                f->n++;
        }
        return true;
}

struct str
stripe_get(const struct stripe_form *f, const char *key)
{
        for (size_t i = 0; i < f->n; i++)
                if (str_is(f->field[i].key, key))
                        return f->field[i].value;
        return STR_NONE;
}

/* What stands between name[ and ]; false: the key is another. */
static bool
inner_key(struct str key, const char *name, struct str *inner)
{
        struct str n = str_of(name);

        if (!str_starts(key, n) || !str_ends(key, STR("]")) || key.n < n.n + 3 || key.p[n.n] != '[')
                return false;
        *inner = (struct str){ key.p + n.n + 1, key.n - n.n - 2 };
        return true;
}

struct str
stripe_map(struct arena *a, const struct stripe_form *f, const char *name)
{
        struct json_out o = json_out_new(a);
        bool fits = true;
        struct str inner, out;

        jo_object(&o, NULL);
        for (size_t i = 0; i < f->n; i++) {
                if (!inner_key(f->field[i].key, name, &inner))
                        continue;
                fits = fits && call_text_fits(inner) && call_text_is(f->field[i].value, MAP_VALUE_MAX);
                if (fits)
                        jo_text(&o, str_z(a, inner), f->field[i].value);
        }
        jo_end_object(&o);
        out = json_out_str(&o);
        return fits && out.n <= BOOKS_TEXT_MAX ? out : STR_NONE;
}

bool
stripe_expands(const struct stripe_form *f, const char *word)
{
        for (size_t i = 0; i < f->n; i++)
                if (str_starts(f->field[i].key, STR("expand[")) && str_ends(f->field[i].value, str_of(word)))
                        return true;
        return false;
}

struct str
stripe_error_body(struct arena *a, const struct stripe_error *e)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_object(&o, "error");
        jo_z(&o, "type", e->type);
        if (e->code != NULL)
                jo_z(&o, "code", e->code);
        jo_z(&o, "message", e->message);
        if (e->param != NULL)
                jo_z(&o, "param", e->param);
        jo_end_object(&o);
        jo_end_object(&o);
        return json_out_str(&o);
}

void
stripe_refuse(struct call *c, const struct stripe_error *e)
{
        call_answer(c, e->status, "application/json", stripe_error_body(c->arena, e));
}

bool
stripe_admit(struct call *c)
{
        struct str bearer = STR("Bearer "), given = c->authorization;

        c->headers = str_fmt(c->arena, "Request-Id: req_%s\r\nStripe-Version: " STRIPE_VERSION "\r\n",
            random_text(c->arena, 9).p);
        if (str_starts(given, bearer) &&
            call_key_is((struct str){ given.p + bearer.n, given.n - bearer.n }, c->box->stripe_key))
                return true;
        stripe_refuse(c, &(struct stripe_error){ 401, "invalid_request_error", NULL, "Invalid API Key provided",
            NULL });
        return false;
}
