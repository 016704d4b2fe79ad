/* evidence_give.c - a text or a file for a dispute: looked at, sealed, kept. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "domain/evidence/evidence_inner.h"
#include "domain/evidence/evidence_type.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/evidence/evidence.sql.def"

struct giving {
        const struct evidence_ask *ask;
        struct uuid id;
        struct str sha256;
        struct gateway_evidence takes;
};

/* By its bytes; what the caller calls it must agree. */
static bool
file_is_what_it_says(const struct evidence_ask *ask, struct err *e)
{
        enum evidence_type is = evidence_type_of(ask->content);

        if (is == EVIDENCE_NONE)
                return err_set(e, ERR_UNSUPPORTED_MEDIA_TYPE,
                    "the file is no PDF, JPEG or PNG that is whole and ends where it ends");
        if (is != evidence_type_named(ask->media_type))
                return err_set(e, ERR_UNSUPPORTED_MEDIA_TYPE, "the file is %s; its Content-Type says another",
                    evidence_type_media(is));
        return true;
}

static struct str
given_view(struct task *t, const struct giving *w, struct str created_at)
{
        const struct evidence_ask *ask = w->ask;
        struct json_out o = json_out_new(t->arena);

        jo_object(&o, NULL);
        jo_id(&o, "id", "evd", w->id);
        jo_z(&o, "object", "evidence");
        jo_id(&o, "dispute", "dsp", ask->dispute);
        jo_array(&o, "fields");
        for (size_t i = 0; i < ask->fields_n; i++)
                jo_z(&o, NULL, ask->fields[i]);
        jo_end_array(&o);
        jo_text(&o, "media_type", ask->media_type);
        jo_int(&o, "size", (int64_t)ask->content.n);
        jo_text(&o, "sha256", w->sha256);
        jo_text(&o, "created_at", created_at);
        jo_end_object(&o);
        return json_out_str(&o);
}

static bool
give_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        struct giving *w = arg;
        const struct evidence_ask *ask = w->ask;
        bool file = ask->kind == EVIDENCE_FILE;
        struct params p = params_in(t->arena);
        struct str *fields = ARENA_ARRAY(t->arena, struct str, ask->fields_n + 1);
        struct rows r;

        for (size_t i = 0; i < ask->fields_n; i++)
                fields[i] = str_of(ask->fields[i]);
        w->id = uuid_new(ask->org);
        param_i64(&p, ask->org);
        param_uuid(&p, ask->dispute);
        param_uuid(&p, w->id);
        param_z(&p, file ? "file" : "text");
        param_text_array(&p, fields, ask->fields_n);
        param_text(&p, ask->media_type);
        param_i64(&p, (int64_t)ask->content.n);
        param_text(&p, w->sha256);
        param_bytes(&p, evidence_seal(t, w->id, ask->name, ask->content));
        param_i64(&p, file ? w->takes.files_most : w->takes.text_most);
        param_z(&p, ask->actor);
        param_text(&p, t->subject.request_id);
        if (!tx_call(tx, &stmt_evidence_put, &p, &r, e))
                return false;
        *out = (struct answer){ .status = 201, .body = given_view(t, w, row_time(&r, t->arena, 0, "created_at")) };
        return true;
}

bool
evidence_give(struct task *t, const struct evidence_ask *ask, struct answer *out, struct err *e)
{
        struct giving w = { .ask = ask, .sha256 = evidence_sha256(t->arena, ask->content) };
        struct dispute d;

        if ((ask->kind == EVIDENCE_FILE && !file_is_what_it_says(ask, e)) ||
            !dispute_find(t, ask->org, ask->dispute, &d, e))
                return false;
        w.takes = gateway_evidence(d.gateway);
        return idem_run(t, &ask->idem, give_run, &w, out, e);
}
