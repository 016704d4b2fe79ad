/*
 * evidence_merge.c - the texts that are sent: what was given, and from the
 * frozen pack what nobody gave. It follows from frozen bytes alone, so it is
 * the same however often it is made.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "domain/evidence/evidence_inner.h"
#include "io/json_read.h"
#include "io/task.h"

#define FIELD_MOST      20000           /* characters of one of theirs */

struct merging {
        struct arena *arena;
        struct str given[EVIDENCE_FIELDS_MAX];  /* by place in evidence_fields */
        const struct json *known;               /* the pack's texts */
        size_t left;                            /* bytes that known ones may still take */
};

static struct str
member_text(const struct json *object, const char *key)
{
        const struct json *m = json_member(object, key);

        return m != NULL && m->kind == JSON_STRING ? m->text : STR_NONE;
}

/* Of what the piece says, only the fields that it is still for. */
static void
take_given(struct merging *m, const struct evidence_piece *p, const struct json *texts)
{
        for (size_t i = 0; evidence_fields[i].name != NULL; i++)
                for (size_t k = 0; k < p->fields_n; k++)
                        if (str_is(p->fields[k], evidence_fields[i].name))
                                m->given[i] = member_text(texts, evidence_fields[i].name);
}

static bool
opened(struct task *t, const struct evidence_piece *p, struct json **out, struct err *e)
{
        struct str name, content;

        if (!evidence_read(t, p, &name, &content, e))
                return false;
        CHECK(json_parse(t->arena, content, out, e));   /* it was JSON when it came */
        return true;
}

static size_t
characters(struct str s)
{
        size_t n = 0;

        for (size_t i = 0; i < s.n; i++)
                n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
        return n;
}

struct str
evidence_cut(struct str s, size_t most)
{
        if (s.n <= most)
                return s;
        while (most > 0 && ((unsigned char)s.p[most] & 0xc0) == 0x80)
                most--;
        return (struct str){ s.p, most };
}

/* One of theirs: all that was given for it, then what is known where nothing was given under its own name. */
static struct str
text_for(struct merging *m, const char *theirs)
{
        struct str known = member_text(m->known, theirs), text;
        size_t taken;
        struct buf b;

        buf_init(&b, m->arena, (size_t)8 * FIELD_MOST);
        for (size_t i = 0; evidence_fields[i].name != NULL; i++) {
                if (m->given[i].n == 0 || strcmp(evidence_fields[i].theirs, theirs) != 0)
                        continue;
                buf_fmt(&b, "%s%.*s", b.n > 0 ? "\n\n" : "", STR_ARG(m->given[i]));
                if (strcmp(evidence_fields[i].name, theirs) == 0)
                        known = STR_NONE;
        }
        text = buf_str(&b);
        CHECK(text.p != NULL);
        taken = characters(text) + 2;
        known = evidence_cut(known, taken < FIELD_MOST ? FIELD_MOST - taken : 0);
        if (known.n == 0 || known.n + 2 > m->left)
                return text;
        m->left -= known.n + 2;
        buf_fmt(&b, "%s%.*s", b.n > 0 ? "\n\n" : "", STR_ARG(known));
        return buf_str(&b);
}

/* Whether an earlier row has the same name of theirs. */
static bool
done_before(size_t at)
{
        for (size_t i = 0; i < at; i++)
                if (strcmp(evidence_fields[i].theirs, evidence_fields[at].theirs) == 0)
                        return true;
        return false;
}

bool
evidence_merge(struct task *t, const struct evidence_piece *pieces, size_t n, size_t most, struct http_field *out,
    size_t *out_n, struct err *e)
{
        struct merging *m = ARENA_NEW(t->arena, struct merging);
        struct json *texts;

        m->arena = t->arena;
        for (size_t i = 0; i < n; i++) {
                if (str_is(pieces[i].kind, "file"))
                        continue;
                if (!opened(t, &pieces[i], &texts, e))
                        return false;
                if (str_is(pieces[i].kind, "text"))
                        take_given(m, &pieces[i], texts);
                else
                        m->known = json_member(texts, "text");
        }
        CHECK(m->known != NULL);        /* it is frozen */
        for (size_t i = 0; evidence_fields[i].name != NULL; i++)
                m->left += m->given[i].n + 2;
        m->left = m->left < most ? most - m->left : 0;
        for (size_t i = 0; evidence_fields[i].name != NULL; i++) {
                struct str text;

                if (evidence_fields[i].kind != EVIDENCE_TEXT || done_before(i))
                        continue;
                text = text_for(m, evidence_fields[i].theirs);
                if (text.n > 0)
                        out[(*out_n)++] = (struct http_field){ evidence_fields[i].theirs, text };
        }
        return true;
}
