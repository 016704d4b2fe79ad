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

/* Which of the batch a row is about; two gateways may use the same id. */
static struct event *
event_of(struct batch *b, struct str id, struct str gateway)
{
        for (int i = 0; i < b->n; i++)
                if (str_eq(b->event[i].id, id) && str_eq(b->event[i].gateway, gateway))
                        return &b->event[i];
        NEVER("an event that was not asked for");
}

static void
claimed_read(struct batch *b, const struct rows *r, int i)
{
        struct event *ev = event_of(b, row_text(r, i, "event_id"), row_text(r, i, "gateway"));

        ev->claimed = str_is(row_text(r, i, "state"), "received");
        if (!ev->claimed)
                log_error(&b->task->subject, "webhook.buried", { "webhook", ev->id }, { "gateway", ev->gateway },
                    { "detail", STR("its workers died") },
                    { "next", STR(NEXT) });
        ev->type = row_text(r, i, "type");
        ev->payload = row_bytes(r, b->task->arena, i, "payload");
        ev->attempts = row_i64(r, i, "attempts");
}

/* p_ids and p_gateways */
static void
batch_params(struct params *p, const struct batch *b)
{
        struct str id[BATCH], gateway[BATCH];

        for (int i = 0; i < b->n; i++) {
                id[i] = b->event[i].id;
                gateway[i] = b->event[i].gateway;
        }
        param_text_array(p, id, (size_t)b->n);
        param_text_array(p, gateway, (size_t)b->n);
}

static bool
claim(struct batch *b, struct err *e)
{
        struct task *t = b->task;
        struct params p = params_in(t->arena);
        struct rows r;

        batch_params(&p, b);
        param_i64(&p, LEASE_MS);
        param_uuid(&p, b->lease);
        param_i64(&p, WEBHOOK_BURY_AFTER);
        /* Repeated after a lost connection it gets again what it got. */
        if (!db_query(t->db, t->arena, &t->subject, &stmt_webhooks_claim, &p, &r, e))
                return false;
        for (int i = 0; i < r.n; i++)
                claimed_read(b, &r, i);
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

        return webhook_open(t, ev->gateway, ev->id, ev->payload, &body, &ev->said, e) &&
            payment_hear_find(t, &ev->said, e);
}

static void
done_put(struct batch *b, struct tx *tx, const struct heard *v)
{
        struct params p = params_in(b->task->arena);
        struct str state[BATCH], note[BATCH];

        for (int i = 0; i < b->n; i++) {
                state[i] = v[i].ignored ? STR("ignored") : STR("applied");
                note[i] = v[i].note;
        }
        batch_params(&p, b);
        param_uuid(&p, b->lease);
        param_text_array(&p, state, (size_t)b->n);
        param_text_array(&p, note, (size_t)b->n);
        tx_put(tx, &stmt_webhooks_done, &p);
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
        done_put(b, tx, v);
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
        param_text(&p, ev->id);
        param_text(&p, ev->gateway);
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
                if (event_open(b->task, &b->event[i], &why)) {
                        payment_hear_begin(b->task, &b->event[i].hearing, &b->event[i].said);
                        b->event[n++] = b->event[i];
                } else if (!put_again(b, &b->event[i], &why, e)) {
                        return false;
                }
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
        if (!claim(b, e) || !open_all(b, e))
                return false;
        if (b->n == 0 || db_tx_run(t->db, t->arena, &t->subject, apply_tx, b, &why))
                return true;
        if (why.code == ERR_UNAVAILABLE) {
                *e = why;
                return false;
        }
        return apply_singly(b, e);
}
