/* fold.c - Unicode case folding, and names of domains. */
#include "base/base.h"
#include "base/arena.h"
#include "base/fold.h"

#include <idn2.h>
#include <unicase.h>
#include <uninorm.h>

static bool
is_ascii(struct str s)
{
        for (size_t i = 0; i < s.n; i++)
                if ((unsigned char)s.p[i] > 127)
                        return false;
        return true;
}

struct str
str_fold(struct arena *a, struct str s)
{
        size_t n = 0;
        uint8_t *text;
        struct str out;

        if (is_ascii(s))
                return str_lower(a, s);
        text = u8_casefold((const uint8_t *)s.p, s.n, NULL, UNINORM_NFKC, NULL, &n);
        if (text == NULL)
                return str_lower(a, s);
        out = str_dup(a, (struct str){ (const char *)text, n });
        free(text);
        return out;
}

struct str
domain_ascii(struct arena *a, struct str domain)
{
        uint8_t *name = NULL;
        struct str out = str_fold(a, domain);

        if (is_ascii(domain) || idn2_lookup_u8((const uint8_t *)str_z(a, domain), &name,
            IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
                return out;
        out = str_dup(a, str_of((const char *)name));
        idn2_free(name);
        return out;
}
