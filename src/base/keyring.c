/* keyring.c - the key file, and which key opens what. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/keyring.h"

#define LINE_MAX_BYTES  200

static void
key_id(const unsigned char key[SEAL_KEY_SIZE], unsigned char id[KEY_ID_SIZE])
{
        unsigned char digest[SHA256_SIZE];

        /* Not of the key alone: that hash could be of use to somebody. */
        hmac_sha256((struct str){ (const char *)key, SEAL_KEY_SIZE }, STR("boxoffice key id"), digest);
        memcpy(id, digest, KEY_ID_SIZE);
}

static const char *
line_read(struct keyring *k, struct str line)
{
        while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
                line.n--;
        line = str_trim(line);
        if (line.n == 0 || line.p[0] == '#')
                return NULL;
        if (k->n == KEYRING_MAX)
                return "holds more keys than are kept";
        if (!hex_decode(line, k->key[k->n].key, SEAL_KEY_SIZE))
                return "must hold 64 hexadecimal digits a line";
        key_id(k->key[k->n].key, k->key[k->n].id);
        for (size_t i = 0; i < k->n; i++)
                if (memcmp(k->key[i].id, k->key[k->n].id, KEY_ID_SIZE) == 0)
                        return "holds a key twice";
        k->n++;
        return NULL;
}

bool
keyring_read(const char *path, struct keyring *k, FILE *complain)
{
        char line[LINE_MAX_BYTES];
        FILE *f = fopen(path, "re");
        const char *why = f == NULL ? "can't be read" : NULL;

        k->n = 0;
        while (why == NULL && fgets(line, sizeof line, f) != NULL)
                why = line_read(k, str_of(line));
        if (why == NULL && (ferror(f) || k->n == 0))
                why = "holds no key";
        if (f != NULL)
                (void)fclose(f);
        secret_wipe(line, sizeof line);
        if (why != NULL)
                fprintf(complain, "boxoffice: the key file %s %s\n", path, why);
        return why == NULL;
}

/* Bound to the key's id too, so that one key's bytes can't be passed off as another's. */
static struct str
bound(struct arena *a, const unsigned char id[KEY_ID_SIZE], struct str aad)
{
        return str_fmt(a, "%02x%02x%02x%02x/%.*s", id[0], id[1], id[2], id[3], STR_ARG(aad));
}

struct str
keyring_seal(struct arena *a, const struct keyring *k, struct str aad, struct str plain)
{
        struct str sealed;
        char *out;

        CHECK(k->n > 0);
        sealed = seal(a, k->key[0].key, bound(a, k->key[0].id, aad), plain);
        out = arena_alloc(a, KEY_ID_SIZE + sealed.n);
        memcpy(out, k->key[0].id, KEY_ID_SIZE);
        memcpy(out + KEY_ID_SIZE, sealed.p, sealed.n);
        return (struct str){ out, KEY_ID_SIZE + sealed.n };
}

bool
keyring_unseal(struct arena *a, const struct keyring *k, struct str aad, struct str sealed, struct str *plain)
{
        *plain = STR_NONE;
        if (sealed.n < KEY_ID_SIZE)
                return false;
        for (size_t i = 0; i < k->n; i++)
                if (memcmp(sealed.p, k->key[i].id, KEY_ID_SIZE) == 0)
                        return unseal(a, k->key[i].key, bound(a, k->key[i].id, aad),
                            (struct str){ sealed.p + KEY_ID_SIZE, sealed.n - KEY_ID_SIZE }, plain);
        return false;
}

struct str
keyring_writing(const struct keyring *k)
{
        CHECK(k->n > 0);
        return (struct str){ (const char *)k->key[0].id, KEY_ID_SIZE };
}
