/* secret.c - thin covers over libcrypto. A failure inside it is a CHECK: there is no safe way on. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <threads.h>

#define NONCE_SIZE      12
#define TAG_SIZE        16

/* Looking an algorithm up costs more than a short HMAC: each is looked up once. Shared and never changed. */
static struct {
        EVP_CIPHER *gcm;
        EVP_MAC_CTX *hmac;              /* copied for each use, with its digest */
} found;
static once_flag found_once = ONCE_FLAG_INIT;

static void
find(void)
{
        char digest[] = "SHA256";
        const OSSL_PARAM params[] = {
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end(),
        };
        EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

        found.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
        CHECK(mac != NULL && found.gcm != NULL);
        found.hmac = EVP_MAC_CTX_new(mac);
        EVP_MAC_free(mac);
        CHECK(found.hmac != NULL && EVP_MAC_CTX_set_params(found.hmac, params) == 1);
}

static EVP_CIPHER *
gcm(void)
{
        call_once(&found_once, find);
        return found.gcm;
}

void
random_bytes(void *out, size_t n)
{
        CHECK(RAND_bytes(out, (int)n) == 1);
}

void
sha256(struct str s, unsigned char out[SHA256_SIZE])
{
        CHECK(EVP_Digest(s.p, s.n, out, NULL, EVP_sha256(), NULL) == 1);
}

void
hmac_sha256(struct str key, struct str s, unsigned char out[SHA256_SIZE])
{
        static const unsigned char none;        /* a key of no bytes is a key, NULL is none */
        EVP_MAC_CTX *c;
        size_t n;

        call_once(&found_once, find);
        c = EVP_MAC_CTX_dup(found.hmac);
        CHECK(c != NULL);
        CHECK(EVP_MAC_init(c, key.n == 0 ? &none : (const unsigned char *)key.p, key.n, NULL) == 1);
        CHECK(EVP_MAC_update(c, (const unsigned char *)s.p, s.n) == 1 && EVP_MAC_final(c, out, &n, SHA256_SIZE) == 1);
        EVP_MAC_CTX_free(c);
}

bool
secret_eq(const void *a, const void *b, size_t n)
{
        return CRYPTO_memcmp(a, b, n) == 0;
}

void
secret_wipe(void *p, size_t n)
{
        OPENSSL_cleanse(p, n);
}

struct str
hex_encode(struct arena *a, const void *p, size_t n)
{
        static const char hex[] = "0123456789abcdef";
        const unsigned char *b = p;
        char *z = arena_alloc(a, 2 * n + 1);

        for (size_t i = 0; i < n; i++) {
                z[2 * i] = hex[b[i] >> 4];
                z[2 * i + 1] = hex[b[i] & 15];
        }
        return (struct str){ z, 2 * n };
}

static int
hex_value(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c = (char)(c | 0x20);
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
hex_decode(struct str s, unsigned char *out, size_t n)
{
        if (s.n != 2 * n)
                return false;
        for (size_t i = 0; i < n; i++) {
                int hi = hex_value(s.p[2 * i]), lo = hex_value(s.p[2 * i + 1]);

                if (hi < 0 || lo < 0)
                        return false;
                out[i] = (unsigned char)(hi << 4 | lo);
        }
        return true;
}

struct str
base64_encode(struct arena *a, const void *p, size_t n)
{
        char *z = arena_alloc(a, (n + 2) / 3 * 4 + 1);
        int size = EVP_EncodeBlock((unsigned char *)z, p, (int)n);

        return (struct str){ z, (size_t)size };
}

struct str
base64url_encode(struct arena *a, const void *p, size_t n)
{
        struct str s = base64_encode(a, p, n);
        char *z = str_z(a, s);

        while (s.n > 0 && z[s.n - 1] == '=')
                s.n--;
        for (size_t i = 0; i < s.n; i++)
                z[i] = z[i] == '+' ? '-' : z[i] == '/' ? '_' : z[i];
        return (struct str){ z, s.n };
}

static const char crockford[] = "0123456789abcdefghjkmnpqrstvwxyz";

static size_t
base32_digits(size_t n)
{
        return (n * 8 + 4) / 5;
}

struct str
base32_encode(struct arena *a, const void *p, size_t n)
{
        const unsigned char *bytes = p;
        size_t digits = base32_digits(n);
        char *z = arena_alloc(a, digits + 1);

        for (size_t d = 0; d < digits; d++) {
                unsigned v = 0;

                for (size_t bit = d * 5; bit < d * 5 + 5; bit++)
                        v = v << 1 | (bit < n * 8 ? (unsigned)(bytes[bit / 8] >> (7 - bit % 8) & 1) : 0);
                z[d] = crockford[v];
        }
        return (struct str){ z, digits };
}

bool
base32_decode(struct str s, unsigned char *out, size_t n)
{
        unsigned held = 0;
        size_t bits = 0, made = 0;

        if (s.n != base32_digits(n))
                return false;
        for (size_t i = 0; i < s.n; i++) {
                char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
                const char *at = c == '\0' ? NULL : strchr(crockford, c);

                if (at == NULL)
                        return false;
                held = held << 5 | (unsigned)(at - crockford);
                if ((bits += 5) < 8)
                        continue;
                out[made++] = (unsigned char)(held >> (bits -= 8));
                held &= (1U << bits) - 1;
        }
        return held == 0;
}

struct str
random_text(struct arena *a, size_t n)
{
        unsigned char *bytes = arena_alloc(a, n);
        struct str text;

        random_bytes(bytes, n);
        text = base32_encode(a, bytes, n);
        secret_wipe(bytes, n);
        return text;
}

struct str
seal(struct arena *a, const unsigned char key[SEAL_KEY_SIZE], struct str aad, struct str plain)
{
        unsigned char *out = arena_alloc(a, NONCE_SIZE + plain.n + TAG_SIZE);
        EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        int n = 0;

        CHECK(c != NULL);
        random_bytes(out, NONCE_SIZE);
        CHECK(EVP_EncryptInit_ex(c, gcm(), NULL, key, out) == 1);
        CHECK(EVP_EncryptUpdate(c, NULL, &n, (const unsigned char *)aad.p, (int)aad.n) == 1);
        CHECK(EVP_EncryptUpdate(c, out + NONCE_SIZE, &n, (const unsigned char *)plain.p, (int)plain.n) == 1);
        CHECK(EVP_EncryptFinal_ex(c, out + NONCE_SIZE + n, &n) == 1);
        CHECK(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, out + NONCE_SIZE + plain.n) == 1);
        EVP_CIPHER_CTX_free(c);
        return (struct str){ (char *)out, NONCE_SIZE + plain.n + TAG_SIZE };
}

bool
unseal(struct arena *a, const unsigned char key[SEAL_KEY_SIZE], struct str aad, struct str sealed,
    struct str *plain)
{
        const unsigned char *in = (const unsigned char *)sealed.p;
        unsigned char tag[TAG_SIZE];
        unsigned char *out;
        EVP_CIPHER_CTX *c;
        size_t size;
        int n = 0;
        bool ok;

        if (sealed.n < NONCE_SIZE + TAG_SIZE)
                return false;
        size = sealed.n - NONCE_SIZE - TAG_SIZE;
        out = arena_alloc(a, size + 1);
        memcpy(tag, in + NONCE_SIZE + size, TAG_SIZE);
        c = EVP_CIPHER_CTX_new();
        CHECK(c != NULL);
        ok = EVP_DecryptInit_ex(c, gcm(), NULL, key, in) == 1 &&
            EVP_DecryptUpdate(c, NULL, &n, (const unsigned char *)aad.p, (int)aad.n) == 1 &&
            EVP_DecryptUpdate(c, out, &n, in + NONCE_SIZE, (int)size) == 1 &&
            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1 &&
            EVP_DecryptFinal_ex(c, out + n, &n) == 1;
        EVP_CIPHER_CTX_free(c);
        *plain = ok ? (struct str){ (char *)out, size } : STR_NONE;     /* never bytes that were not authenticated */
        return ok;
}
