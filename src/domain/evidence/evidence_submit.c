/* evidence_submit.c - the one shot is taken: the evidence frozen with its pack, or the dispute given up. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "domain/evidence/evidence_inner.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/evidence/evidence.sql.def"

struct shooting {
        const struct evidence_shot *shot;
        struct dispute dispute;         /* as it was just before */
        struct str pack;
};

static struct answer
shown(struct task *t, struct shooting *w, const struct rows *r, struct str word)
{
        struct dispute d = w->dispute;

        d.answer = word;
        d.answered_at = row_time(r, t->arena, 0, "answered_at");
        d.version = row_i64(r, 0, "version");
        return (struct answer){ .status = 200, .body = dispute_view(t->arena, &d) };
}

static bool
submit_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        struct shooting *w = arg;
        struct uuid id = uuid_new(w->shot->org);
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, w->shot->org);
        param_uuid(&p, w->shot->dispute);
        param_uuid(&p, id);
        param_i64(&p, (int64_t)w->pack.n);
        param_text(&p, evidence_sha256(t->arena, w->pack));
        param_bytes(&p, evidence_seal(t, id, STR(""), w->pack));
        param_z(&p, w->shot->actor);
        param_text(&p, t->subject.request_id);
        if (!tx_call(tx, &stmt_evidence_submit, &p, &r, e))
                return false;
        *out = shown(t, w, &r, STR("submitting"));
        return true;
}

static bool
accept_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        struct shooting *w = arg;
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, w->shot->org);
        param_uuid(&p, w->shot->dispute);
        param_z(&p, w->shot->actor);
        param_text(&p, t->subject.request_id);
        if (!tx_call(tx, &stmt_evidence_accept, &p, &r, e))
                return false;
        *out = shown(t, w, &r, STR("accepting"));
        return true;
}

bool
evidence_submit(struct task *t, const struct evidence_shot *s, struct answer *out, struct err *e)
{
        struct shooting w = { .shot = s };

        return dispute_find(t, s->org, s->dispute, &w.dispute, e) &&
            evidence_pack(t, s->org, s->dispute, &w.pack, e) && idem_run(t, &s->idem, submit_run, &w, out, e);
}

bool
evidence_accept(struct task *t, const struct evidence_shot *s, struct answer *out, struct err *e)
{
        struct shooting w = { .shot = s };

        return dispute_find(t, s->org, s->dispute, &w.dispute, e) && idem_run(t, &s->idem, accept_run, &w, out, e);
}
