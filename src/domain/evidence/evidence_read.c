/* evidence_read.c - what a dispute has, listed and opened. */
#include "base/base.h"
#include "base/arena.h"
#include "base/secret.h"
#include "domain/evidence/evidence_inner.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/evidence/evidence.sql.def"

const struct evidence_field evidence_fields[] = {
#define FIELD(name, theirs, kind, most) { name, theirs, EVIDENCE_##kind, most },
#include "domain/evidence/evidence_field.def"
#undef FIELD
        { NULL, NULL, EVIDENCE_TEXT, 0 },
};
_Static_assert(ARRAY_LEN(evidence_fields) <= EVIDENCE_FIELDS_MAX + 1, "there is room for all fields");

struct str
evidence_sha256(struct arena *a, struct str content)
{
        unsigned char hash[SHA256_SIZE];

        sha256(content, hash);
        return hex_encode(a, hash, sizeof hash);
}

bool
evidence_pieces(struct task *t, int32_t org, struct uuid dispute, struct evidence_piece **out, size_t *n,
    struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, org);
        param_uuid(&p, dispute);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_evidence_list, &p, &r, e))
                return false;
        *n = (size_t)r.n;
        *out = ARENA_ARRAY(t->arena, struct evidence_piece, *n + 1);
        for (int i = 0; i < r.n; i++) {
                struct evidence_piece *piece = &(*out)[i];

                *piece = (struct evidence_piece){
                        .id = row_uuid(&r, i, "id"), .kind = row_text(&r, i, "kind"),
                        .media_type = row_text(&r, i, "media_type"), .sha256 = row_text(&r, i, "sha256"),
                        .created_at = row_time(&r, t->arena, i, "created_at"),
                        .gateway_file = row_text(&r, i, "gateway_file"),
                        .refused = row_text(&r, i, "refused"), .size = row_i64(&r, i, "size"),
                };
                piece->fields = row_text_array(&r, t->arena, i, "fields", &piece->fields_n);
        }
        return true;
}

bool
evidence_read(struct task *t, const struct evidence_piece *piece, struct str *name, struct str *content,
    struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, uuid_org(piece->id));
        param_uuid(&p, piece->id);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_evidence_body, &p, &r, e))
                return false;
        if (row_is_null(&r, 0, "body"))
                return err_set(e, ERR_STATE_CONFLICT, "the evidence was replaced meanwhile");
        return evidence_unseal(t, piece->id, row_bytes(&r, t->arena, 0, "body"), name, content, e);
}

const struct evidence_piece *
evidence_frozen(const struct evidence_piece *p, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (str_is(p[i].kind, "pack"))
                        return &p[i];
        return NULL;
}
