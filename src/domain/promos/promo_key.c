/* promo_key.c - how codes are spelt, and what a guest is to their limits. */
#include "base/base.h"
#include "base/arena.h"
#include "base/secret.h"
#include "domain/guests/guest.h"
#include "domain/promos/promo.h"

struct str
promo_code_normal(struct arena *a, struct str code)
{
        char *z = arena_alloc(a, code.n + 1);

        if (code.n == 0 || code.n > PROMO_CODE_MAX)
                return STR_NONE;
        for (size_t i = 0; i < code.n; i++) {
                char c = code.p[i];

                if (c >= 'a' && c <= 'z')
                        c = (char)(c - 'a' + 'A');
                if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
                        return STR_NONE;
                z[i] = c;
        }
        return (struct str){ z, code.n };
}

void
promo_guest_key(struct arena *a, int32_t org, struct str email, unsigned char out[GUEST_KEY_SIZE])
{
        struct str normal = email_normal(a, email);

        sha256(str_fmt(a, "%d %.*s", org, STR_ARG(normal)), out);
}
