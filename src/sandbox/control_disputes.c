/*
 * control_disputes.c - what happens at the gateway without our doing:
 * disputes, their outcomes, dashboard refunds, the end of its day.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/err.h"
#include "io/json_read.h"
#include "io/json_write.h"
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/control.h"
#include "sandbox/stripe.h"
#include "sandbox/testclock.h"

#define FEE             1500
#define REASON_MAX      100

static bool
read_body(struct call *c, struct json_reader *r, struct err *e)
{
        struct json *root;

        if (!json_parse(c->arena, c->body, &root, e))
                return false;
        *r = json_reader_root(c->arena, root, e);
        return true;
}

/* The row that a gateway's id names becomes the posting's original. */
static bool
read_original(struct call *c, struct str id, struct posting *p)
{
        struct txn t;

        if (!gateway_txn_parse(id, &p->original) || !books_find(c->box->books, p->original, &t))
                return false;
        p->gateway = t.gateway;
        p->amount.currency = t.amount.currency;
        return true;
}

/* Books it and answers {"id"}. */
static void
post(struct call *c, struct posting *p)
{
        struct json_out o = json_out_new(c->arena);
        struct txn row;

        p->now_ms = testclock_now_ms();
        if (books_post(c->box->books, p, &row) != POSTED) {
                call_refuse(c, 409, "the books refuse it: nothing of it is left, or it is in another state");
                return;
        }
        jo_object(&o, NULL);
        jo_text(&o, "id", gateway_txn_id(c->arena, p->kind > TXN_DISPUTE ? &(struct txn){
            .id = row.original, .gateway = row.gateway, .kind = TXN_DISPUTE } : &row));
        jo_end_object(&o);
        call_answer(c, 200, "application/json", json_out_str(&o));
}

static void
read_and_post(struct call *c, struct json_reader *r, struct posting *p)
{
        struct str transaction = json_get_text(r, "transaction", REQUIRED, 1, 64);

        if (!json_reader_close(r))
                control_refuse(c, r->e);
        else if (!read_original(c, transaction, p))
                call_refuse(c, 404, "there is no such transaction");
        else
                post(c, p);
}

void
control_dispute(struct call *c)
{
        struct posting p = { .kind = TXN_DISPUTE };
        struct json_reader r;
        struct err e = { 0 };

        if (!read_body(c, &r, &e)) {
                control_refuse(c, &e);
                return;
        }
        p.amount.minor = json_get_int(&r, "amount", OPTIONAL, 1, AMOUNT_MAX, 0);
        p.fee = json_get_int(&r, "fee", OPTIONAL, 0, AMOUNT_MAX, FEE);
        p.data = json_get_text(&r, "reason", REQUIRED, 1, REASON_MAX);
        p.quiet = !json_get_bool(&r, "webhook", OPTIONAL, true);
        read_and_post(c, &r, &p);
}

void
control_refund(struct call *c)
{
        struct posting p = { .kind = TXN_REFUND };
        struct json_reader r;
        struct err e = { 0 };

        if (!read_body(c, &r, &e)) {
                control_refuse(c, &e);
                return;
        }
        p.amount.minor = json_get_int(&r, "amount", REQUIRED, 1, AMOUNT_MAX, 0);
        read_and_post(c, &r, &p);
}

void
control_dispute_resolve(struct call *c)
{
        static const char *const outcomes[] = { "won", "lost", NULL };
        struct posting p = { 0 };
        struct json_reader r;
        struct err e = { 0 };
        int outcome;

        if (!read_body(c, &r, &e)) {
                control_refuse(c, &e);
                return;
        }
        outcome = json_get_word(&r, "outcome", REQUIRED, outcomes);
        p.quiet = !json_get_bool(&r, "webhook", OPTIONAL, true);
        p.kind = outcome == 0 ? TXN_WON : TXN_LOST;
        if (!json_reader_close(&r))
                control_refuse(c, &e);
        else if (!read_original(c, c->id, &p))
                call_refuse(c, 404, "there is no such dispute");
        else
                post(c, &p);
}

/* {id, gateway, transaction, order, amount, currency, fee, status: open, won or lost}, the oldest first. */
void
control_disputes_list(struct call *c)
{
        struct txn_filter filter = { .order = call_field(c, c->query, "order") };
        size_t n;
        const struct txn *t = books_select(c->box->books, &filter, c->arena, &n);
        struct json_out o = json_out_new(c->arena);

        jo_object(&o, NULL);
        jo_array(&o, "data");
        for (size_t i = 0; i < n; i++) {
                if (t[i].kind != TXN_DISPUTE)
                        continue;
                jo_object(&o, NULL);
                jo_text(&o, "id", gateway_txn_id(c->arena, &t[i]));
                jo_z(&o, "gateway", txn_gateway_word(t[i].gateway));
                jo_text(&o, "transaction", gateway_txn_id(c->arena, &(struct txn){
                    .id = t[i].original, .gateway = t[i].gateway, .kind = TXN_SALE }));
                jo_text(&o, "order", t[i].order);
                jo_int(&o, "amount", t[i].amount.minor);
                jo_z(&o, "currency", currency_code(t[i].amount.currency));
                jo_int(&o, "fee", t[i].fee);
                jo_z(&o, "status", t[i].closed_by == NULL ? "open" : txn_kind_word(t[i].closed_by->kind));
                jo_end_object(&o);
        }
        jo_end_array(&o);
        jo_end_object(&o);
        call_answer(c, 200, "application/json", json_out_str(&o));
}

/* All that is taken and stands goes into a batch. */
void
control_settle(struct call *c)
{
        size_t n;
        const struct txn *t = books_select(c->box->books, &(struct txn_filter){ 0 }, c->arena, &n);
        struct json_out o = json_out_new(c->arena);
        int64_t settled = 0;

        for (size_t i = 0; i < n; i++) {
                struct posting p = { .gateway = t[i].gateway, .kind = TXN_SETTLE, .original = t[i].id };
                struct txn row;

                p.now_ms = testclock_now_ms();
                if (t[i].settled_by == NULL && books_post(c->box->books, &p, &row) == POSTED)
                        settled++;
        }
        jo_object(&o, NULL);
        jo_int(&o, "settled", settled);
        jo_end_object(&o);
        call_answer(c, 200, "application/json", json_out_str(&o));
}
