/*
 * secret.h - hashes, randomness, sealed bytes; all of it OpenSSL's.
 *
 * sha256, hmac_sha256: as named. secret_eq compares in constant time.
 * seal/unseal: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce:
 * nonce || ciphertext || 128-bit tag. aad binds the bytes to their place (row
 * id, column), so that sealed bytes moved elsewhere do not open.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/base.h"
#include "base/str.h"

struct arena;

#define SHA256_SIZE     32
#define SEAL_KEY_SIZE   32

void random_bytes(void *out, size_t n);                 /* CHECKs: without randomness nothing goes on */
void sha256(struct str s, unsigned char out[SHA256_SIZE]);
void hmac_sha256(struct str key, struct str s, unsigned char out[SHA256_SIZE]);
bool secret_eq(const void *a, const void *b, size_t n);
void secret_wipe(void *p, size_t n);

struct str hex_encode(struct arena *a, const void *p, size_t n);        /* lower case */
bool hex_decode(struct str s, unsigned char *out, size_t n) MUSTCHECK;  /* exactly n bytes; either case */
/* RFC 4648: section 4, and section 5 without padding. */
struct str base64_encode(struct arena *a, const void *p, size_t n);
struct str base64url_encode(struct arena *a, const void *p, size_t n);
/* Crockford's base32, lower case, the last digit filled up with zero bits; read in either case, exactly n bytes. */
struct str base32_encode(struct arena *a, const void *p, size_t n);
bool base32_decode(struct str s, unsigned char *out, size_t n) MUSTCHECK;
/* n random bytes so: ticket codes, keys. */
struct str random_text(struct arena *a, size_t n);

struct str seal(struct arena *a, const unsigned char key[SEAL_KEY_SIZE], struct str aad, struct str plain);
bool unseal(struct arena *a, const unsigned char key[SEAL_KEY_SIZE], struct str aad, struct str sealed,
    struct str *plain) MUSTCHECK;

#endif
