/*
 * gateway_stripe_query.c - what Stripe knows of a reference, and its list of
 * events. Its search is a minute behind what happened, an hour when it is ill
 * (docs.stripe.com/search), which is longer than a horizon: what the search
 * does not find is looked for in the list of those made since the reference
 * was, which is not behind.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "io/json_read.h"
#include "io/json_write.h"
#include "io/task.h"
#include "outside/gateway_records.h"
#include "outside/gateway_stripe.h"

#define REFUNDS_PAGE    100
#define RECENT_S        INT64_C(7200)
#define SKEW_MS         (INT64_C(300) * 1000)   /* Stripe's clock against ours */
#define RECENT_PAGE     100
#define RECENT_PAGES    100             /* of more than that nothing is known before the search is sure */
#define PAGE_ARENA_CAP  ((size_t)32 * 1024 * 1024)
#define ID_MAX          128
#define SEARCH_LAG_MS   (INT64_C(3600) * 1000)  /* the search is behind by so long at most, when it is ill */
#define EVENTS_PAGE     40              /* a hundred with their objects are more values than json_read.h takes */

/* The elements of a list; false when there are more on other pages, or it is none. */
static bool
list_read(const struct json *list, const struct json **first, struct gateway_records *out)
{
        bool more;
        const struct json *data = stripe_page(list, &more);

        memset(out, 0, sizeof *out);
        out->why = STR("the answer is no list, or one with more pages than fit");
        if (data == NULL || more)
                return false;
        *first = data->child;
        return true;
}

/* A place for another record of our reference; NULL when there is none: then nothing is known. */
static struct gateway_record *
record_add(struct gateway_records *out, const struct json *object)
{
        struct gateway_record *r = &out->record[out->n];

        if (out->n == GATEWAY_RECORDS_MAX)
                return NULL;
        out->n++;
        *r = (struct gateway_record){
                .transaction = stripe_id(object, "id"), .reference = stripe_metadata(object, "reference"),
                .order = stripe_metadata(object, "order"), .house = stripe_metadata(object, "house"),
        };
        return r->transaction.p != NULL && stripe_money(object, "amount", &r->amount) ? r : NULL;
}

/* Stripe lists the newest first, and tells times by the second. */
static void
ended(struct gateway_records *out, bool ok)
{
        out->asked = ok;
        out->n = ok ? out->n : 0;
        out->why = ok ? STR_NONE : STR("a record can't be read");
        gateway_records_reverse(out);
        gateway_records_sort(out);
}

static bool
intent_read(struct arena *a, const struct json *intent, struct gateway_records *out)
{
        const struct json *charge = json_member(intent, "latest_charge");
        struct gateway_record *r = record_add(out, intent);

        if (r == NULL)
                return false;
        r->state = stripe_intent_state(intent);
        r->captured = r->state == RECORD_APPROVED;      /* what has been captured is refunded, never canceled */
        r->code = stripe_text(intent, "status");
        r->card_brand = stripe_card_brand(intent);
        r->card_last4 = stripe_card_last4(intent);
        r->card_fingerprint = stripe_card_fingerprint(intent);
        r->occurred_at = stripe_time(a, charge, "created");
        if (r->occurred_at.p == NULL)
                r->occurred_at = stripe_time(a, intent, "created");
        return true;
}

/* Adds those of the reference; false when one of them can't be read. */
static bool
intents_add(struct arena *a, const struct json *first, struct str reference, struct gateway_records *out)
{
        for (const struct json *one = first; one != NULL; one = one->next)
                if (str_eq(stripe_metadata(one, "reference"), reference) &&
                    (stripe_as(one, "payment_intent") == NULL || !intent_read(a, one, out)))
                        return false;
        return true;
}

void
stripe_intents_read(struct arena *a, const struct json *list, struct str reference, struct gateway_records *out)
{
        const struct json *first;

        if (list_read(list, &first, out))
                ended(out, intents_add(a, first, reference, out));
}

static bool
refund_read(struct arena *a, const struct json *refund, struct gateway_records *out)
{
        struct gateway_record *r = record_add(out, refund);

        if (r == NULL)
                return false;
        r->state = stripe_refund_state(refund);
        r->code = stripe_text(refund, "status");
        r->charge = stripe_charge_of(refund);
        r->occurred_at = stripe_time(a, refund, "created");
        return true;
}

/* A refund of all of it under another name (its record is lost, or it was made in the dashboard): the money is back. */
static bool
gives_back_whole(const struct json *refund, const struct gateway_step *s)
{
        struct money m;

        return s->whole && stripe_refund_state(refund) == RECORD_APPROVED && stripe_money(refund, "amount", &m) &&
            m.minor == s->amount.minor && m.currency == s->amount.currency;
}

void
stripe_refunds_read(struct arena *a, const struct json *list, const struct gateway_step *s,
    struct gateway_records *out)
{
        const struct json *one;
        bool ok = true;

        if (!list_read(list, &one, out))
                return;
        for (; one != NULL && ok; one = one->next)
                if (str_eq(stripe_metadata(one, "reference"), s->reference) || gives_back_whole(one, s))
                        ok = stripe_as(one, "refund") != NULL && refund_read(a, one, out);
        ended(out, ok);
}

/* A reference is an id, and ids tell when they were made. */
static bool
reference_made(struct str reference, int64_t *made_ms)
{
        struct uuid id;

        if (!typeid_parse("pay", reference, &id))
                return false;
        *made_ms = uuid_made_ms(id);
        return true;
}

/* No intent is older than its reference: in seconds, where the list of the recent ones may begin. */
static int64_t
recent_since(struct str reference)
{
        int64_t made_ms, since_ms = clock_wall_ms() - RECENT_S * 1000;

        if (reference_made(reference, &made_ms) && made_ms - SKEW_MS > since_ms)
                since_ms = made_ms - SKEW_MS;
        return since_ms / 1000;
}

/* Going through the intents of a span of time, page by page, for those of one reference. */
struct recent {
        struct task paged;              /* the look-up's, with an arena for one page */
        struct str reference;
        int64_t from_s, to_s;           /* to_s 0: until now */
        int64_t until_ms;               /* of the whole look-up */
        char cursor[ID_MAX];            /* "": the first page */
        char found[GATEWAY_RECORDS_MAX][ID_MAX];
        int n;
        bool more;
};

static bool
keep(char to[ID_MAX], struct str id)
{
        (void)snprintf(to, ID_MAX, "%.*s", STR_ARG(id));
        return id.n > 0 && id.n < ID_MAX;
}

/* One page; false, with a word why, when it can't be read or more are found than fit. */
static bool
recent_page(struct recent *w, struct str *why)
{
        struct task *t = &w->paged;
        struct stripe_call c = { .method = HTTP_GET, .path = STR("payment_intents"), .until_ms = w->until_ms };
        const struct json *list, *data;

        stripe_put_int(t->arena, &c, "created[gte]", w->from_s);
        if (w->to_s > 0)
                stripe_put_int(t->arena, &c, "created[lte]", w->to_s);
        stripe_put_int(t->arena, &c, "limit", RECENT_PAGE);
        if (w->cursor[0] != '\0')
                stripe_put(&c, "starting_after", str_of(w->cursor));
        list = stripe_ask(t, &c, "list", why);
        data = list == NULL ? NULL : stripe_page(list, &w->more);
        if (data == NULL)
                return false;
        for (const struct json *one = data->child; one != NULL; one = one->next) {
                if (!keep(w->cursor, stripe_id(one, "id")))
                        return false;
                if (!str_eq(stripe_metadata(one, "reference"), w->reference))
                        continue;
                if (w->n == GATEWAY_RECORDS_MAX || !keep(w->found[w->n++], stripe_id(one, "id")))
                        return false;
        }
        return true;
}

/* What was found, each as it is now and with its card. */
static bool
found_read(struct task *t, const struct recent *w, struct gateway_records *out, struct str *why)
{
        for (int i = 0; i < w->n; i++) {
                struct stripe_call c = {
                        .method = HTTP_GET, .path = str_fmt(t->arena, "payment_intents/%s", w->found[i]),
                        .until_ms = w->until_ms,
                };
                const struct json *intent;

                stripe_put(&c, "expand[]", STR("latest_charge"));
                intent = stripe_ask(t, &c, "payment_intent", why);
                if (intent == NULL || !intent_read(t->arena, intent, out))
                        return false;
        }
        return true;
}

static void
recent_read(struct task *t, struct str reference, int64_t until_ms, struct gateway_records *out)
{
        struct recent w = { .paged = *t, .reference = reference, .until_ms = until_ms, .more = true };
        struct str why = STR("more intents since then than are gone through"), said = STR_NONE;
        int64_t made_ms;
        bool ok = true;

        w.from_s = recent_since(reference);
        /* Business time may run ahead of the reference's where there is a test clock. */
        if (!conf_is_test(t->conf) && reference_made(reference, &made_ms))
                w.to_s = (made_ms + t->conf->fence_ms + HTTP_TCP_USER_TIMEOUT_MS + SKEW_MS) / 1000;
        w.paged.arena = arena_new(PAGE_ARENA_CAP);
        for (int page = 0; ok && w.more && page < RECENT_PAGES; page++) {
                ok = recent_page(&w, &said);
                if (!ok && said.p != NULL)
                        why = str_dup(t->arena, said);
                arena_reset(w.paged.arena);
        }
        arena_free(w.paged.arena);
        out->n = 0;
        ended(out, ok && !w.more && found_read(t, &w, out, &why));
        if (!out->asked)
                out->why = why;
}

static bool
search_is_sure(struct str reference)
{
        int64_t made_ms;

        return reference_made(reference, &made_ms) && clock_wall_ms() - made_ms > SEARCH_LAG_MS;
}

/* A reference stands in the query between quotes: one that could end them is never asked for. */
void
stripe_lookup(struct task *t, struct str reference, struct gateway_records *out)
{
        int64_t until_ms = clock_mono_ms() + t->conf->call_deadline_ms;
        struct stripe_call c = {
                .method = HTTP_GET, .path = STR("payment_intents/search"), .until_ms = until_ms,
        };
        const struct json *list;

        memset(out, 0, sizeof *out);
        out->why = STR("a reference that is none of ours");
        if (!gateway_is_id(reference))
                return;
        stripe_put(&c, "query", str_fmt(t->arena, "metadata['reference']:'%.*s'", STR_ARG(reference)));
        stripe_put_int(t->arena, &c, "limit", GATEWAY_RECORDS_MAX);
        stripe_put(&c, "expand[]", STR("data.latest_charge"));
        list = stripe_ask(t, &c, "search_result", &out->why);
        if (list != NULL)
                stripe_intents_read(t->arena, list, reference, out);
        if (out->asked && out->n == 0 && !search_is_sure(reference))
                recent_read(t, reference, until_ms, out);
}

void
stripe_lookup_refund(struct task *t, const struct gateway_step *s, struct gateway_records *out)
{
        struct stripe_call c = { .method = HTTP_GET, .path = STR("refunds") };
        const struct json *list;

        memset(out, 0, sizeof *out);
        stripe_put(&c, stripe_is_charge(s->transaction) ? "charge" : "payment_intent", s->transaction);
        stripe_put_int(t->arena, &c, "limit", REFUNDS_PAGE);
        list = stripe_ask(t, &c, "list", &out->why);
        if (list != NULL)
                stripe_refunds_read(t->arena, list, s, out);
}

void
stripe_find_refund(struct task *t, struct str transaction, struct gateway_records *out)
{
        struct stripe_call c = { .method = HTTP_GET, .path = str_fmt(t->arena, "refunds/%.*s", STR_ARG(transaction)) };
        const struct json *refund;

        memset(out, 0, sizeof *out);
        refund = stripe_ask(t, &c, "refund", &out->why);
        if (refund != NULL)
                ended(out, refund_read(t->arena, refund, out));
}

bool
stripe_given_read(struct arena *a, const struct json *list, struct gateway_given *out, bool *more, struct str *last)
{
        struct gateway_records *one = ARENA_NEW(a, struct gateway_records);
        const struct json *data = stripe_page(list, more);

        out->why = STR("the answer is no list of refunds");
        if (data == NULL)
                return false;
        gateway_given_grow(a, out, data->children);
        for (const struct json *refund = data->child; refund != NULL; refund = refund->next) {
                one->n = 0;
                if (stripe_as(refund, "refund") == NULL || !refund_read(a, refund, one))
                        return false;
                out->record[out->n++] = one->record[0];
                *last = one->record[0].transaction;
        }
        return true;
}

void
stripe_given_back(struct task *t, const struct gateway_given_ask *ask, struct gateway_given *out)
{
        int64_t until_ms = clock_mono_ms() + t->conf->call_deadline_ms;
        struct str last = STR_NONE;
        bool more = true;

        while (more) {
                struct stripe_call c = { .method = HTTP_GET, .path = STR("refunds"), .until_ms = until_ms };
                const struct json *list;

                stripe_put(&c, stripe_is_charge(ask->charge) ? "charge" : "payment_intent", ask->charge);
                stripe_put_int(t->arena, &c, "limit", REFUNDS_PAGE);
                if (last.p != NULL)
                        stripe_put(&c, "starting_after", last);
                list = stripe_ask(t, &c, "list", &out->why);
                if (list == NULL || !stripe_given_read(t->arena, list, out, &more, &last))
                        return;
        }
        out->asked = true;
}

/* --- events ------------------------------------------------------------ */

/* A tree as text again: the same document, without blanks. */
static void
put_json(struct json_out *o, struct arena *a, const struct json *node, const char *key)
{
        switch (node->kind) {
        case JSON_NULL:
                jo_null(o, key);
                break;
        case JSON_BOOL:
                jo_bool(o, key, node->boolean);
                break;
        case JSON_NUMBER:
                jo_raw(o, key, node->text);
                break;
        case JSON_STRING:
                jo_text(o, key, node->text);
                break;
        case JSON_ARRAY:
                jo_array(o, key);
                for (const struct json *m = node->child; m != NULL; m = m->next)
                        put_json(o, a, m, NULL);
                jo_end_array(o);
                break;
        case JSON_OBJECT:
                jo_object(o, key);
                for (const struct json *m = node->child; m != NULL; m = m->next)
                        put_json(o, a, m, m->key.p);
                jo_end_object(o);
                break;
        }
}

/* One that can't be read is taken in as it came, as a callback would be: its id and type are enough. */
static bool
event_read(struct arena *a, const struct json *event, struct gateway_event *out)
{
        struct json_out o = json_out_new(a);
        struct err ignored = { .code = ERR_NONE };
        struct str body;

        put_json(&o, a, event, NULL);
        body = json_out_str(&o);
        if (!gateway_event_read(a, STR("stripe"), body, out, &ignored))
                *out = (struct gateway_event){ .gateway = STR("stripe"), .id = out->id, .type = out->type };
        out->body = body;
        return gateway_event_head(a, STR("stripe"), body, &out->id, &out->type);
}

void
stripe_events_read(struct arena *a, const struct json *list, struct gateway_events *out)
{
        bool more;
        const struct json *data = stripe_page(list, &more);

        *out = (struct gateway_events){ .why = STR("the answer is no list of events") };
        if (data == NULL)
                return;
        out->event = ARENA_ARRAY(a, struct gateway_event, data->children);
        for (const struct json *one = data->child; one != NULL; one = one->next)
                if (stripe_as(one, "event") == NULL || !event_read(a, one, &out->event[out->n++]))
                        return;
        out->asked = true;
        out->why = STR_NONE;
        if (more)
                out->next = out->event[out->n - 1].id;
}

void
stripe_events(struct task *t, struct str since, struct str cursor, struct gateway_events *out)
{
        struct stripe_call c = { .method = HTTP_GET, .path = STR("events") };
        const struct json *list;
        int64_t since_s;

        *out = (struct gateway_events){ .why = STR("since is no time") };
        if (!stripe_seconds(since, &since_s))
                return;
        stripe_put_int(t->arena, &c, "created[gte]", since_s);
        stripe_put_int(t->arena, &c, "limit", EVENTS_PAGE);
        if (cursor.p != NULL)
                stripe_put(&c, "starting_after", cursor);
        list = stripe_ask(t, &c, "list", &out->why);
        if (list != NULL)
                stripe_events_read(t->arena, list, out);
}
