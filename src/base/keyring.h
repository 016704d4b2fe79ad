/*
 * keyring.h - the sealing keys of an installation: several can be read with,
 * one writes.
 *
 * The key file holds one key a line, 64 hexadecimal digits; the first line
 * writes. An empty line or one that begins with # counts for nothing. A key
 * has no name: its id is the first four bytes of a hash of it, the same on
 * every host. To change keys: add the new one as the last line everywhere and
 * restart; make it the first everywhere and restart; `boxoffice secrets
 * rotate`; take the old one away once `boxoffice secrets list` shows nothing
 * under it.
 *
 * What keyring_seal() makes is key id (4 bytes), nonce (12), ciphertext, tag
 * (16): secret.h, bound to aad, of which the key id is a part.
 */
#ifndef BASE_KEYRING_H
#define BASE_KEYRING_H

#include "base/base.h"
#include "base/secret.h"
#include "base/str.h"

#define KEYRING_MAX     8
#define KEY_ID_SIZE     4

struct keyring {
        size_t n;
        struct {
                unsigned char id[KEY_ID_SIZE];
                unsigned char key[SEAL_KEY_SIZE];
        } key[KEYRING_MAX];
};

/* false, with a line on `complain`: the file can't be read, or a line is no key, is there twice or is one too many. */
bool keyring_read(const char *path, struct keyring *k, FILE *complain) MUSTCHECK;

struct str keyring_seal(struct arena *a, const struct keyring *k, struct str aad, struct str plain);
/* false: its key is not in the ring, or the bytes or the aad are not what was sealed. */
bool keyring_unseal(struct arena *a, const struct keyring *k, struct str aad, struct str sealed,
    struct str *plain) MUSTCHECK;
/* The id of the key that writes. */
struct str keyring_writing(const struct keyring *k);

#endif
