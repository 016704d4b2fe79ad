/*
 * sign.h - who made this: Ed25519 signatures (RFC 8032), OpenSSL's.
 *
 * A private key is 32 random bytes; its public key follows from it. The same
 * key signs the same bytes the same, always.
 */
#ifndef BASE_SIGN_H
#define BASE_SIGN_H

#include "base/base.h"
#include "base/str.h"

#define SIGN_KEY_SIZE   32              /* the private one, and the public one */
#define SIGNATURE_SIZE  64

void sign_public(const unsigned char key[SIGN_KEY_SIZE], unsigned char out[SIGN_KEY_SIZE]);
void sign_make(const unsigned char key[SIGN_KEY_SIZE], struct str s, unsigned char out[SIGNATURE_SIZE]);
/* Whether the owner of this public key has signed s. */
bool sign_holds(const unsigned char public_key[SIGN_KEY_SIZE], struct str s,
    const unsigned char signature[SIGNATURE_SIZE]) MUSTCHECK;

#endif
