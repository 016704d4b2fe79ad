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

static struct params
snapshot_params(struct task *t, const struct order_ask *ask)
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

void
order_facts_put(struct task *t, struct tx *tx, const struct order_ask *ask)
{
        struct params p = snapshot_params(t, ask);

        tx_put(tx, &stmt_order_snapshot, &p);
        if (!order_names_codes(ask))
                return;
        p = order_codes_params(t, ask);
        tx_put(tx, &stmt_promos_snapshot, &p);
}

bool
order_facts_get(struct tx *tx, const struct order_ask *ask, struct order_facts *out, struct err *e)
{
        return tx_get(tx, &out->types, e) && (!order_names_codes(ask) || tx_get(tx, &out->promos, e));
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
type_sellable(const struct order_ask *ask, const struct rows *r, int row, struct uuid type, struct order_codes *codes,
    struct err *e)
{
        char text[ID_TEXT_MAX];
        int64_t n = wanted(ask, type);

        typeid_text("tkt", type, text);
        /* A hidden type is opened by a code; without one it is as if it were not there. */
        if (row < 0 || (row_bool(r, row, "hidden") && !order_codes_open(codes, type)))
                return order_codes_shut(codes, type, e) &&
                    err_set(e, ERR_NOT_FOUND, "the event has no ticket type %s", text);
        if (!row_bool(r, row, "window_open"))
                return err_set(e, ERR_SALES_CLOSED, "ticket type %s is outside its sales window", text);
        if (n < row_i64(r, row, "min_per_order") || n > row_i64(r, row, "max_per_order"))
                return err_set(e, ERR_QUANTITY_LIMIT, "one order may hold %lld to %lld tickets of type %s",
                    (long long)row_i64(r, row, "min_per_order"), (long long)row_i64(r, row, "max_per_order"), text);
        return true;
}

/* The least charge of this currency. */
static int64_t
minimum_amount(const struct conf *c, struct str currency)
{
        int64_t least;

        return conf_amount(c->minimum_amounts, currency, &least) ? least : MINIMUM_AMOUNT_DEFAULT;
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
        jo_text(&j, "terms_sha256", row_text(r, 0, "terms_sha256"));
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

/* Applies the codes and prices what is left, again for each code whose budget that turns out not to cover. */
static bool
price_lines(struct task *t, struct price_ask *lines, struct promo_line *taken, size_t n, bool strict,
    struct order_terms *terms, struct price *out, struct err *e)
{
        struct price_cart cart = { .line = lines, .lines = n };

        do {
                if (!order_codes_apply(t->arena, &terms->codes, taken, n, strict, e))
                        return false;
                cart.promos = order_codes_parts(t->arena, &terms->codes, &cart.promo);
                if (!price_order(t->arena, &terms->rules, &cart, out, e))
                        return false;
                order_codes_booked(&terms->codes, cart.promo);
        } while (order_codes_over_budget(&terms->codes, strict, e) && e->code == ERR_NONE);
        return e->code == ERR_NONE;
}

/* Asked only where a key is fresh: one that was claimed when its caller still might is answered as ever. */
static bool
may_name_codes(const struct order_ask *ask, struct err *e)
{
        if (ask->barred_seconds == 0)
                return true;
        e->retry_after_seconds = ask->barred_seconds;
        return err_set(e, ERR_RATE_LIMITED, "too many codes that do not exist");
}

bool
order_price(struct task *t, const struct order_ask *ask, const struct order_facts *facts, struct order_terms *terms,
    struct price *out, struct err *e)
{
        const struct rows *r = &facts->types;
        struct price_ask *lines = ARENA_ARRAY(t->arena, struct price_ask, ask->items_n);
        struct promo_line *taken = ARENA_ARRAY(t->arena, struct promo_line, ask->items_n);
        int64_t least, tickets = 0;

        *terms = (struct order_terms){ .codes = { .n = 0 } };
        if (!may_name_codes(ask, e) || !event_sellable(r, e))
                return false;
        *terms = terms_of_row(t->arena, r);
        if (order_names_codes(ask))
                order_codes_read(t, ask, &facts->promos, &terms->codes);
        if (!order_codes_judge(t->arena, &terms->codes, facts->strict, e))
                return false;
        for (size_t i = 0; i < ask->items_n; i++) {
                const struct order_item *item = &ask->items[i];
                int row = row_of_type(r, item->type);

                if (!type_sellable(ask, r, row, item->type, &terms->codes, e))
                        return false;
                tickets += item->quantity;
                if (tickets > PRICE_TICKETS_MAX)
                        return err_field(e, "/items", FIELD_OUT_OF_RANGE, "too many tickets in one order");
                taken[i] = (struct promo_line){ item->type, row_i64(r, row, "price"), item->quantity,
                        ARENA_ARRAY(t->arena, int64_t, (size_t)item->quantity) };
                lines[i] = (struct price_ask){ taken[i].unit_price, item->quantity, taken[i].off };
        }
        if (!price_lines(t, lines, taken, ask->items_n, facts->strict, terms, out, e))
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
        size_t *misses;
};

static bool
quote_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        const struct quoting *w = arg;
        struct quote q = { .price = { 0 } };
        struct order_facts facts = { .strict = false };
        struct order_terms terms;
        bool ok;

        order_facts_put(t, tx, w->ask);
        if (!order_facts_get(tx, w->ask, &facts, e))
                return false;
        ok = order_price(t, w->ask, &facts, &terms, &q.price, e);
        *w->misses = terms.codes.unknown;       /* also when it is refused: the refusal may tell of a code */
        if (!ok)
                return false;
        q.currency = terms.currency;
        q.created_at = row_time(&facts.types, t->arena, 0, "at");
        q.codes = terms.codes;
        *out = (struct answer){ .status = 200, .body = quote_view(t->arena, w->ask, &q, w->guest) };
        return true;
}

bool
order_quote(struct task *t, const struct order_ask *ask, bool guest, struct answer *out, size_t *misses, struct err *e)
{
        struct quoting w = { ask, guest, misses };

        *misses = 0;
        return idem_run(t, &ask->idem, quote_run, &w, out, e);
}
