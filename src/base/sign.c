/* sign.c - Ed25519 by OpenSSL. What fails here is memory, or the library: nothing goes on. */
#include "base/base.h"
#include "base/check.h"
#include "base/sign.h"

#include <openssl/evp.h>

static EVP_PKEY *
key_of(const unsigned char key[SIGN_KEY_SIZE])
{
        EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key, SIGN_KEY_SIZE);

        CHECK(k != NULL);
        return k;
}

void
sign_public(const unsigned char key[SIGN_KEY_SIZE], unsigned char out[SIGN_KEY_SIZE])
{
        EVP_PKEY *k = key_of(key);
        size_t n = SIGN_KEY_SIZE;

        CHECK(EVP_PKEY_get_raw_public_key(k, out, &n) == 1 && n == SIGN_KEY_SIZE);
        EVP_PKEY_free(k);
}

void
sign_make(const unsigned char key[SIGN_KEY_SIZE], struct str s, unsigned char out[SIGNATURE_SIZE])
{
        EVP_PKEY *k = key_of(key);
        EVP_MD_CTX *c = EVP_MD_CTX_new();
        size_t n = SIGNATURE_SIZE;

        CHECK(c != NULL && EVP_DigestSignInit(c, NULL, NULL, NULL, k) == 1);
        CHECK(EVP_DigestSign(c, out, &n, (const unsigned char *)s.p, s.n) == 1 && n == SIGNATURE_SIZE);
        EVP_MD_CTX_free(c);
        EVP_PKEY_free(k);
}

bool
sign_holds(const unsigned char public_key[SIGN_KEY_SIZE], struct str s, const unsigned char signature[SIGNATURE_SIZE])
{
        EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, SIGN_KEY_SIZE);
        EVP_MD_CTX *c = EVP_MD_CTX_new();
        bool holds;

        CHECK(k != NULL && c != NULL && EVP_DigestVerifyInit(c, NULL, NULL, NULL, k) == 1);
        holds = EVP_DigestVerify(c, signature, SIGNATURE_SIZE, (const unsigned char *)s.p, s.n) == 1;
        EVP_MD_CTX_free(c);
        EVP_PKEY_free(k);
        return holds;
}
