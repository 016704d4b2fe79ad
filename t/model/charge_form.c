/*
 * charge_form.c - states of the charge model in their other forms: as keys, to
 * be found again, and as text, to be read. It knows no rule.
 */
#include "base/base.h"
#include "base/check.h"
#include "model/charge.h"

#include <stdarg.h>

struct bits {
        struct charge_key key;
        unsigned word, at;
        bool in;                        /* out of the key, into the state */
};

static void
field(struct bits *b, unsigned *v, unsigned width)
{
        if (b->at + width > 64) {
                b->word++;
                b->at = 0;
        }
        CHECK(b->word < ARRAY_LEN(b->key.word));
        if (b->in)
                *v = (unsigned)(b->key.word[b->word] >> b->at & ((UINT64_C(1) << width) - 1));
        else
                b->key.word[b->word] |= (uint64_t)*v << b->at;
        CHECK(*v < 1u << width);
        b->at += width;
}

static void
walk(struct bits *b, struct charge *c)
{
        for (size_t i = 0; i < CHARGE_ATTEMPTS_MAX; i++) {
                struct charge_attempt *a = &c->attempt[i];

                field(b, &a->state, 4);
                field(b, &a->worker, 4);
                field(b, &a->age, 3);
                field(b, &a->not_founds, 2);
                field(b, &a->booked, 2);
                for (size_t k = 0; k < CHARGE_COPIES; k++) {
                        field(b, &a->copy[k].state, 3);
                        field(b, &a->copy[k].since, CHARGE_SINCE_BITS);
                }
        }
        for (size_t i = 0; i < CHARGE_LOOKUPS; i++) {
                field(b, &c->lookup[i].state, 3);
                field(b, &c->lookup[i].attempt, 2);
                field(b, &c->lookup[i].past, 1);
        }
        field(b, &c->lookup_deaths, 2);
        field(b, &c->false_not_founds, 2);
}

struct charge_key
charge_pack(const struct charge *c)
{
        struct charge copy = *c;
        struct bits b = { .in = false };

        walk(&b, &copy);
        return b.key;
}

struct charge
charge_unpack(struct charge_key k)
{
        struct charge c;
        struct bits b = { .key = k, .in = true };

        walk(&b, &c);
        return c;
}

struct line {
        char *out;
        size_t at, room;
};

PRINTF(2, 3) static void
tell(struct line *l, const char *format, ...)
{
        va_list ap;
        int n;

        if (l->at > 0)
                l->at += (size_t)snprintf(l->out + l->at, l->room - l->at, "; ");
        va_start(ap, format);
        n = vsnprintf(l->out + l->at, l->room - l->at, format, ap);
        va_end(ap);
        CHECK(n >= 0 && (size_t)n < l->room - l->at - 2);
        l->at += (size_t)n;
}

static void
tell_time(struct line *l, const struct charge *before, const struct charge *after)
{
        for (size_t i = 0; i < CHARGE_ATTEMPTS_MAX; i++) {
                const struct charge_attempt *a = &before->attempt[i], *b = &after->attempt[i];

                if (a->worker != b->worker)
                        tell(l, "worker %zu is killed by its fence", i + 1);
                for (size_t k = 0; k < CHARGE_COPIES; k++)
                        if (a->copy[k].state == COPY_UNDER_WAY && b->copy[k].state == COPY_LOST)
                                tell(l, "TCP gives charge %zu up", i + 1);
                        else if (a->copy[k].state == COPY_HIDDEN && b->copy[k].state == COPY_SHOWN)
                                tell(l, "the gateway's query shows charge %zu", i + 1);
        }
}

void
charge_tell(char *out, size_t room, const struct charge *before, const struct charge_step *s)
{
        static const char *const states[] = {
                "none", "sending", "unknown", "succeeded", "declined", "not_sent", "not_found_final", "late_approved",
                "voided",
        };
        static const char *const texts[] = {
#define ACTION(name, must, text) [ACTION_##name] = text,
#include "model/charge.def"
#undef ACTION
        };
        struct line l = { out, 0, room };

        out[0] = '\0';
        if (s->action == ACTION_TIME)
                tell_time(&l, before, &s->to);
        else
                tell(&l, texts[s->action], s->attempt + 1);
        for (size_t i = 0; i < CHARGE_ATTEMPTS_MAX; i++)
                if (before->attempt[i].state != s->to.attempt[i].state)
                        tell(&l, "attempt %zu is %s", i + 1, states[s->to.attempt[i].state]);
}
