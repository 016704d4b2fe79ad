/*
 * stripe_list.c - the calls that only look: one object, or a page of them,
 * the newest first. A page goes by ids (starting_after), which ascend, so
 * pages miss nothing of what was there when the first was asked for.
 */
#include "base/base.h"
#include "base/arena.h"
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/hook.h"
#include "sandbox/stripe.h"

#define JSON            "application/json"
#define INVALID         "invalid_request_error"
#define LIMIT           10
#define LIMIT_MAX       100

struct page {
        struct call *call;
        struct stripe_form form;
        const char *prefix;             /* of the ids */
        int64_t limit;
        int64_t from_ms, to_ms;         /* of created, both inside */
        int64_t before;                 /* ids below this */
        bool expand;
        struct json_out o;
        int64_t n;
        bool more;
};

static bool
refuse(struct call *c, int status, const char *code, const char *message, const char *param)
{
        stripe_refuse(c, &(struct stripe_error){ status, INVALID, code, message, param });
        return false;
}

static bool
read_seconds(struct page *p, const char *name, int64_t plus_ms, int64_t *ms)
{
        struct str s = stripe_get(&p->form, name);
        int64_t seconds;

        if (s.p == NULL)
                return true;
        if (!str_to_i64(s, &seconds) || seconds < 0 || seconds > INT64_MAX / 2000)
                return refuse(p->call, 400, "parameter_invalid_integer", "Invalid integer", name);
        *ms = seconds * 1000 + plus_ms;
        return true;
}

/* Reads what all lists take; false: answered. */
static bool
page_open(struct page *p, struct call *c, const char *prefix)
{
        struct str limit, after;

        *p = (struct page){ .call = c, .prefix = prefix, .limit = LIMIT, .to_ms = INT64_MAX, .before = INT64_MAX };
        if (!stripe_admit(c))
                return false;
        if (!stripe_form_read(c, c->query, &p->form))
                return refuse(c, 400, NULL, "The query can't be read.", NULL);
        limit = stripe_get(&p->form, "limit");
        after = stripe_get(&p->form, "starting_after");
        if (limit.p != NULL && (!str_to_i64(limit, &p->limit) || p->limit < 1 || p->limit > LIMIT_MAX))
                return refuse(c, 400, "parameter_invalid_integer", "A limit is from 1 to 100.", "limit");
        if (after.p != NULL && !stripe_id_parse(after, prefix, &p->before))
                return refuse(c, 400, "resource_missing", "No such object", "starting_after");
        p->expand = stripe_expands(&p->form, "latest_charge");
        return read_seconds(p, "created[gte]", 0, &p->from_ms) && read_seconds(p, "created[gt]", 1000, &p->from_ms) &&
            read_seconds(p, "created[lte]", 999, &p->to_ms) && read_seconds(p, "created[lt]", -1, &p->to_ms);
}

static void
page_begin(struct page *p, const char *object)
{
        p->o = json_out_new(p->call->arena);
        jo_object(&p->o, NULL);
        jo_z(&p->o, "object", object);
        jo_text(&p->o, "url", p->call->path);
        jo_array(&p->o, "data");
}

/* Whether this one is to be put on the page now; false also when the page is full. */
static bool
page_takes(struct page *p, int64_t id, int64_t created_ms)
{
        if (id >= p->before || created_ms < p->from_ms || created_ms > p->to_ms)
                return false;
        if (p->n == p->limit) {
                p->more = true;
                return false;
        }
        p->n++;
        return true;
}

static void
page_end(struct page *p)
{
        jo_end_array(&p->o);
        jo_bool(&p->o, "has_more", p->more);
        jo_end_object(&p->o);
        call_answer(p->call, 200, JSON, json_out_str(&p->o));
}

static bool
is_charge(const struct txn *t)
{
        return t->gateway == TXN_STRIPE && (t->kind == TXN_SALE || t->kind == TXN_AUTH);
}

static bool
is_refund(const struct txn *t)
{
        return t->gateway == TXN_STRIPE && t->kind == TXN_REFUND;
}

void
stripe_intent_list(struct call *c)
{
        struct page p;
        size_t n;
        const struct txn *t;

        if (!page_open(&p, c, "pi"))
                return;
        t = books_select(c->box->books, &(struct txn_filter){ .from_ms = p.from_ms }, c->arena, &n);
        page_begin(&p, "list");
        for (size_t i = n; i > 0 && !p.more; i--)
                if (is_charge(&t[i - 1]) && page_takes(&p, t[i - 1].id, t[i - 1].created_ms))
                        stripe_put_intent(&p.o, NULL, c->arena, &t[i - 1], p.expand);
        page_end(&p);
}

void
stripe_refund_list(struct call *c)
{
        struct page p;
        struct txn_filter f = { 0 };
        struct str intent;
        size_t n;
        const struct txn *t;

        if (!page_open(&p, c, "re"))
                return;
        intent = stripe_get(&p.form, "payment_intent");
        if (intent.p != NULL && !stripe_id_parse(intent, "pi", &f.original)) {
                (void)refuse(c, 404, "resource_missing", "No such payment_intent", "payment_intent");
                return;
        }
        t = books_select(c->box->books, &f, c->arena, &n);
        page_begin(&p, "list");
        for (size_t i = n; i > 0 && !p.more; i--)
                if (is_refund(&t[i - 1]) && page_takes(&p, t[i - 1].id, t[i - 1].created_ms))
                        stripe_put_refund(&p.o, NULL, c->arena, &t[i - 1]);
        page_end(&p);
}

void
stripe_balance_list(struct call *c)
{
        struct page p;
        size_t n;
        const struct txn *t;

        if (!page_open(&p, c, "txn"))
                return;
        t = books_select(c->box->books, &(struct txn_filter){ .from_ms = p.from_ms }, c->arena, &n);
        page_begin(&p, "list");
        for (size_t i = n; i > 0 && !p.more; i--)
                if (stripe_has_balance(&t[i - 1]) && page_takes(&p, t[i - 1].id, t[i - 1].created_ms))
                        stripe_put_balance(&p.o, NULL, c->arena, &t[i - 1]);
        page_end(&p);
}

void
stripe_event_list(struct call *c)
{
        struct page p;
        size_t n, pending;
        const struct hook_event *v;
        struct str body;

        if (!page_open(&p, c, "evt"))
                return;
        v = hooks_list(c->box->hooks, c->arena, &n, &pending);
        page_begin(&p, "list");
        for (size_t i = n; i > 0 && !p.more; i--)
                if (v[i - 1].gateway == TXN_STRIPE && page_takes(&p, v[i - 1].number, v[i - 1].created_ms) &&
                    event_body(c->box->books, c->arena, v[i - 1].number, &body))
                        jo_raw(&p.o, NULL, body);
        page_end(&p);
}

/* metadata['reference']:'...' with AND between several; reference, order and house are known. */
struct search {
        struct txn_filter filter;
        struct str house;
};

static bool
search_clause(struct search *s, struct str clause)
{
        struct str head, key, value, behind;
        char quote;

        if (!str_cut(clause, ':', &head, &value) || !str_starts(head, STR("metadata[")) || !str_ends(head, STR("]")) ||
            head.n < 13 || value.n < 2)
                return false;
        key = (struct str){ head.p + 10, head.n - 12 };
        quote = value.p[0];
        if ((quote != '\'' && quote != '"') || value.p[value.n - 1] != quote)
                return false;
        value = (struct str){ value.p + 1, value.n - 2 };
        if (str_cut(value, quote, &head, &behind))
                return false;
        if (str_is(key, "reference"))
                s->filter.reference = value;
        else if (str_is(key, "order"))
                s->filter.order = value;
        else if (str_is(key, "house"))
                s->house = value;
        else
                return false;
        return true;
}

static bool
search_read(struct search *s, struct str query)
{
        static const char between[] = " AND ";

        s->filter.lookup = true;
        while (query.n > 0) {
                const char *at = memmem(query.p, query.n, between, sizeof between - 1);
                size_t n = at == NULL ? query.n : (size_t)(at - query.p);

                if (!search_clause(s, str_trim((struct str){ query.p, n })))
                        return false;
                if (at == NULL)
                        return true;
                n += sizeof between - 1;
                query = (struct str){ query.p + n, query.n - n };
        }
        return false;
}

void
stripe_intent_search(struct call *c)
{
        struct page p;
        struct search s = { 0 };
        size_t n;
        const struct txn *t;

        if (!page_open(&p, c, "pi"))
                return;
        if (!search_read(&s, stripe_get(&p.form, "query"))) {
                (void)refuse(c, 400, NULL, "We were unable to parse your search query.", "query");
                return;
        }
        t = books_select(c->box->books, &s.filter, c->arena, &n);
        page_begin(&p, "search_result");
        for (size_t i = n; i > 0 && !p.more; i--)
                if (is_charge(&t[i - 1]) && (s.house.p == NULL || str_eq(s.house, t[i - 1].house)) &&
                    page_takes(&p, t[i - 1].id, t[i - 1].created_ms))
                        stripe_put_intent(&p.o, NULL, c->arena, &t[i - 1], p.expand);
        page_end(&p);
}

/* The row that the path names; false: answered. */
static bool
one(struct call *c, const char *prefix, struct txn *t)
{
        int64_t row;

        if (!stripe_admit(c))
                return false;
        if (!stripe_id_parse(c->id, prefix, &row) || !books_find(c->box->books, row, t) || t->gateway != TXN_STRIPE)
                return refuse(c, 404, "resource_missing", "No such object", "id");
        return true;
}

static void
put_one(struct call *c, struct json_out *o, bool fits)
{
        if (fits)
                call_answer(c, 200, JSON, json_out_str(o));
        else
                (void)refuse(c, 404, "resource_missing", "No such object", "id");
}

void
stripe_intent_get(struct call *c)
{
        struct json_out o = json_out_new(c->arena);
        struct stripe_form *f = ARENA_NEW(c->arena, struct stripe_form);
        struct txn t;

        if (!one(c, "pi", &t))
                return;
        if (is_charge(&t) && stripe_form_read(c, c->query, f))
                stripe_put_intent(&o, NULL, c->arena, &t, stripe_expands(f, "latest_charge"));
        put_one(c, &o, is_charge(&t));
}

void
stripe_refund_get(struct call *c)
{
        struct json_out o = json_out_new(c->arena);
        struct txn t;

        if (!one(c, "re", &t))
                return;
        if (is_refund(&t))
                stripe_put_refund(&o, NULL, c->arena, &t);
        put_one(c, &o, is_refund(&t));
}

void
stripe_dispute_get(struct call *c)
{
        struct json_out o = json_out_new(c->arena);
        struct txn t;

        if (!one(c, "dp", &t))
                return;
        if (t.kind == TXN_DISPUTE)
                stripe_put_dispute(&o, NULL, c->arena, &t);
        put_one(c, &o, t.kind == TXN_DISPUTE);
}

void
stripe_event_get(struct call *c)
{
        int64_t number;
        struct str body;

        if (!stripe_admit(c))
                return;
        if (stripe_id_parse(c->id, "evt", &number) && event_body(c->box->books, c->arena, number, &body))
                call_answer(c, 200, JSON, body);
        else
                (void)refuse(c, 404, "resource_missing", "No such event", "id");
}
