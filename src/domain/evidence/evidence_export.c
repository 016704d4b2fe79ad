/* evidence_export.c - evidence as files, for an operator who sends it by hand. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "domain/evidence/evidence_inner.h"
#include "domain/evidence/evidence_type.h"
#include "io/json_write.h"
#include "io/task.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A new file, for its owner alone: it names a guest. */
static bool
write_file(struct task *t, const char *directory, struct str name, struct str content, struct err *e)
{
        struct str path = str_fmt(t->arena, "%s/%.*s", directory, STR_ARG(name));
        int fd = open(path.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        bool fine = fd >= 0;

        for (size_t done = 0; fine && done < content.n;) {
                ssize_t n = write(fd, content.p + done, content.n - done);

                fine = n > 0;
                done += fine ? (size_t)n : 0;
        }
        if (fd >= 0 && close(fd) != 0)
                fine = false;
        return fine || err_set(e, ERR_INTERNAL, "can't write %.*s: %s", STR_ARG(path), strerror(errno));
}

static bool
write_texts(struct task *t, const char *directory, const struct evidence_piece *pieces, size_t n, size_t most,
    struct err *e)
{
        struct http_field fields[EVIDENCE_FIELDS_MAX];
        struct json_out o = json_out_new(t->arena);
        size_t fields_n = 0;

        if (!evidence_merge(t, pieces, n, most, fields, &fields_n, e))
                return false;
        jo_object(&o, NULL);
        for (size_t i = 0; i < fields_n; i++)
                jo_text(&o, fields[i].name, fields[i].value);
        jo_end_object(&o);
        return write_file(t, directory, STR("texts.json"), json_out_str(&o), e);
}

static bool
write_piece(struct task *t, const char *directory, const struct evidence_piece *p, struct err *e)
{
        struct str name, content;

        if (str_is(p->kind, "text"))
                return true;
        if (!evidence_read(t, p, &name, &content, e))
                return false;
        name = str_is(p->kind, "pack") ? STR("pack.json") : str_fmt(t->arena, "%.*s.%s", STR_ARG(p->fields[0]),
            evidence_type_ending(evidence_type_named(p->media_type)));
        return write_file(t, directory, name, content, e);
}

bool
evidence_export(struct task *t, int32_t org, struct uuid dispute, const char *directory, struct err *e)
{
        struct evidence_piece *pieces;
        struct dispute d;
        size_t n;

        if (!dispute_find(t, org, dispute, &d, e) || !evidence_pieces(t, org, dispute, &pieces, &n, e))
                return false;
        if (evidence_frozen(pieces, n) == NULL)
                return err_set(e, ERR_STATE_CONFLICT, "the evidence is not submitted yet");
        if (mkdir(directory, 0700) != 0)
                return err_set(e, errno == EEXIST ? ERR_STATE_CONFLICT : ERR_INTERNAL, "can't make %s: %s", directory,
                    strerror(errno));
        if (!write_texts(t, directory, pieces, n, (size_t)gateway_evidence(d.gateway).text_most, e))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!write_piece(t, directory, &pieces[i], e))
                        return false;
        return true;
}
