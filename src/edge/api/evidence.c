/* evidence.c - /v1/disputes/{dispute}/evidence, /evidence_pack, /submit and /accept. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/evidence/evidence.h"
#include "edge/api/api.h"
#include "io/task.h"

/* The dispute that the path names, of an organizer that the caller may see. */
static bool
dispute_of(struct request *rq, int32_t *org, struct uuid *dispute, struct err *e)
{
        if (!param_id(rq, 0, "dsp", dispute, e) || !org_visible(rq, uuid_org(*dispute), e))
                return false;
        *org = uuid_org(*dispute);
        return true;
}

/* Texts by their names; each is checked, and kept as it came. */
static bool
texts_read(struct request *rq, struct evidence_ask *ask, struct err *e)
{
        static const char *const none[] = { NULL };
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);

        ask->kind = EVIDENCE_TEXT;
        ask->media_type = STR("application/json");
        for (const struct evidence_field *f = evidence_fields; f->name != NULL; f++) {
                if (f->kind != EVIDENCE_TEXT || json_get_text(&r, f->name, OPTIONAL, 1, f->most).p == NULL)
                        continue;
                ask->fields[ask->fields_n++] = f->name;
        }
        if (!json_reader_close(&r) || !query_close(rq, none, e))
                return false;
        return ask->fields_n > 0 || err_field(e, "", FIELD_MISSING, "must have a text; for a file send its bytes");
}

static bool
is_line(struct str s)
{
        for (size_t i = 0; i < s.n; i++)
                if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
                        return false;
        return true;
}

static bool
file_read(struct request *rq, struct evidence_ask *ask, struct err *e)
{
        static const char *const known[] = { "field", "name", NULL };
        struct str field = query_text(rq, "field"), name = query_text(rq, "name");

        ask->kind = EVIDENCE_FILE;
        ask->media_type = request_media_type(rq);
        for (const struct evidence_field *f = evidence_fields; f->name != NULL; f++)
                if (f->kind == EVIDENCE_FILE && str_is(field, f->name))
                        ask->fields[ask->fields_n++] = f->name;
        if (field.p == NULL)
                (void)err_field(e, "?field", FIELD_MISSING, "says what the file is for, as receipt");
        else if (ask->fields_n == 0)
                (void)err_field(e, "?field", FIELD_UNKNOWN_VALUE, "is nothing that a file can be given for");
        if (name.n > EVIDENCE_NAME_MAX || !is_line(name))
                (void)err_field(e, "?name", FIELD_OUT_OF_RANGE, "must be one line of up to 255 bytes");
        ask->name = name.p == NULL ? STR("") : name;
        return query_close(rq, known, e);
}

bool
api_evidence_create(struct request *rq, struct reply *rp, struct err *e)
{
        const char *fields[EVIDENCE_FIELDS_MAX];
        struct evidence_ask ask = { .fields = fields, .content = rq->body, .idem = rq->idem, .actor = rq->who.actor };
        struct answer a;

        return dispute_of(rq, &ask.org, &ask.dispute, e) &&
            (rq->json != NULL ? texts_read(rq, &ask, e) : file_read(rq, &ask, e)) &&
            evidence_give(rq->task, &ask, &a, e) && reply_answer(rp, &a);
}

bool
api_evidence_pack(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const none[] = { NULL };
        struct uuid dispute;
        struct str view;
        int32_t org;

        return dispute_of(rq, &org, &dispute, e) && query_close(rq, none, e) &&
            evidence_pack_view(rq->task, org, dispute, &view, e) && reply_json(rp, 200, view);
}

bool
api_evidence_submit(struct request *rq, struct reply *rp, struct err *e)
{
        struct evidence_shot s = { .idem = rq->idem, .actor = rq->who.actor };
        struct answer a;

        return dispute_of(rq, &s.org, &s.dispute, e) && evidence_submit(rq->task, &s, &a, e) && reply_answer(rp, &a);
}

bool
api_evidence_accept(struct request *rq, struct reply *rp, struct err *e)
{
        struct evidence_shot s = { .idem = rq->idem, .actor = rq->who.actor };
        struct answer a;

        return dispute_of(rq, &s.org, &s.dispute, e) && evidence_accept(rq->task, &s, &a, e) && reply_answer(rp, &a);
}
