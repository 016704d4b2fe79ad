/*
 * order_place.c - a new order: claimed, priced on a snapshot, its tickets
 * held, its payment recorded, in one transaction of two waits; then the charge.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/guests/guest.h"
#include "domain/orders/order_price.h"
#include "domain/payments/payment.h"
#include "io/db.h"
#include "io/fence.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/orders/orders.sql.def"

struct placing {
        struct task *task;
        const struct order_ask *ask;
        struct uuid id;                 /* made once: a repeated run makes the same order */
        struct order order;
        struct payment payment;
        bool send;                      /* an attempt is recorded and must be sent */
        struct answer *out;
        size_t *misses;
};

static struct order
order_of_price(struct task *t, const struct order_ask *ask, struct uuid id, const struct order_terms *terms,
    const struct price *p)
{
        struct order o = {
                .org = ask->org, .id = id, .organizer = terms->organizer, .event = ask->event,
                .guest = uuid_new(ask->org), .person = ask->person, .currency = terms->currency,
                .guest_name = ask->guest_name, .guest_email = ask->guest_email,
                .list = p->list, .discount = p->discount, .net = p->net, .guest_fee = p->guest_fee,
                .absorbed_fee = p->absorbed_fee, .tax = p->tax, .share = p->share, .reserve = p->reserve,
                .total = p->total, .version = 1, .metadata = ask->metadata, .lines_n = p->lines,
        };

        o.status = p->total == 0 || ask->payment_token.p != NULL ? STR("processing") : STR("held");
        order_codes_show(t->arena, &terms->codes, &o);
        o.lines = ARENA_ARRAY(t->arena, struct order_line, p->lines);
        for (size_t i = 0; i < p->lines; i++) {
                const struct price_line *l = &p->line[i];

                o.lines[i] = (struct order_line){ ask->items[i].type, l->quantity, l->unit_price, l->list,
                        l->discount, l->net, l->fee, l->tax, l->total };
        }
        return o;
}

static void
param_lines(struct params *q, struct arena *a, const struct order *o, const struct price *p)
{
        struct uuid *types = ARENA_ARRAY(a, struct uuid, o->lines_n);
        int64_t *quantities = ARENA_ARRAY(a, int64_t, o->lines_n);
        int64_t *lines = ARENA_ARRAY(a, int64_t, o->lines_n * 7), *v = lines;
        int64_t *parts = ARENA_ARRAY(a, int64_t, (size_t)p->tickets * 7), *w = parts;

        for (size_t i = 0; i < o->lines_n; i++) {
                const struct order_line *l = &o->lines[i];
                const int64_t line[7] = { l->unit_price, l->list, l->discount, l->net, l->fee, l->tax, l->total };

                types[i] = l->type;
                quantities[i] = l->quantity;
                memcpy(v, line, sizeof line);
                v += 7;
                for (int64_t k = 0; k < l->quantity; k++, w += 7)
                        memcpy(w, &p->line[i].ticket[k], sizeof p->line[i].ticket[k]);
        }
        _Static_assert(sizeof(struct price_parts) == 7 * sizeof(int64_t), "parts are stored as seven numbers");
        param_uuid_array(q, types, o->lines_n);
        param_i64_array(q, quantities, o->lines_n);
        param_i64_array(q, lines, o->lines_n * 7);
        param_i64_array(q, parts, (size_t)p->tickets * 7);
}

static void
order_open_put(struct placing *w, struct tx *tx, const struct order_terms *terms, const struct price *p)
{
        struct task *t = w->task;
        const struct order_ask *ask = w->ask;
        const struct order *o = &w->order;
        struct params q = params_in(t->arena);
        struct guest guest = { o->guest, o->guest_name, o->guest_email, ask->guest_locale };
        struct str texts[GUEST_TEXTS];
        int64_t amounts[] = {
                o->list, o->discount, o->net, o->guest_fee, o->absorbed_fee, o->tax, o->share, o->reserve, o->total,
        };

        guest_texts(t->arena, &guest, ask->client_ip, ask->client_agent, ask->client_device, texts);
        param_i64(&q, o->org);
        param_uuid(&q, o->id);
        param_uuid(&q, o->event);
        param_text(&q, o->status);
        param_uuid(&q, o->guest);
        param_uuid_or_null(&q, o->person);
        param_text_array(&q, texts, GUEST_TEXTS);
        param_text(&q, o->currency);
        param_i64_array(&q, amounts, ARRAY_LEN(amounts));
        param_text(&q, terms->policy);
        param_text(&q, o->metadata);
        param_bool(&q, ask->age_confirmed);
        param_i64(&q, t->conf->hold_seconds);
        param_lines(&q, t->arena, o, p);
        param_z(&q, ask->actor);
        param_text(&q, t->subject.request_id);
        param_text(&q, o->promo_code);
        order_codes_slots(&q, t->arena, ask, &terms->codes);
        tx_put(tx, &stmt_order_open, &q);
}

static bool
order_open_get(struct placing *w, struct tx *tx, struct err *e)
{
        struct rows r;

        if (!tx_get(tx, &r, e)) {
                if (e->code == ERR_TEMPORARILY_UNAVAILABLE)
                        e->retry_after_seconds = 5;
                return false;
        }
        w->order.created_at = row_time(&r, w->task->arena, 0, "created_at");
        w->order.expires_at = row_time(&r, w->task->arena, 0, "expires_at");
        return true;
}

static bool
complete_free(struct placing *w, struct tx *tx, struct err *e)
{
        struct task *t = w->task;
        struct params q = params_in(t->arena);

        w->order.status = STR("paid");
        order_issue_tickets(t, &w->order);
        param_i64(&q, w->order.org);
        param_uuid(&q, w->order.id);
        order_paid_params(&w->order, &q);
        param_z(&q, w->ask->actor);
        param_text(&q, t->subject.request_id);
        return tx_call(tx, &stmt_order_free, &q, NULL, e);
}

/* A fresh key: everything is written here, in the second of two waits. */
static bool
place_fresh(struct placing *w, struct tx *tx, const struct order_facts *facts, struct err *e)
{
        struct task *t = w->task;
        const struct order_ask *ask = w->ask;
        struct order_terms terms;
        struct price price;
        bool ok = order_price(t, ask, facts, &terms, &price, e);

        *w->misses = terms.codes.unknown;
        if (!ok)
                return false;
        w->order = order_of_price(t, ask, w->id, &terms, &price);
        order_open_put(w, tx, &terms, &price);
        if (price.total > 0 && ask->payment_token.p != NULL) {
                w->payment = payment_new(t, &w->order, terms.gateway, &ask->idem, 201, ask->actor);
                payment_begin_put(t, tx, &w->payment);
                w->send = true;
                tx_commit(tx);
                return order_open_get(w, tx, e);
        }
        if (!order_open_get(w, tx, e) || (price.total == 0 && !complete_free(w, tx, e)))
                return false;
        *w->out = (struct answer){
                .status = 201, .body = order_view(t->arena, &w->order, ask->idem.browser, ask->idem.browser),
        };
        idem_finish_put(t, tx, &ask->idem, w->out);
        return true;
}

static bool
place_tx(struct tx *tx, void *arg, struct err *e)
{
        struct placing *w = arg;
        struct task *t = w->task;
        struct order_facts facts = { .strict = true };
        enum idem_verdict verdict;
        struct uuid object;

        w->send = false;
        idem_claim_put(t, tx, &w->ask->idem, w->id);
        order_facts_put(t, tx, w->ask);
        if (!idem_claim_get(t, tx, &w->ask->idem, &verdict, &object, w->out, e) ||
            !order_facts_get(tx, w->ask, &facts, e))
                return false;
        switch (verdict) {
        case IDEM_FRESH:
                return place_fresh(w, tx, &facts, e);
        case IDEM_REPLAY:
                return true;
        case IDEM_MINE:
        case IDEM_OPEN:
                return order_resume(t, tx, &(struct order_resuming){
                        .org = w->ask->org, .order = object, .payment_token = w->ask->payment_token,
                        .idem = &w->ask->idem, .actor = w->ask->actor, .status_when_paid = 201,
                        .mine = verdict == IDEM_MINE, .out = &w->order, .payment = &w->payment, .send = &w->send,
                        .answer = w->out,
                }, e);
        }
        NEVER("idempotency verdict");
}

bool
order_place(struct task *t, const struct order_ask *ask, struct answer *out, size_t *misses, struct err *e)
{
        struct placing w = { .task = t, .ask = ask, .id = uuid_new(ask->org), .out = out, .misses = misses };
        bool ok;

        *misses = 0;
        memset(out, 0, sizeof *out);
        if (ask->payment_token.p != NULL)
                fence_arm(t->fence, t->conf->fence_ms);
        ok = db_tx_run(t->db, t->arena, &t->subject, place_tx, &w, e);
        if (ok && w.send)
                payment_send(t, &w.payment, ask->payment_token, out);
        fence_disarm(t->fence);
        return ok;
}
