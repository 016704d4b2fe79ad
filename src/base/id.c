/*
 * id.c - making UUIDv8 ids and their two text forms.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"

static const char crockford[] = "0123456789abcdefghjkmnpqrstvwxyz";

int64_t
uuid_made_ms(struct uuid u)
{
        int64_t ms = 0;

        for (int i = 0; i < 6; i++)
                ms = ms << 8 | u.b[i];
        return ms;
}

static struct uuid
uuid_of(uint64_t ms, int32_t org, const unsigned char r[6])
{
        struct uuid u;
        uint32_t number = (uint32_t)org;

        for (int i = 0; i < 6; i++)
                u.b[i] = (unsigned char)(ms >> (40 - 8 * i));
        u.b[6] = (unsigned char)(0x80 | (r[0] & 0x0f));
        u.b[7] = r[1];
        u.b[8] = (unsigned char)(0x80 | (number >> 26));
        u.b[9] = (unsigned char)(number >> 18);
        u.b[10] = (unsigned char)(number >> 10);
        u.b[11] = (unsigned char)(number >> 2);
        u.b[12] = (unsigned char)((number & 3) << 6 | (r[2] & 0x3f));
        u.b[13] = r[3];
        u.b[14] = r[4];
        u.b[15] = r[5];
        return u;
}

struct uuid
uuid_new(int32_t org)
{
        unsigned char r[6];

        random_bytes(r, sizeof r);
        return uuid_of((uint64_t)clock_wall_ms(), org, r);
}

struct uuid
uuid_derived(struct uuid made, struct uuid of, uint32_t nth)
{
        unsigned char in[2 * sizeof made.b + 4], r[SHA256_SIZE];

        memcpy(in, made.b, sizeof made.b);
        memcpy(in + sizeof made.b, of.b, sizeof of.b);
        for (int i = 0; i < 4; i++)
                in[2 * sizeof made.b + (size_t)i] = (unsigned char)(nth >> (24 - 8 * i));
        sha256((struct str){ (const char *)in, sizeof in }, r);
        /* 42 bits would meet by chance among some hundred thousand of one time: 16 more move the time. */
        return uuid_of((uint64_t)uuid_made_ms(made) + (uint64_t)(r[6] << 8 | r[7]), uuid_org(made), r);
}

int32_t
uuid_org(struct uuid u)
{
        return (int32_t)((uint32_t)(u.b[8] & 0x3f) << 26 | (uint32_t)u.b[9] << 18 |
            (uint32_t)u.b[10] << 10 | (uint32_t)u.b[11] << 2 | (uint32_t)u.b[12] >> 6);
}

bool
uuid_eq(struct uuid a, struct uuid b)
{
        return memcmp(a.b, b.b, sizeof a.b) == 0;
}

bool
uuid_is_nil(struct uuid u)
{
        return uuid_eq(u, (struct uuid){ { 0 } });
}

void
uuid_text(struct uuid u, char out[UUID_TEXT_MAX])
{
        static const char hex[] = "0123456789abcdef";
        char *p = out;

        for (int i = 0; i < 16; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        *p++ = '-';
                *p++ = hex[u.b[i] >> 4];
                *p++ = hex[u.b[i] & 15];
        }
        *p = '\0';
}

static int
hex_digit(char c)
{
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
uuid_parse(struct str s, struct uuid *out)
{
        size_t at = 0;

        if (s.n != UUID_TEXT_MAX - 1)
                return false;
        for (int i = 0; i < 16; i++) {
                int hi, lo;

                if ((i == 4 || i == 6 || i == 8 || i == 10) && s.p[at++] != '-')
                        return false;
                hi = hex_digit(s.p[at++]);
                lo = hex_digit(s.p[at++]);
                if (hi < 0 || lo < 0)
                        return false;
                out->b[i] = (unsigned char)(hi << 4 | lo);
        }
        return true;
}

void
typeid_text(const char *prefix, struct uuid u, char out[ID_TEXT_MAX])
{
        size_t n = strlen(prefix);

        memcpy(out, prefix, n);
        out[n++] = '_';
        /* 26 digits of 5 bits hold 130 bits: two zero bits stand in front of the 128. */
        for (int digit = 0; digit < 26; digit++) {
                unsigned v = 0;

                for (int k = 0; k < 5; k++) {
                        int bit = digit * 5 + k - 2;

                        v = v << 1 | (bit < 0 ? 0 : (unsigned)(u.b[bit / 8] >> (7 - bit % 8)) & 1);
                }
                out[n++] = crockford[v];
        }
        out[n] = '\0';
}

bool
typeid_parse(const char *prefix, struct str s, struct uuid *out)
{
        size_t n = strlen(prefix);
        struct uuid u = { { 0 } };

        if (s.n != n + 27 || memcmp(s.p, prefix, n) != 0 || s.p[n] != '_' || s.p[n + 1] > '7')
                return false;
        for (int digit = 0; digit < 26; digit++) {
                char c = s.p[n + 1 + (size_t)digit];
                const char *at = c == '\0' ? NULL : strchr(crockford, c);

                if (at == NULL)
                        return false;
                for (int k = 0; k < 5; k++) {
                        int bit = digit * 5 + k - 2;

                        if (bit >= 0 && ((at - crockford) >> (4 - k) & 1))
                                u.b[bit / 8] |= (unsigned char)(1 << (7 - bit % 8));
                }
        }
        if (u.b[6] >> 4 != 8 || u.b[8] >> 6 != 2)
                return false;
        *out = u;
        return true;
}
