/* evidence_seal.c - a piece of evidence as it is kept: its name, a line end, its bytes, sealed to its id. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/keyring.h"
#include "base/log.h"
#include "domain/evidence/evidence.h"
#include "io/task.h"

struct str
evidence_place(struct arena *a, struct uuid id)
{
        char text[UUID_TEXT_MAX];

        uuid_text(id, text);
        return str_fmt(a, "evidence/%s", text);
}

struct str
evidence_seal(struct task *t, struct uuid id, struct str name, struct str content)
{
        char *plain = arena_alloc(t->arena, name.n + 1 + content.n);

        CHECK(name.n == 0 || memchr(name.p, '\n', name.n) == NULL);
        if (name.n > 0)
                memcpy(plain, name.p, name.n);
        plain[name.n] = '\n';
        memcpy(plain + name.n + 1, content.p, content.n);
        return keyring_seal(t->arena, t->keyring, evidence_place(t->arena, id),
            (struct str){ plain, name.n + 1 + content.n });
}

bool
evidence_unseal(struct task *t, struct uuid id, struct str sealed, struct str *name, struct str *content,
    struct err *e)
{
        struct str place = evidence_place(t->arena, id), plain;

        if (keyring_unseal(t->arena, t->keyring, place, sealed, &plain) && str_cut(plain, '\n', name, content))
                return true;
        log_error(&t->subject, "evidence.unreadable", { "evidence", place },
            { "next", STR("bring the key that it is under back into the key file (`boxoffice secrets list`)") });
        return err_set(e, ERR_INTERNAL, "%.*s can't be opened", STR_ARG(place));
}
