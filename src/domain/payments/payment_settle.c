/*
 * payment_settle.c - the record of an attempt and of its outcome, with the
 * answer that its key gives from then on, in one commit.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/payments/payment_attempt.h"
#include "io/db.h"
#include "io/problem.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/payments/payments.sql.def"

#define TICKET_CODE_BYTES       16      /* 128 random bits: nobody guesses one */
#define RETRY_NOT_SENT_SECONDS  5

/* What the order costs; its currency is one that the catalog took. */
static struct money
money_of(const struct order *o)
{
        struct money m = { .minor = o->total };

        CHECK(currency_parse(o->currency, &m.currency));
        return m;
}

static struct payment
payment_of(struct task *t, struct order *o, struct uuid id, struct str gateway, const struct idem *i,
    int status_when_paid, const char *actor)
{
        char text[ID_TEXT_MAX];

        typeid_text("pay", id, text);
        return (struct payment){
                .org = o->org, .order = o, .id = id, .amount = money_of(o),
                .reference = str_dup(t->arena, str_of(text)), .gateway = gateway, .idem = *i,
                .status_when_paid = status_when_paid, .actor = actor,
        };
}

struct payment
payment_new(struct task *t, struct order *o, struct str gateway, const struct idem *i, int status_when_paid,
    const char *actor)
{
        return payment_of(t, o, uuid_new(o->org), gateway, i, status_when_paid, actor);
}

bool
payment_again(struct task *t, struct order *o, const struct idem *i, int status_when_paid, const char *actor,
    struct payment *out)
{
        for (size_t k = 0; k < o->payments_n; k++) {
                if (!uuid_eq(o->payments[k].id, out->id) || !str_is(o->payments[k].state, "sending"))
                        continue;
                *out = payment_of(t, o, o->payments[k].id, o->gateway, i, status_when_paid, actor);
                return true;
        }
        return false;
}

/* The order as it is once its attempt is recorded. */
static void
order_add_payment(struct task *t, struct order *o, struct uuid id)
{
        struct order_payment *all = ARENA_ARRAY(t->arena, struct order_payment, o->payments_n + 1);

        if (o->payments_n > 0)
                memcpy(all, o->payments, o->payments_n * sizeof *all);
        all[o->payments_n] = (struct order_payment){ .id = id, .state = STR("sending") };
        o->payments = all;
        o->payments_n++;
        o->status = STR("processing");
}

void
payment_begin_put(struct task *t, struct tx *tx, const struct payment *p)
{
        struct params q = params_in(t->arena);

        param_i64(&q, p->order->org);
        param_uuid(&q, p->order->id);
        param_uuid(&q, p->id);
        param_text(&q, p->reference);
        param_text(&q, p->gateway);
        param_i64(&q, p->order->total);
        param_text(&q, p->order->currency);
        param_i64_or_null(&q, p->idem.wanted, p->idem.org);
        if (p->idem.wanted)
                param_uuid(&q, p->idem.principal);
        else
                param_null(&q);
        param_text(&q, p->idem.wanted ? p->idem.key : STR_NONE);
        param_i64(&q, p->status_when_paid);
        /* Nobody looks before the sender is dead or done. */
        param_i64(&q, t->conf->fence_ms);
        param_z(&q, p->actor);
        param_text(&q, t->subject.request_id);
        tx_put(tx, &stmt_payment_begin, &q);
        order_add_payment(t, p->order, p->id);
}

void
order_issue_tickets(struct task *t, struct order *o)
{
        size_t n = 0, at = 0;

        for (size_t i = 0; i < o->lines_n; i++)
                n += (size_t)o->lines[i].quantity;
        o->tickets = ARENA_ARRAY(t->arena, struct order_ticket, n);
        o->tickets_n = n;
        for (size_t i = 0; i < o->lines_n; i++)
                for (int64_t k = 0; k < o->lines[i].quantity; k++)
                        o->tickets[at++] = (struct order_ticket){
                                .id = uuid_new(o->org),
                                .type = o->lines[i].type,
                                .code = random_text(t->arena, TICKET_CODE_BYTES),
                                .status = STR("valid"),
                        };
}

void
order_paid_params(const struct order *o, struct params *p)
{
        struct uuid *ids = ARENA_ARRAY(p->arena, struct uuid, o->tickets_n);
        struct str *codes = ARENA_ARRAY(p->arena, struct str, o->tickets_n);
        struct posting_set sale = recipe_post(RECIPE_sale, &(struct amounts){
                .list = o->list, .discount = o->discount, .guest_fee = o->guest_fee, .absorbed_fee = o->absorbed_fee,
                .tax = o->tax, .share = o->share, .reserve = o->reserve, .total = o->total,
        });

        for (size_t i = 0; i < o->tickets_n; i++) {
                ids[i] = o->tickets[i].id;
                codes[i] = o->tickets[i].code;
        }
        param_uuid_array(p, ids, o->tickets_n);
        param_text_array(p, codes, o->tickets_n);
        param_uuid(p, uuid_new(o->org));
        posting_set_params(&sale, p);
}

/* The order as it is while its attempt is under way: settling writes into it. */
static struct order
order_copy(struct task *t, const struct order *o)
{
        struct order copy = *o;

        copy.payments = ARENA_ARRAY(t->arena, struct order_payment, o->payments_n);
        if (o->payments_n > 0)
                memcpy(copy.payments, o->payments, o->payments_n * sizeof *copy.payments);
        return copy;
}

/* By id: after a clock was set back the attempt in hand need not be the newest. */
static struct order_payment *
payment_in_order(const struct payment *p)
{
        for (size_t i = 0; i < p->order->payments_n; i++)
                if (uuid_eq(p->order->payments[i].id, p->id))
                        return &p->order->payments[i];
        NEVER("the attempt is not its order's");
}

/* What the payment and its order are after the outcome. */
static void
order_apply(struct task *t, struct payment *p, enum payment_outcome outcome, const struct gateway_answer *a)
{
        struct order *o = p->order;
        struct order_payment *mine = payment_in_order(p);

        mine->card_brand = a->card_brand;
        mine->card_last4 = a->card_last4;
        mine->decline_code = a->decline_code;
        switch (outcome) {
        case PAYMENT_SUCCEEDED:
                mine->state = STR("succeeded");
                o->status = STR("paid");
                order_issue_tickets(t, o);
                return;
        case PAYMENT_DECLINED:
                mine->state = STR("declined");
                o->status = STR("held");
                return;
        case PAYMENT_NOT_SENT:
                mine->state = STR("not_sent");
                o->status = STR("held");
                return;
        case PAYMENT_NOT_FOUND:
                mine->state = STR("not_found_final");
                o->status = STR("held");
                return;
        case PAYMENT_UNKNOWN:
                mine->state = STR("unknown");
                return;
        }
        NEVER("payment outcome");
}

/* The audience of an order placed with a token is its guest. */
static struct str
view_for(struct task *t, const struct payment *p)
{
        return order_view(t->arena, p->order, p->idem.browser, p->idem.browser);
}

static struct answer
answer_problem(struct task *t, const struct payment *p, enum err_code code, const char *detail, struct str members,
    int retry_after_seconds)
{
        struct err e = { .code = ERR_NONE };
        struct str order = view_for(t, p);

        (void)err_set(&e, code, "%s", detail);
        e.extra = str_fmt(t->arena, "%.*s\"order\":%.*s", STR_ARG(members), STR_ARG(order));
        return (struct answer){
                .status = err_info(code)->status,
                .body = problem_json(t->arena, &e, t->conf->public_url, p->idem.request_id),
                .retry_after_seconds = retry_after_seconds,
        };
}

struct answer
payment_answer_not_sent(struct task *t, const struct payment *p)
{
        return answer_problem(t, p, ERR_GATEWAY_UNAVAILABLE,
            "the gateway can't be reached; nothing was charged and the order is still held", STR(""),
            RETRY_NOT_SENT_SECONDS);
}

static struct answer
answer_of(struct task *t, const struct payment *p, enum payment_outcome outcome, const struct gateway_answer *a)
{
        struct str decline;

        switch (outcome) {
        case PAYMENT_SUCCEEDED:
                return (struct answer){ .status = p->status_when_paid, .body = view_for(t, p) };
        case PAYMENT_DECLINED:
                decline = p->idem.browser ? STR("generic_decline") : a->decline_code;
                return answer_problem(t, p, ERR_CARD_DECLINED, "the card was declined; the order is still held",
                    str_fmt(t->arena, "\"decline_code\":\"%.*s\",", STR_ARG(decline)), 0);
        case PAYMENT_NOT_SENT:
        case PAYMENT_NOT_FOUND:
                return payment_answer_not_sent(t, p);
        case PAYMENT_UNKNOWN:
                return (struct answer){ .status = 202, .body = view_for(t, p) };
        }
        NEVER("payment outcome");
}

const char *
payment_outcome_state(enum payment_outcome outcome)
{
        static const char *const states[] = {
                [PAYMENT_SUCCEEDED] = "succeeded", [PAYMENT_DECLINED] = "declined", [PAYMENT_NOT_SENT] = "not_sent",
                [PAYMENT_UNKNOWN] = "unknown", [PAYMENT_NOT_FOUND] = "not_found_final",
        };

        return states[outcome];
}

struct settling {
        struct task *task;
        const struct payment *payment;
        struct params params;
        const struct answer *final;     /* NULL: the run ends without one */
        bool placed;
};

static bool
payment_settle_tx(struct tx *tx, void *arg, struct err *e)
{
        struct settling *s = arg;
        struct rows r;

        /* A second run after a lost COMMIT finds the payment settled: a conflict, which changes nothing. */
        tx_repeatable(tx);
        tx_put(tx, &stmt_payment_settle, &s->params);
        if (s->payment->late) {
                /* Only the database knows whether the order takes it. */
                if (!tx_get(tx, &r, e))
                        return false;
                s->placed = str_is(row_text(&r, 0, "state"), "succeeded");
                if (s->placed)
                        idem_finish_put(s->task, tx, &s->payment->idem, s->final);
                return true;
        }
        idem_finish_put(s->task, tx, &s->payment->idem, s->final);
        tx_commit(tx);
        s->placed = true;
        return tx_get(tx, &r, e);
}

/* The entry that a capture gets when no order takes it: three parameters. Without it a late approval is refused. */
static void
unplaced_params(const struct payment *p, struct params *q)
{
        struct posting_set unplaced = recipe_post(RECIPE_unplaced_capture,
            &(struct amounts){ .amount = p->amount.minor });

        if (!p->late) {
                for (int i = 0; i < 3; i++)
                        param_null(q);
                return;
        }
        param_uuid(q, uuid_new(p->org));
        posting_set_params(&unplaced, q);
}

static void
settle_params(struct task *t, const struct payment *p, enum payment_outcome outcome, const struct gateway_answer *a,
    struct params *q)
{
        payment_outcome_put(q, p, outcome, a);
        if (outcome == PAYMENT_SUCCEEDED && p->order != NULL)
                order_paid_params(p->order, q);
        else
                for (int i = 0; i < 5; i++)
                        param_null(q);
        param_i64(q, PAYMENT_LOOKUP_FIRST_MS);
        param_z(q, p->actor);
        param_text(q, t->subject.request_id);
        param_text(q, a->occurred_at);
        unplaced_params(p, q);
        payment_card_put(t->arena, q, p->gateway, a->card_fingerprint);
}

/* One try; the order is left as it was when it does not take the charge, or nothing was recorded. */
static bool
settle_once(struct task *t, struct payment *p, enum payment_outcome outcome, const struct gateway_answer *a,
    struct answer *out, struct err *e)
{
        struct settling s = { .task = t, .payment = p, .params = params_in(t->arena) };
        struct order before = { .org = p->org };
        bool ok;

        if (p->order != NULL) {
                before = order_copy(t, p->order);
                order_apply(t, p, outcome, a);
                *out = answer_of(t, p, outcome, a);
                /* Only what was charged or declined is final: after anything else the key goes on with the order. */
                s.final = outcome == PAYMENT_SUCCEEDED || outcome == PAYMENT_DECLINED ? out : NULL;
        }
        settle_params(t, p, outcome, a, &s.params);
        ok = db_tx_run(t->db, t->arena, &t->subject, payment_settle_tx, &s, e);
        if (p->order != NULL && (!ok || !s.placed))
                *p->order = before;
        p->unplaced = ok && !s.placed;
        if (p->unplaced && p->order != NULL)
                *out = (struct answer){ .status = 202, .body = view_for(t, p) };
        return ok;
}

bool
payment_settle(struct task *t, struct payment *p, enum payment_outcome outcome, const struct gateway_answer *a,
    struct answer *out, struct err *e)
{
        if (settle_once(t, p, outcome, a, out, e))
                return true;
        if (e->code != ERR_STATE_CONFLICT || outcome != PAYMENT_SUCCEEDED || p->late)
                return false;
        /* Somebody may have given it up meanwhile: then it is a late approval, and only now known to be one. */
        err_clear(e);
        p->late = true;
        return settle_once(t, p, outcome, a, out, e);
}
