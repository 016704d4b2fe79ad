/*
 * signature.c - three schemes over one HMAC-SHA256. What a header gives is
 * compared as text with what it should be: hexadecimal digits in lower case
 * and base64 in its one canonical form, as the schemes publish them, so that
 * no other text stands for the same digest.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/secret.h"
#include "outside/signature.h"

#include <openssl/evp.h>

#define SECRETS_MAX     2
#define STAMP_MAX       11              /* digits of a time; seconds of the year 5138 */
#define PREFIX          "whsec_"

/* What the right signature would be, under each secret. */
struct expected {
        struct str text[SECRETS_MAX];
        int n;
};

/* The standard alphabet with padding and nothing else: what is decoded must encode to the same text. */
static bool
base64_decode(struct arena *a, struct str s, struct str *out)
{
        unsigned char *p = arena_alloc(a, s.n + 1);
        size_t n = s.n / 4 * 3;

        if (s.n == 0 || s.n % 4 != 0 || EVP_DecodeBlock(p, (const unsigned char *)s.p, (int)s.n) != (int)n)
                return false;
        n -= s.p[s.n - 1] != '=' ? 0 : s.p[s.n - 2] != '=' ? 1 : 2;
        *out = (struct str){ (char *)p, n };
        return n > 0 && str_eq(base64_encode(a, p, n), s);
}

static struct str
joined(struct arena *a, struct str head, struct str body)
{
        char *z = arena_alloc(a, head.n + 1 + body.n + 1);

        memcpy(z, head.p, head.n);
        z[head.n] = '.';
        memcpy(z + head.n + 1, body.p, body.n);
        return (struct str){ z, head.n + 1 + body.n };
}

/* The next secret of the list; false at its end. */
static bool
next_secret(struct str *rest, struct str *secret)
{
        while (rest->n > 0) {
                (void)str_cut(*rest, ' ', secret, rest);
                if (secret->n > 0)
                        return true;
        }
        return false;
}

bool
signature_secrets_ok(const char *secrets)
{
        struct str rest = str_of(secrets), secret;
        int n = 0;

        while (n <= SECRETS_MAX && next_secret(&rest, &secret))
                n++;
        return secrets == NULL || (n > 0 && n <= SECRETS_MAX);
}

static struct expected
expect_hex(struct arena *a, struct str secrets, struct str message)
{
        unsigned char digest[SHA256_SIZE];
        struct expected x = { .n = 0 };
        struct str secret;

        while (x.n < SECRETS_MAX && next_secret(&secrets, &secret)) {
                hmac_sha256(secret, message, digest);
                x.text[x.n++] = hex_encode(a, digest, sizeof digest);
        }
        return x;
}

static struct expected
expect_base64(struct arena *a, struct str secrets, struct str message)
{
        unsigned char digest[SHA256_SIZE];
        struct expected x = { .n = 0 };
        struct str secret, key;

        while (x.n < SECRETS_MAX && next_secret(&secrets, &secret)) {
                if (str_starts(secret, STR(PREFIX)))
                        secret = (struct str){ secret.p + strlen(PREFIX), secret.n - strlen(PREFIX) };
                if (!base64_decode(a, secret, &key))
                        continue;
                hmac_sha256(key, message, digest);
                x.text[x.n++] = base64_encode(a, digest, sizeof digest);
        }
        return x;
}

/* Under every secret, whichever it is: how long it takes tells nothing. */
static bool
is_expected(const struct expected *x, struct str given)
{
        bool good = false;

        for (int i = 0; i < x->n; i++)
                good |= given.n == x->text[i].n && secret_eq(given.p, x->text[i].p, given.n);
        return good;
}

/* The next name=value of a list between commas. false: there is none, or it is no such thing. */
static bool
next_pair(struct str *rest, struct str *name, struct str *value)
{
        struct str pair;

        (void)str_cut(*rest, ',', &pair, rest);
        return str_cut(pair, '=', name, value) && name->n > 0 && value->n > 0;
}

/* The value that stands there once under this name; false: not there, there twice, or the list is ill formed. */
static bool
only_value(struct str header, const char *wanted, struct str *out)
{
        struct str name, value;
        bool found = false;

        for (struct str rest = header; rest.p != NULL;) {
                if (!next_pair(&rest, &name, &value))
                        return false;
                if (!str_is(name, wanted))
                        continue;
                if (found)
                        return false;
                found = true;
                *out = value;
        }
        return found;
}

static bool
read_stamp(struct str s, int64_t *out)
{
        return s.n <= STAMP_MAX && str_to_i64(s, out) && *out >= 0;
}

/*
 * The message is nonce.body: a nonce with a full stop in it could have taken
 * it from the body.
 */
enum signature
signature_nmi(struct arena *a, struct str header, struct str body, struct str secrets)
{
        struct str nonce, given;
        struct expected x;

        if (body.n == 0 || !only_value(header, "t", &nonce) || !only_value(header, "s", &given) ||
            memchr(nonce.p, '.', nonce.n) != NULL)
                return SIGNATURE_BAD;
        x = expect_hex(a, secrets, joined(a, nonce, body));
        return is_expected(&x, given) ? SIGNATURE_GOOD : SIGNATURE_BAD;
}

enum signature
signature_stripe(struct arena *a, struct str header, struct str body, struct str secrets, int64_t now_s)
{
        struct str stamp, name, value;
        struct expected x;
        bool good = false;
        int64_t at;

        if (body.n == 0 || !only_value(header, "t", &stamp) || !read_stamp(stamp, &at))
                return SIGNATURE_BAD;
        x = expect_hex(a, secrets, joined(a, stamp, body));
        for (struct str rest = header; rest.p != NULL && next_pair(&rest, &name, &value);)
                good |= str_is(name, "v1") && is_expected(&x, value);
        if (!good)
                return SIGNATURE_BAD;
        return now_s - at > SIGNATURE_TOLERANCE_S ? SIGNATURE_STALE : SIGNATURE_GOOD;
}

enum signature
signature_standard(struct arena *a, struct str id, struct str timestamp, struct str header, struct str body,
    struct str secrets, int64_t now_s)
{
        struct str one, scheme, value;
        struct expected x;
        bool good = false;
        int64_t at;

        if (body.n == 0 || id.n == 0 || memchr(id.p, '.', id.n) != NULL || !read_stamp(timestamp, &at))
                return SIGNATURE_BAD;
        x = expect_base64(a, secrets, joined(a, id, joined(a, timestamp, body)));
        for (struct str rest = header; rest.p != NULL;) {
                (void)str_cut(rest, ' ', &one, &rest);
                if (!str_cut(one, ',', &scheme, &value))
                        return SIGNATURE_BAD;
                good |= str_is(scheme, "v1") && is_expected(&x, value);
        }
        if (!good)
                return SIGNATURE_BAD;
        return now_s - at > SIGNATURE_TOLERANCE_S || at - now_s > SIGNATURE_TOLERANCE_S ? SIGNATURE_STALE
            : SIGNATURE_GOOD;
}
