/* idem.c - claiming keys, sealing answers. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/keyring.h"
#include "domain/idem/idem.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/idem/idem.sql.def"

static void
param_place(struct params *p, const struct idem *i)
{
        param_i64(p, i->org);
        param_uuid(p, i->principal);
        param_text(p, i->key);
}

struct str
idem_place(struct arena *a, const struct idem *i)
{
        char principal[UUID_TEXT_MAX];

        uuid_text(i->principal, principal);
        return str_fmt(a, "idempotency/%d/%s/%.*s", i->org, principal, STR_ARG(i->key));
}

void
idem_claim_put(struct task *t, struct tx *tx, const struct idem *i, struct uuid object)
{
        struct params p = params_in(t->arena);

        if (!i->wanted)
                return;
        tx_repeatable(tx);
        param_place(&p, i);
        param_text(&p, i->method);
        param_text(&p, i->path);
        param_bytes(&p, (struct str){ (const char *)i->body_hash, sizeof i->body_hash });
        param_text(&p, i->request_id);
        param_z(&p, i->browser ? "browser" : "server");
        param_i64(&p, t->conf->fence_ms);       /* after the fence the run is dead */
        param_uuid_or_null(&p, object);
        param_uuid(&p, i->run);
        tx_put(tx, &stmt_idem_claim, &p);
}

static bool
answer_open(struct task *t, const struct idem *i, const struct rows *r, struct answer *out)
{
        *out = (struct answer){ .status = (int)row_i64(r, 0, "status"), .replayed = true };
        return keyring_unseal(t->arena, t->keyring, idem_place(t->arena, i), row_bytes(r, t->arena, 0, "answer"),
            &out->body);
}

static enum idem_verdict
verdict_of(struct str text, struct uuid object)
{
        if (str_is(text, "replay"))
                return IDEM_REPLAY;
        /* A run that ended before it made anything starts again. */
        if (str_is(text, "fresh") || uuid_is_nil(object))
                return IDEM_FRESH;
        return str_is(text, "mine") ? IDEM_MINE : IDEM_OPEN;
}

bool
idem_claim_get(struct task *t, struct tx *tx, const struct idem *i, enum idem_verdict *verdict,
    struct uuid *object, struct answer *answer, struct err *e)
{
        struct rows r;

        *verdict = IDEM_FRESH;
        if (!i->wanted)
                return true;
        if (!tx_get(tx, &r, e)) {
                if (e->code == ERR_IDEMPOTENCY_IN_PROGRESS)
                        e->retry_after_seconds = 1;
                return false;
        }
        *object = row_uuid(&r, 0, "object_id");
        *verdict = verdict_of(row_text(&r, 0, "verdict"), *object);
        if (*verdict == IDEM_REPLAY && !answer_open(t, i, &r, answer))
                return err_set(e, ERR_INTERNAL, "this key's stored answer can't be opened with the present key file");
        return true;
}

bool
idem_answer(struct task *t, const struct idem *i, struct answer *out)
{
        struct err e = { .code = ERR_NONE };
        struct params p = params_in(t->arena);
        struct rows r;

        if (!i->wanted)
                return false;
        param_place(&p, i);
        return db_query(t->db, t->arena, &t->subject, &stmt_idem_get, &p, &r, &e) && r.n == 1 &&
            !row_is_null(&r, 0, "status") && answer_open(t, i, &r, out);
}

void
idem_finish_put(struct task *t, struct tx *tx, const struct idem *i, const struct answer *a)
{
        struct params p = params_in(t->arena);

        if (!i->wanted)
                return;
        param_place(&p, i);
        param_i64_or_null(&p, a != NULL, a == NULL ? 0 : a->status);
        param_bytes(&p, a == NULL ? STR_NONE : keyring_seal(t->arena, t->keyring, idem_place(t->arena, i), a->body));
        tx_put(tx, &stmt_idem_finish, &p);
}

bool
idem_load(struct task *t, int32_t org, struct uuid principal, struct str key, struct idem *i, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        *i = (struct idem){ .org = org, .principal = principal, .key = key };
        if (key.p == NULL)
                return true;
        param_place(&p, i);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_idem_get, &p, &r, e))
                return false;
        if (r.n == 0)
                return true;
        i->wanted = true;
        i->method = row_text(&r, 0, "method");
        i->path = row_text(&r, 0, "path");
        i->browser = str_is(row_text(&r, 0, "audience"), "browser");
        i->request_id = row_text(&r, 0, "request_id");
        return true;
}

struct run {
        struct task *task;
        const struct idem *idem;
        idem_fn fn;
        void *arg;
        struct answer *out;
};

static bool
idem_run_tx(struct tx *tx, void *arg, struct err *e)
{
        struct run *run = arg;
        enum idem_verdict verdict;
        struct uuid object = { { 0 } };

        idem_claim_put(run->task, tx, run->idem, object);
        if (!idem_claim_get(run->task, tx, run->idem, &verdict, &object, run->out, e))
                return false;
        if (verdict == IDEM_REPLAY)
                return true;
        if (!run->fn(run->task, tx, run->arg, run->out, e))
                return false;
        idem_finish_put(run->task, tx, run->idem, run->out);
        return true;
}

bool
idem_run(struct task *t, const struct idem *i, idem_fn fn, void *arg, struct answer *out, struct err *e)
{
        struct run run = { t, i, fn, arg, out };

        memset(out, 0, sizeof *out);
        return db_tx_run(t->db, t->arena, &t->subject, idem_run_tx, &run, e);
}
