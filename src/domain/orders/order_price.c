/*
 * order_price.c - may this be sold now, and for how much: checks a snapshot
 * of event and ticket types, cheapest refusal first, then prices. No writes;
 * what must still hold at commit is checked again by order_open.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/conf.h"
#include "domain/orders/order_price.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/orders/orders.sql.def"

#define MINIMUM_AMOUNT_DEFAULT 50

struct params
order_snapshot_params(struct task *t, const struct order_ask *ask)
{
        struct params p = params_in(t->arena);
        struct uuid *types = ARENA_ARRAY(t->arena, struct uuid, ask->items_n);

        for (size_t i = 0; i < ask->items_n; i++)
                types[i] = ask->items[i].type;
        param_i64(&p, ask->org);
        param_uuid(&p, ask->event);
        param_uuid_array(&p, types, ask->items_n);
        return p;
}

static int
row_of_type(const struct rows *r, struct uuid type)
{
        for (int i = 0; i < r->n; i++)
                if (uuid_eq(row_uuid(r, i, "type_id"), type))
                        return i;
        return -1;
}

static bool
event_sellable(const struct rows *r, struct err *e)
{
        if (r->n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such event");
        if (!str_is(row_text(r, 0, "event_status"), "on_sale"))
                return err_set(e, ERR_EVENT_NOT_ON_SALE, "the event is %.*s", STR_ARG(row_text(r, 0, "event_status")));
        if (!row_bool(r, 0, "sellable"))
                return err_set(e, ERR_ORGANIZER_NOT_VERIFIED,
                    "the organizer is not verified or its licence has lapsed");
        return true;
}

/* What the order asks of a type in all its lines together. */
static int64_t
wanted(const struct order_ask *ask, struct uuid type)
{
        int64_t n = 0;

        for (size_t i = 0; i < ask->items_n; i++)
                if (uuid_eq(ask->items[i].type, type))
                        n += ask->items[i].quantity;
        return n;
}

static bool
type_sellable(const struct order_ask *ask, const struct rows *r, const struct order_item *item, int row, struct err *e)
{
        char text[ID_TEXT_MAX];
        int64_t n = wanted(ask, item->type);

        typeid_text("tkt", item->type, text);
        /* A hidden type is opened by an access code; without one it is as if it were not there. */
        if (row < 0 || row_bool(r, row, "hidden"))
                return err_set(e, ERR_NOT_FOUND, "the event has no ticket type %s", text);
        if (!row_bool(r, row, "window_open"))
                return err_set(e, ERR_SALES_CLOSED, "ticket type %s is outside its sales window", text);
        if (n < row_i64(r, row, "min_per_order") || n > row_i64(r, row, "max_per_order"))
                return err_set(e, ERR_QUANTITY_LIMIT, "one order may hold %lld to %lld tickets of type %s",
                    (long long)row_i64(r, row, "min_per_order"), (long long)row_i64(r, row, "max_per_order"), text);
        return true;
}

/* "USD=50,JPY=100": the least charge of this currency. */
static int64_t
minimum_amount(const struct conf *c, struct str currency)
{
        struct str rest = str_of(c->minimum_amounts), one, code, number;
        int64_t least;

        while (rest.n > 0) {
                (void)str_cut(rest, ',', &one, &rest);
                if (str_cut(one, '=', &code, &number) && str_eq(str_trim(code), currency) && str_to_i64(number, &least))
                        return least;
        }
        return MINIMUM_AMOUNT_DEFAULT;
}

static struct str
policy_text(struct arena *a, const struct rows *r)
{
        static const char *const numbers[] = {
                "fee_percent_bps", "fee_fixed_amount", "tax_rate_bps", "reserve_bps", "reserve_days",
                "hold_days_after_event", "hold_days_after_charge", "refund_until_hours",
        };
        static const char *const flags[] = { "tax_inclusive", "tax_on_fees", "refund_fees" };
        struct json_out j = json_out_new(a);

        jo_object(&j, NULL);
        for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
                jo_int(&j, numbers[i], row_i64(r, 0, numbers[i]));
        for (size_t i = 0; i < ARRAY_LEN(flags); i++)
                jo_bool(&j, flags[i], row_bool(r, 0, flags[i]));
        jo_text(&j, "fee_payer", row_text(r, 0, "fee_payer"));
        jo_end_object(&j);
        return json_out_str(&j);
}

static struct order_terms
terms_of_row(struct arena *a, const struct rows *r)
{
        return (struct order_terms){
                .organizer = row_uuid(r, 0, "organizer_id"),
                .currency = row_text(r, 0, "currency"),
                .gateway = row_text(r, 0, "gateway"),
                .policy = policy_text(a, r),
                .rules = {
                        .fee_percent_bps = row_i64(r, 0, "fee_percent_bps"),
                        .fee_fixed = row_i64(r, 0, "fee_fixed_amount"),
                        .fee_by_guest = str_is(row_text(r, 0, "fee_payer"), "guest"),
                        .tax_rate_bps = row_i64(r, 0, "tax_rate_bps"),
                        .tax_inclusive = row_bool(r, 0, "tax_inclusive"),
                        .tax_on_fees = row_bool(r, 0, "tax_on_fees"),
                        .reserve_bps = row_i64(r, 0, "reserve_bps"),
                },
        };
}

bool
order_price(struct task *t, const struct order_ask *ask, const struct rows *r, struct order_terms *terms,
    struct price *out, struct err *e)
{
        struct price_ask *lines = ARENA_ARRAY(t->arena, struct price_ask, ask->items_n);
        int64_t least;

        if (!event_sellable(r, e))
                return false;
        for (size_t i = 0; i < ask->items_n; i++) {
                int row = row_of_type(r, ask->items[i].type);

                if (!type_sellable(ask, r, &ask->items[i], row, e))
                        return false;
                lines[i] = (struct price_ask){ row_i64(r, row, "price"), ask->items[i].quantity, NULL };
        }
        *terms = terms_of_row(t->arena, r);
        if (!price_order(t->arena, &terms->rules, lines, ask->items_n, out, e))
                return false;
        least = minimum_amount(t->conf, terms->currency);
        if (out->total > 0 &&
            out->total < least)
                return err_set(e, ERR_AMOUNT_BELOW_MINIMUM,
                    "the total is %lld; the least that can be charged in %.*s is %lld",
                    (long long)out->total, STR_ARG(terms->currency), (long long)least);
        return true;
}

struct quoting {
        const struct order_ask *ask;
        bool guest;
};

static bool
quote_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        const struct quoting *w = arg;
        struct params p = order_snapshot_params(t, w->ask);
        struct quote q = { .promo_refused = STR_NONE };
        struct order_terms terms;
        struct rows r;

        if (!tx_call(tx, &stmt_order_snapshot, &p, &r, e) || !order_price(t, w->ask, &r, &terms, &q.price, e))
                return false;
        q.currency = terms.currency;
        q.created_at = row_time(&r, t->arena, 0, "at");
        if (w->ask->promo_code.p != NULL)
                q.promo_refused = STR("promo_unknown");
        *out = (struct answer){ .status = 200, .body = quote_view(t->arena, w->ask, &q, w->guest) };
        return true;
}

bool
order_quote(struct task *t, const struct order_ask *ask, bool guest, struct answer *out, struct err *e)
{
        struct quoting w = { ask, guest };

        return idem_run(t, &ask->idem, quote_run, &w, out, e);
}
