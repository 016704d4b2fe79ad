/*
 * webhook_apply.c - due events, opened, judged and marked: many in one
 * transaction, and one by one when one of them spoils it.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/keyring.h"
#include "base/log.h"
#include "domain/payments/payment_hear.h"
#include "domain/webhooks/webhook.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/webhooks/webhooks.sql.def"

#define BATCH           32
#define SUSPECT_AFTER   3               /* tries */
#define BATCH_BYTES     (INT64_C(2) * 1024 * 1024)       /* of payloads, so that an arena holds them several times */
/* Longer than any batch takes, and what a dead daemon left is taken up again within the minute. */
#define LEASE_MS        50000
#define RETRY_FIRST_MS  1000
#define RETRY_MOST_MS   300000
#define NEXT            "see `boxoffice webhooks show`, then replay"

struct event {
        struct str id, gateway, type, payload;
        int64_t attempts;
        bool claimed;
        struct gateway_event said;
        struct hearing hearing;
};

struct batch {
        struct task *task;
        struct uuid lease;
        struct event event[BATCH];
        int n;
};

static void
event_params(struct params *p, const struct event *ev)
{
        param_text(p, ev->id);
        param_text(p, ev->gateway);
}

static bool
due_read(struct task *t, struct batch *b, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;
        int64_t size = 0;

        param_i64(&p, BATCH);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_webhooks_due, &p, &r, e))
                return false;
        CHECK(r.n <= BATCH);
        for (b->n = 0; b->n < r.n; b->n++) {
                bool suspect = row_i64(&r, b->n, "attempts") >= SUSPECT_AFTER;

                size += row_i64(&r, b->n, "size");
                if (b->n > 0 && (suspect || size > BATCH_BYTES))
                        return true;
                b->event[b->n] = (struct event){
                        .id = row_text(&r, b->n, "event_id"), .gateway = row_text(&r, b->n, "gateway"),
                };
                if (suspect)
                        r.n = 1;        /* alone: were it to kill us, it would take no other along */
        }
        return true;
}

static void
claimed_read(struct batch *b, struct event *ev, const struct rows *r)
{
        ev->claimed = r->n == 1 && !row_bool(r, 0, "buried");
        if (r->n == 1 && !ev->claimed)
                log_error(&b->task->subject, "webhook.buried", { "webhook", ev->id }, { "gateway", ev->gateway },
                    { "detail", STR("its workers died") },
                    { "next", STR(NEXT) });
        if (!ev->claimed)
                return;
        ev->type = row_text(r, 0, "type");
        ev->payload = row_bytes(r, b->task->arena, 0, "payload");
        ev->attempts = row_i64(r, 0, "attempts");
}

static bool
claim_tx(struct tx *tx, void *arg, struct err *e)
{
        struct batch *b = arg;
        struct rows r;

        for (int i = 0; i < b->n; i++) {
                struct params p = params_in(b->task->arena);

                event_params(&p, &b->event[i]);
                param_i64(&p, LEASE_MS);
                param_uuid(&p, b->lease);
                param_i64(&p, WEBHOOK_BURY_AFTER);
                tx_put(tx, &stmt_webhook_claim, &p);
        }
        tx_commit(tx);
        for (int i = 0; i < b->n; i++) {
                if (!tx_get(tx, &r, e))
                        return false;
                claimed_read(b, &b->event[i], &r);
        }
        return true;
}

bool
webhook_open(struct task *t, struct str gateway, struct str event_id, struct str payload, struct str *body,
    struct gateway_event *out, struct err *e)
{
        if (!keyring_unseal(t->arena, t->keyring, webhook_place(t->arena, gateway, event_id), payload, body))
                return err_set(e, ERR_INTERNAL, "its payload can't be opened with the keys of the present key file");
        return gateway_event_read(t->arena, gateway, *body, out, e);
}

static bool
event_open(struct task *t, struct event *ev, struct err *e)
{
        struct str body;

        return webhook_open(t, ev->gateway, ev->id, ev->payload, &body, &ev->said, e);
}

static void
done_put(struct batch *b, struct tx *tx, const struct event *ev, const struct heard *v)
{
        struct params p = params_in(b->task->arena);

        event_params(&p, ev);
        param_uuid(&p, b->lease);
        param_z(&p, v->ignored ? "ignored" : "applied");
        param_text(&p, v->note);
        tx_put(tx, &stmt_webhook_done, &p);
}

/* All effects, then all marks, in one commit: two waits. */
static bool
apply_tx(struct tx *tx, void *arg, struct err *e)
{
        struct batch *b = arg;
        struct heard v[BATCH];

        tx_repeatable(tx);
        for (int i = 0; i < b->n; i++)
                payment_hear_put(b->task, tx, &b->event[i].hearing, &b->event[i].said, false);
        for (int i = 0; i < b->n; i++)
                if (!payment_hear_get(b->task, tx, &b->event[i].hearing, &b->event[i].said, &v[i], e))
                        return false;
        for (int i = 0; i < b->n; i++)
                done_put(b, tx, &b->event[i], &v[i]);
        return true;
}

static bool
put_again(struct batch *b, const struct event *ev, const struct err *why, struct err *e)
{
        struct task *t = b->task;
        struct params p = params_in(t->arena);
        struct str note = str_fmt(t->arena, "%s: %s", err_info(why->code)->code, why->detail);
        struct rows r;

        log_warn(&t->subject, "webhook.failed", { "webhook", ev->id }, { "gateway", ev->gateway },
            { "type", ev->type }, { "detail", note });
        event_params(&p, ev);
        param_uuid(&p, b->lease);
        param_i64(&p, job_backoff_ms(ev->attempts, RETRY_FIRST_MS, RETRY_MOST_MS));
        param_text(&p, note);
        param_i64(&p, WEBHOOK_BURY_AFTER);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_webhook_again, &p, &r, e))
                return false;
        if (row_bool(&r, 0, "buried"))
                log_error(&t->subject, "webhook.buried", { "webhook", ev->id }, { "gateway", ev->gateway },
                    { "detail", note }, { "next", STR(NEXT) });
        return true;
}

/* Each in a transaction of its own; the one that fails is put back. */
static bool
apply_singly(struct batch *b, struct err *e)
{
        struct batch one = { .task = b->task, .lease = b->lease, .n = 1 };

        for (int i = 0; i < b->n; i++) {
                struct err why = { .code = ERR_NONE };

                one.event[0] = b->event[i];
                if (db_tx_run(b->task->db, b->task->arena, &b->task->subject, apply_tx, &one, &why))
                        continue;
                if (why.code == ERR_UNAVAILABLE) {
                        *e = why;
                        return false;
                }
                if (!put_again(b, &b->event[i], &why, e))
                        return false;
        }
        return true;
}

/* What was claimed and can be read moves to the front. */
static bool
open_all(struct batch *b, struct err *e)
{
        int n = 0;

        for (int i = 0; i < b->n; i++) {
                struct err why = { .code = ERR_NONE };

                if (!b->event[i].claimed)
                        continue;
                if (event_open(b->task, &b->event[i], &why))
                        b->event[n++] = b->event[i];
                else if (!put_again(b, &b->event[i], &why, e))
                        return false;
        }
        b->n = n;
        return true;
}

bool
webhooks_apply(struct task *t, bool *worked, struct err *e)
{
        struct batch *b = ARENA_NEW(t->arena, struct batch);
        struct err why = { .code = ERR_NONE };

        *b = (struct batch){ .task = t, .lease = uuid_new(0) };
        *worked = false;
        if (!due_read(t, b, e))
                return false;
        if (b->n == 0)
                return true;
        *worked = true;
        if (!db_tx_run(t->db, t->arena, &t->subject, claim_tx, b, e) || !open_all(b, e))
                return false;
        if (b->n == 0 || db_tx_run(t->db, t->arena, &t->subject, apply_tx, b, &why))
                return true;
        if (why.code == ERR_UNAVAILABLE) {
                *e = why;
                return false;
        }
        return apply_singly(b, e);
}
