/* order_promo.c - the codes of an order, from what the caller named to slots. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/orders/order_promo.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/orders/orders.sql.def"

#define ACCESS_PLACE (PROMOS_MAX + 1)

bool
order_names_codes(const struct order_ask *ask)
{
        return ask->promo_codes_n > 0 || ask->access_code.p != NULL;
}

static struct order_code
code_of(struct arena *a, struct str asked)
{
        return (struct order_code){ .asked = asked, .normal = promo_code_normal(a, asked), .refused = ERR_NONE };
}

/* What is no code at all is looked up as a code that nobody has. */
static struct str
looked_up(const struct order_code *c)
{
        return c->normal.p == NULL ? STR("") : c->normal;
}

/* Whose uses count: a guest with a token is who the token was made for, whatever address is typed. */
static bool
param_guest(struct params *p, struct arena *a, const struct order_ask *ask)
{
        struct str email = ask->person_email.p != NULL ? ask->person_email : ask->guest_email;
        unsigned char *key = arena_alloc(a, GUEST_KEY_SIZE);

        if (email.p == NULL) {
                param_null(p);
                return false;
        }
        promo_guest_key(a, ask->org, email, key);
        param_bytes(p, (struct str){ (const char *)key, GUEST_KEY_SIZE });
        return true;
}

struct params
order_codes_params(struct task *t, const struct order_ask *ask)
{
        struct params p = params_in(t->arena);
        struct str codes[PROMOS_MAX + 1];
        size_t n = 0;

        CHECK(ask->promo_codes_n <= PROMOS_MAX);
        for (size_t i = 0; i < ask->promo_codes_n; i++) {
                struct order_code c = code_of(t->arena, ask->promo_codes[i]);

                codes[n++] = looked_up(&c);
        }
        if (ask->access_code.p != NULL) {
                struct order_code c = code_of(t->arena, ask->access_code);

                codes[n++] = looked_up(&c);
        }
        param_i64(&p, ask->org);
        param_uuid(&p, ask->event);
        param_text_array(&p, codes, n);
        (void)param_guest(&p, t->arena, ask);
        return p;
}

static struct promo *
promo_of_row(struct arena *a, const struct rows *r, int i)
{
        struct promo *p = ARENA_ARRAY(a, struct promo, 1);

        *p = (struct promo){
                .id = row_uuid(r, i, "id"), .version = row_i64(r, i, "version"), .code = row_text(r, i, "code"),
                .percent_bps = row_is_null(r, i, "percent_bps") ? 0 : row_i64(r, i, "percent_bps"),
                .fixed_amount = row_is_null(r, i, "fixed_amount") ? 0 : row_i64(r, i, "fixed_amount"),
                .per_ticket = str_is(row_text(r, i, "fixed_per"), "ticket"),
                .min_order_amount = row_i64(r, i, "min_order_amount"), .min_tickets = row_i64(r, i, "min_tickets"),
                .platform_bps = row_i64(r, i, "platform_bps"), .stacks = row_bool(r, i, "stacks"),
                .for_event = row_bool(r, i, "for_event"), .active = row_bool(r, i, "active"),
                .started = row_bool(r, i, "started"), .ended = row_bool(r, i, "ended"),
                .uses_left = row_is_null(r, i, "uses_left") || row_i64(r, i, "uses_left") > 0,
                .limited_budget = !row_is_null(r, i, "budget_left"),
                .guest_may = row_is_null(r, i, "max_per_guest") ||
                    row_i64(r, i, "guest_uses") < row_i64(r, i, "max_per_guest"),
        };
        if (p->limited_budget)
                p->budget_left = row_i64(r, i, "budget_left");
        p->types = row_uuid_array(r, a, i, "ticket_types", &p->types_n);
        p->opens = row_uuid_array(r, a, i, "opens_ticket_types", &p->opens_n);
        return p;
}

static const struct promo *
promo_at(struct arena *a, const struct rows *r, size_t place)
{
        for (int i = 0; i < r->n; i++)
                if (row_i64(r, i, "place") == (int64_t)place)
                        return promo_of_row(a, r, i);
        return NULL;
}

/* What opens nothing is no access code, whatever else it is. */
static bool
opens_any(const struct order_code *access)
{
        return access->promo != NULL && access->promo->opens_n > 0;
}

void
order_codes_read(struct task *t, const struct order_ask *ask, const struct rows *r, struct order_codes *out)
{
        *out = (struct order_codes){ .n = ask->promo_codes_n };
        out->code = ARENA_ARRAY(t->arena, struct order_code, out->n + 1);
        for (size_t i = 0; i < out->n; i++) {
                out->code[i] = code_of(t->arena, ask->promo_codes[i]);
                out->code[i].promo = promo_at(t->arena, r, i + 1);
                out->unknown += out->code[i].promo == NULL;
        }
        if (ask->access_code.p == NULL)
                return;
        out->access = &out->code[out->n];
        *out->access = code_of(t->arena, ask->access_code);
        out->access->promo = promo_at(t->arena, r, out->n + 1);
        out->unknown += !opens_any(out->access);
}

static void
refuse(struct order_code *c, enum err_code code, struct str why)
{
        c->refused = code;
        c->why = why;
        c->part = (struct price_promo){ .taken = 0 };
}

/* What the order is told of the first refused code. */
static bool
tell(const struct order_code *c, struct err *e)
{
        return err_set(e, c->refused, "%.*s: %.*s", STR_ARG(c->asked), STR_ARG(c->why));
}

static bool
usable(const struct order_code *c, struct err *why)
{
        if (c->promo == NULL)
                return err_set(why, ERR_PROMO_UNKNOWN, "there is no such code");
        return promo_usable(c->promo, why);
}

static struct str
kept(struct arena *a, const struct err *why)
{
        return str_dup(a, str_of(why->detail));
}

static bool
named_before(const struct order_codes *c, size_t at)
{
        for (size_t i = 0; i < at; i++)
                if (c->code[i].promo == c->code[at].promo || str_eq(c->code[i].normal, c->code[at].normal))
                        return true;
        return false;
}

/* It refuses nothing by itself: who needs it is told when a hidden type stays shut. */
static void
judge_access(struct arena *a, struct order_codes *c)
{
        struct err why = { .code = ERR_NONE };

        if (!opens_any(c->access))
                refuse(c->access, ERR_PROMO_UNKNOWN, STR("there is no such access code"));
        else if (!promo_usable(c->access->promo, &why))
                refuse(c->access, why.code, kept(a, &why));
        for (size_t i = 0; i < c->n; i++)
                if (c->access->promo != NULL && c->code[i].promo != NULL)
                        c->doubled |= uuid_eq(c->code[i].promo->id, c->access->promo->id);
}

bool
order_codes_judge(struct arena *a, struct order_codes *c, bool strict, struct err *e)
{
        for (size_t i = 0; i < c->n; i++) {
                struct err why = { .code = ERR_NONE };

                if (usable(&c->code[i], &why) && named_before(c, i))
                        (void)err_set(&why, ERR_PROMO_NOT_APPLICABLE, "the code is named twice");
                if (why.code == ERR_NONE)
                        continue;
                refuse(&c->code[i], why.code, kept(a, &why));
                if (strict)
                        return tell(&c->code[i], e);
        }
        if (c->access != NULL)
                judge_access(a, c);
        return true;
}

bool
order_codes_open(struct order_codes *c, struct uuid type)
{
        for (size_t i = 0; i < c->n; i++) {
                if (c->code[i].refused != ERR_NONE || !promo_opens(c->code[i].promo, type))
                        continue;
                c->opened |= c->doubled && uuid_eq(c->code[i].promo->id, c->access->promo->id);
                return true;
        }
        if (c->access == NULL || c->doubled || c->access->refused != ERR_NONE || !promo_opens(c->access->promo, type))
                return false;
        return c->opened = true;
}

bool
order_codes_shut(const struct order_codes *c, struct uuid type, struct err *e)
{
        if (c->access == NULL || c->access->refused == ERR_NONE || c->access->refused == ERR_PROMO_UNKNOWN ||
            !promo_opens(c->access->promo, type))
                return true;
        return tell(c->access, e);
}

static bool
gives(const struct promo *p)
{
        return p->percent_bps > 0 || p->fixed_amount > 0;
}

/* One code an order, unless all that give something say that they stack. */
static bool
stacks(const struct order_codes *c, size_t at, struct err *why)
{
        for (size_t i = 0; gives(c->code[at].promo) && i < at; i++) {
                if (c->code[i].refused != ERR_NONE || !gives(c->code[i].promo))
                        continue;
                if (!c->code[i].promo->stacks || !c->code[at].promo->stacks)
                        return err_set(why, ERR_PROMO_NOT_APPLICABLE, "the code can't be used together with %.*s",
                            STR_ARG(c->code[i].asked));
        }
        return true;
}

bool
order_codes_apply(struct arena *a, struct order_codes *c, struct promo_line *lines, size_t n, bool strict,
    struct err *e)
{
        for (size_t i = 0; i < n; i++)
                memset(lines[i].off, 0, (size_t)lines[i].quantity * sizeof *lines[i].off);
        for (size_t i = 0; i < c->n; i++) {
                struct order_code *code = &c->code[i];
                struct err why = { .code = ERR_NONE };

                if (code->refused != ERR_NONE)
                        continue;
                code->part = (struct price_promo){ .platform_bps = code->promo->platform_bps };
                if (stacks(c, i, &why) && promo_apply(a, code->promo, lines, n, &code->part.taken, &why))
                        continue;
                refuse(code, why.code, kept(a, &why));
                if (strict)
                        return tell(code, e);
        }
        return true;
}

size_t
order_codes_parts(struct arena *a, const struct order_codes *c, struct price_promo **out)
{
        *out = ARENA_ARRAY(a, struct price_promo, c->n + 1);
        for (size_t i = 0; i < c->n; i++)
                (*out)[i] = c->code[i].part;    /* of a refused one nothing was taken */
        return c->n;
}

void
order_codes_booked(struct order_codes *c, const struct price_promo *parts)
{
        for (size_t i = 0; i < c->n; i++)
                c->code[i].part = parts[i];
}

bool
order_codes_over_budget(struct order_codes *c, bool strict, struct err *e)
{
        bool over = false;

        for (size_t i = 0; i < c->n; i++) {
                struct order_code *code = &c->code[i];

                if (code->refused != ERR_NONE || !code->promo->limited_budget ||
                    code->part.discount <= code->promo->budget_left)
                        continue;
                refuse(code, ERR_PROMO_EXHAUSTED, STR("what is left of the code's budget is less than the discount"));
                over = true;
                if (strict)
                        return tell(code, e), true;
        }
        return over;
}

/* A code that is named as both has one slot, as a promo code. */
static bool
takes_access(const struct order_codes *c)
{
        return c->opened && !c->doubled;
}

void
order_codes_show(struct arena *a, const struct order_codes *c, struct order *o)
{
        o->promos = ARENA_ARRAY(a, struct order_promo, c->n + 1);
        o->promos_n = 0;
        for (size_t i = 0; i < c->n; i++) {
                const struct order_code *code = &c->code[i];

                if (code->refused != ERR_NONE)
                        continue;
                o->promo_code = o->promos_n == 0 ? code->promo->code :
                    str_fmt(a, "%.*s,%.*s", STR_ARG(o->promo_code), STR_ARG(code->promo->code));
                o->promos[o->promos_n++] = (struct order_promo){ code->promo->code, code->part.discount };
        }
        if (takes_access(c))
                o->access_code = c->access->promo->code;
}

void
order_codes_slots(struct params *p, struct arena *a, const struct order_ask *ask, const struct order_codes *c)
{
        struct uuid ids[PROMOS_MAX + 1];
        struct str codes[PROMOS_MAX + 1];
        int64_t versions[PROMOS_MAX + 1], places[PROMOS_MAX + 1], discounts[PROMOS_MAX + 1], platforms[PROMOS_MAX + 1];
        size_t n = 0;

        for (size_t i = 0; i <= c->n; i++) {
                const struct order_code *code = i < c->n ? &c->code[i] : takes_access(c) ? c->access : NULL;

                if (code == NULL || code->refused != ERR_NONE)
                        continue;
                ids[n] = code->promo->id;
                versions[n] = code->promo->version;
                codes[n] = code->promo->code;
                places[n] = i < c->n ? (int64_t)n + 1 : ACCESS_PLACE;
                discounts[n] = code->part.discount;
                platforms[n++] = code->part.platform;
        }
        if (n == 0) {
                for (int i = 0; i < 7; i++)
                        param_null(p);
                return;
        }
        param_uuid_array(p, ids, n);
        param_i64_array(p, versions, n);
        param_i64_array(p, places, n);
        param_text_array(p, codes, n);
        param_i64_array(p, discounts, n);
        param_i64_array(p, platforms, n);
        CHECK(param_guest(p, a, ask));
}
