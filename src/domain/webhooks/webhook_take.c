/* webhook_take.c - an event into the database, in the order that loses none: Redis asked, row committed, Redis told. */
#include "base/base.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/keyring.h"
#include "base/log.h"
#include "domain/house/house.h"
#include "domain/webhooks/webhook.h"
#include "io/db.h"
#include "io/kv.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/webhooks/webhooks.sql.def"

#define PENDING_S       60
#define DONE_S          (72 * 3600)     /* as long as a gateway repeats */

struct str
webhook_place(struct arena *a, struct str gateway, struct str event_id)
{
        return str_fmt(a, "webhook/%.*s/%.*s", STR_ARG(gateway), STR_ARG(event_id));
}

/* The event's key in Redis, absent when Redis or the epoch can't be asked. */
static struct str
dedup_key(struct task *t, const struct webhook_ask *ask)
{
        const struct house_state *house = t->kv == NULL ? NULL : house_state(t);

        return house == NULL ? STR_NONE
            : str_fmt(t->arena, "wh:%s:%.*s:%.*s", house->epoch, STR_ARG(ask->gateway), STR_ARG(ask->event_id));
}

/* Said only of what was committed under this epoch; a stranger's "pending" means nothing. */
static bool
known_done(struct task *t, struct str key)
{
        struct str old;

        return key.p != NULL && kv_set_new(t->kv, t->arena, key, STR("pending"), PENDING_S, &old) &&
            str_is(old, "done");
}

bool
webhook_take(struct task *t, const struct webhook_ask *ask, struct err *e)
{
        struct str key = dedup_key(t, ask);
        struct str place = webhook_place(t->arena, ask->gateway, ask->event_id);
        struct params p = params_in(t->arena);
        struct rows r;

        if (known_done(t, key))
                return true;
        param_text(&p, ask->event_id);
        param_text(&p, ask->gateway);
        param_text(&p, ask->type);
        param_bytes(&p, keyring_seal(t->arena, t->keyring, place, ask->body));
        param_bool(&p, ask->recovered);
        /* Harmless when repeated after a lost connection: the second finds the first. */
        if (!db_query(t->db, t->arena, &t->subject, &stmt_webhook_take, &p, &r, e))
                return false;
        FAULT(webhook_stored);
        if (key.p == NULL)
                return true;
        FAULT(webhook_before_done);
        if (!kv_tell(t->kv, key, STR("done"), DONE_S))
                log_warn(&t->subject, "webhook.not_remembered", { "webhook", ask->event_id });
        return true;
}
