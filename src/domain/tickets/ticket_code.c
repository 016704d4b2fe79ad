/* ticket_code.c - signed codes made and read, plain ones as they may be typed. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/keyring.h"
#include "base/sign.h"
#include "domain/tickets/ticket_code.h"

#define PARTS           5
#define FIRST_PART      "BX1"

static struct str
upper(struct arena *a, struct str s)
{
        char *z = str_z(a, s);

        for (size_t i = 0; i < s.n; i++)
                z[i] = z[i] >= 'a' && z[i] <= 'z' ? (char)(z[i] & ~0x20) : z[i];
        return (struct str){ z, s.n };
}

/* "tix_..." without its first four characters. */
static const char *
bare(const char text[ID_TEXT_MAX])
{
        return text + 4;
}

struct str
ticket_key_name(struct arena *a, const struct keyring *keys, size_t n)
{
        return upper(a, hex_encode(a, keys->key[n].id, KEY_ID_SIZE));
}

struct str
ticket_code_sign(struct arena *a, const struct keyring *keys, struct uuid ticket, struct uuid event)
{
        unsigned char signature[SIGNATURE_SIZE];
        char tix[ID_TEXT_MAX], evt[ID_TEXT_MAX];
        struct str id, said;

        CHECK(keys->n > 0);
        typeid_text("tix", ticket, tix);
        typeid_text("evt", event, evt);
        id = ticket_key_name(a, keys, 0);
        said = upper(a, str_fmt(a, FIRST_PART ".%.*s.%s.%s", STR_ARG(id), bare(tix), bare(evt)));
        sign_make(keys->key[0].key, said, signature);
        return upper(a, str_fmt(a, "%.*s.%.*s", STR_ARG(said),
            STR_ARG(base32_encode(a, signature, sizeof signature))));
}

static bool
id_read(struct arena *a, const char *prefix, struct str part, struct uuid *out)
{
        return typeid_parse(prefix, str_fmt(a, "%s_%.*s", prefix, STR_ARG(str_lower(a, part))), out);
}

/* By the key that it names. */
static bool
signed_here(const struct keyring *keys, struct str key_id, struct str said, const unsigned char *signature)
{
        unsigned char id[KEY_ID_SIZE], public_key[SIGN_KEY_SIZE];

        if (!hex_decode(key_id, id, sizeof id))
                return false;
        for (size_t i = 0; i < keys->n; i++) {
                if (memcmp(keys->key[i].id, id, sizeof id) != 0)
                        continue;
                sign_public(keys->key[i].key, public_key);
                return sign_holds(public_key, said, signature);
        }
        return false;
}

static bool
signed_read(struct arena *a, const struct keyring *keys, struct str text, struct ticket_code *out)
{
        unsigned char signature[SIGNATURE_SIZE];
        struct str part[PARTS], rest = text, said;
        size_t n = 0;

        while (n < PARTS - 1 && str_cut(rest, '.', &part[n], &rest))
                n++;
        if (n != PARTS - 1)
                return false;
        part[n] = rest;
        said = (struct str){ text.p, text.n - rest.n - 1 };
        return id_read(a, "tix", part[2], &out->ticket) && id_read(a, "evt", part[3], &out->event) &&
            base32_decode(part[4], signature, sizeof signature) && signed_here(keys, part[1], said, signature);
}

/* Crockford's reading of what a person may write for a digit. */
static struct str
typed(struct arena *a, struct str s)
{
        char *z = arena_alloc(a, s.n + 1);
        size_t n = 0;

        s = str_lower(a, s);
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] != ' ' && s.p[i] != '-')
                        z[n++] = s.p[i] == 'o' ? '0' : s.p[i] == 'i' || s.p[i] == 'l' ? '1' : s.p[i];
        return (struct str){ z, n };
}

enum ticket_code_kind
ticket_code_read(struct arena *a, const struct keyring *keys, struct str text, struct ticket_code *out)
{
        struct str shown = upper(a, str_trim(text));

        *out = (struct ticket_code){ .text = shown };
        if (str_starts(shown, STR(FIRST_PART ".")))
                return signed_read(a, keys, shown, out) ? TICKET_CODE_SIGNED : TICKET_CODE_FORGED;
        out->text = typed(a, text);
        return TICKET_CODE_PLAIN;
}
