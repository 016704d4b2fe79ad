/*
 * Proves that a callback's signature is accepted when it was made by the
 * scheme's published algorithm with a secret that is live, and by nothing
 * else: malformed headers, old times and 100,000 seeded mutations are refused.
 */
#include "unit.h"
#include "base/secret.h"
#include "outside/signature.h"

#define NOW             INT64_C(1700000000)
#define MUTATIONS       100000

#define NMI_KEY         "NMI-SIGNING-KEY"
#define NMI_HEADER      "t=abc123nonce,s=066a024dc1bdbb89918f028b70b0f5eb598932086602c190e8e7c344f5660a90"
#define NMI_BODY        "{\"event_id\":\"11111111-2222-3333-4444-555555555555\"," \
                        "\"event_type\":\"transaction.sale.success\",\"event_body\":{}}"
#define STRIPE_KEY      "whsec_test_secret"
#define STRIPE_HEX      "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd"
#define STRIPE_HEADER   "t=1700000000,v1=" STRIPE_HEX
#define STRIPE_BODY     "{\"id\":\"evt_1\",\"object\":\"event\"}"
#define SVIX_KEY        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
#define SVIX_HEADER     "v1,rTBSwXTrzMM+EvMMwvdmEQhxBQJ0Wok83Q60Bo1si1c="
#define SVIX_BODY       "{\"type\":\"email.delivered\",\"created_at\":\"2026-01-01T00:00:00.000Z\"," \
                        "\"data\":{\"email_id\":\"e1\"}}"

enum scheme { NMI, STRIPE, STANDARD, SCHEMES };

/* All that goes into a verdict; id and stamp only count where the scheme has them apart from the header. */
struct callback {
        struct str header, id, stamp, body, secret;
};

static struct arena *arena;

static const struct callback good[SCHEMES] = {
        [NMI] = { STR(NMI_HEADER), STR_NONE, STR_NONE, STR(NMI_BODY), STR(NMI_KEY) },
        [STRIPE] = { STR(STRIPE_HEADER), STR_NONE, STR_NONE, STR(STRIPE_BODY), STR(STRIPE_KEY) },
        [STANDARD] = { STR(SVIX_HEADER), STR("msg_1"), STR("1700000000"), STR(SVIX_BODY), STR(SVIX_KEY) },
};

static enum signature
verdict(enum scheme s, const struct callback *c, int64_t now_s)
{
        switch (s) {
        case NMI:       return signature_nmi(arena, c->header, c->body, c->secret);
        case STRIPE:    return signature_stripe(arena, c->header, c->body, c->secret, now_s);
        case STANDARD:
                return signature_standard(arena, c->id, c->stamp, c->header, c->body, c->secret, now_s);
        case SCHEMES:   break;
        }
        return SIGNATURE_BAD;
}

static void
the_published_vectors_are_good(void **state)
{
        (void)state;
        for (enum scheme s = NMI; s < SCHEMES; s++)
                EXPECT(verdict(s, &good[s], NOW) == SIGNATURE_GOOD, "scheme %u", s);
}

static void
a_signature_belongs_to_its_scheme(void **state)
{
        (void)state;
        for (enum scheme s = NMI; s < SCHEMES; s++)
                for (enum scheme other = NMI; other < SCHEMES; other++) {
                        struct callback c = good[s];

                        c.id = STR("msg_1");
                        c.stamp = STR("1700000000");
                        EXPECT(s == other || verdict(other, &c, NOW) == SIGNATURE_BAD, "%u as %u", s, other);
                }
}

static void
two_secrets_count_during_a_rotation(void **state)
{
        static const char *const other[SCHEMES] = { "OTHER", "whsec_other", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };

        (void)state;
        for (enum scheme s = NMI; s < SCHEMES; s++) {
                const char *own = good[s].secret.p;
                struct callback c = good[s];

                c.secret = str_fmt(arena, "%s %s", own, other[s]);
                EXPECT(verdict(s, &c, NOW) == SIGNATURE_GOOD, "first of two, scheme %u", s);
                c.secret = str_fmt(arena, "%s %s", other[s], own);
                EXPECT(verdict(s, &c, NOW) == SIGNATURE_GOOD, "second of two, scheme %u", s);
                c.secret = str_fmt(arena, " %s  ", own);
                EXPECT(verdict(s, &c, NOW) == SIGNATURE_GOOD, "spaces around, scheme %u", s);
                c.secret = str_fmt(arena, "%s %s %s", other[s], other[s], own);
                EXPECT(verdict(s, &c, NOW) == SIGNATURE_BAD, "third, scheme %u", s);
                c.secret = str_of(other[s]);
                EXPECT(verdict(s, &c, NOW) == SIGNATURE_BAD, "retired, scheme %u", s);
        }
}

/* As many as count above, and no more: what is set and does not count would be found out by lost events. */
static void
a_setting_holds_one_secret_or_two(void **state)
{
        static const struct { const char *setting; bool ok; } rows[] = {
                { NULL, true }, { "a", true }, { "a b", true }, { "  a   b ", true },
                { "", false }, { "  ", false }, { "a b c", false }, { " a  b  c", false }, { "a b c d e", false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(signature_secrets_ok(rows[i].setting) == rows[i].ok, "row %zu", i);
}

static void
without_a_secret_or_a_body_nothing_is_good(void **state)
{
        static const char *const none[] = { "", " ", NULL };

        (void)state;
        for (enum scheme s = NMI; s < SCHEMES; s++) {
                struct callback c = good[s];

                c.body = STR("");
                EXPECT(verdict(s, &c, NOW) == SIGNATURE_BAD, "scheme %u", s);
                c = good[s];
                for (size_t i = 0; i < ARRAY_LEN(none); i++) {
                        c.secret = str_of(none[i]);
                        EXPECT(verdict(s, &c, NOW) == SIGNATURE_BAD, "scheme %u, secret %zu", s, i);
                }
        }
}

static void
malformed_headers_are_bad(void **state)
{
        static const struct { enum scheme scheme; const char *header; } rows[] = {
                { NMI, NULL }, { NMI, "" }, { NMI, "," }, { NMI, "=" }, { NMI, "t=,s=" }, { NMI, "t=abc123nonce" },
                { NMI, "s=066a024dc1bdbb89918f028b70b0f5eb598932086602c190e8e7c344f5660a90" },
                { NMI, "t=abc123nonce,s=" }, { NMI, NMI_HEADER "," }, { NMI, "," NMI_HEADER },
                { NMI, NMI_HEADER ",t=abc123nonce" }, { NMI, "t=other," NMI_HEADER }, { NMI, NMI_HEADER ",x" },
                { NMI, "t = abc123nonce, s = 066a024dc1bdbb89918f028b70b0f5eb598932086602c190e8e7c344f5660a90" },
                { NMI, "t=abc123nonce,s=066A024DC1BDBB89918F028B70B0F5EB598932086602C190E8E7C344F5660A90" },
                { NMI, "t=abc123nonce,s=066a024dc1bdbb89918f028b70b0f5eb598932086602c190e8e7c344f5660a9" },
                { STRIPE, NULL }, { STRIPE, "" }, { STRIPE, "t=1700000000" }, { STRIPE, "v1=" STRIPE_HEX },
                { STRIPE, "t=1700000000,v0=" STRIPE_HEX }, { STRIPE, "t=1700000000,v1=" },
                { STRIPE, "t=1700000000,t=1700000000,v1=" STRIPE_HEX }, { STRIPE, STRIPE_HEADER ",," },
                { STRIPE, "t=01700000000,v1=" STRIPE_HEX }, { STRIPE, "t=+1700000000,v1=" STRIPE_HEX },
                { STRIPE, "t=-1700000000,v1=" STRIPE_HEX }, { STRIPE, "t=1700000000.0,v1=" STRIPE_HEX },
                { STRIPE, "t=99999999999999999999,v1=" STRIPE_HEX }, { STRIPE, "t=x,v1=" STRIPE_HEX },
                { STANDARD, NULL }, { STANDARD, "" }, { STANDARD, "v1" }, { STANDARD, "v1," },
                { STANDARD, "rTBSwXTrzMM+EvMMwvdmEQhxBQJ0Wok83Q60Bo1si1c=" }, { STANDARD, SVIX_HEADER " " },
                { STANDARD, "v1,rTBSwXTrzMM+EvMMwvdmEQhxBQJ0Wok83Q60Bo1si1c" },
                { STANDARD, "v1,rTBSwXTrzMM+EvMMwvdmEQhxBQJ0Wok83Q60Bo1si1d=" },       /* the same bytes,
                    not canonical */
                { STANDARD, "v1a,rTBSwXTrzMM+EvMMwvdmEQhxBQJ0Wok83Q60Bo1si1c=" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct callback c = good[rows[i].scheme];

                c.header = str_of(rows[i].header);
                EXPECT(verdict(rows[i].scheme, &c, NOW) == SIGNATURE_BAD, "row %zu: %s", i,
                    rows[i].header == NULL ? "absent" : rows[i].header);
        }
}

static void
one_good_signature_among_several_is_enough(void **state)
{
        static const struct { enum scheme scheme; const char *header; } rows[] = {
                { STRIPE, "t=1700000000,v1=00,v1=" STRIPE_HEX }, { STRIPE, "t=1700000000,v1=" STRIPE_HEX ",v1=00" },
                { STRIPE, "v1=" STRIPE_HEX ",t=1700000000" }, { STRIPE, STRIPE_HEADER ",v0=6f" },
                { STRIPE, "v2=x," STRIPE_HEADER },
                { STANDARD, "v1,AAAA " SVIX_HEADER }, { STANDARD, SVIX_HEADER " v1,AAAA" },
                { STANDARD, "v1a,AAAA v9,x " SVIX_HEADER }, { NMI, NMI_HEADER ",v=2" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct callback c = good[rows[i].scheme];

                c.header = str_of(rows[i].header);
                EXPECT(verdict(rows[i].scheme, &c, NOW) == SIGNATURE_GOOD, "%s", rows[i].header);
        }
}

static void
times_count_to_the_second(void **state)
{
        static const struct { enum scheme scheme; int64_t off; enum signature is; } rows[] = {
                { STRIPE, 300, SIGNATURE_GOOD }, { STRIPE, 301, SIGNATURE_STALE }, { STRIPE, -301, SIGNATURE_GOOD },
                { STANDARD, 300, SIGNATURE_GOOD }, { STANDARD, 301, SIGNATURE_STALE },
                { STANDARD, -300, SIGNATURE_GOOD }, { STANDARD, -301, SIGNATURE_STALE },
                { NMI, 1000000, SIGNATURE_GOOD },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(verdict(rows[i].scheme, &good[rows[i].scheme], NOW + rows[i].off) == rows[i].is, "row %zu", i);
}

/* Only what carries a good signature is called stale: a forgery is bad, however old. */
static void
an_old_forgery_is_bad(void **state)
{
        (void)state;
        for (enum scheme s = STRIPE; s < SCHEMES; s++) {
                struct callback c = good[s];

                c.secret = STR("whsec_AAAA");
                EXPECT(verdict(s, &c, NOW + 1000) == SIGNATURE_BAD, "scheme %u", s);
        }
}

static void
what_is_signed_has_one_reading(void **state)
{
        unsigned char digest[SHA256_SIZE];
        struct str body = STR("{\"a\":1.{\"event_id\":\"x\"}}"), tail = STR("{\"event_id\":\"x\"}}");
        struct str header;

        (void)state;
        hmac_sha256(STR("k"), str_fmt(arena, "n.%s", body.p), digest);
        header = str_fmt(arena, "t=n,s=%s", hex_encode(arena, digest, sizeof digest).p);
        assert_int_equal(signature_nmi(arena, header, body, STR("k")), SIGNATURE_GOOD);
        header = str_fmt(arena, "t=n.{\"a\":1,s=%s", hex_encode(arena, digest, sizeof digest).p);
        assert_int_equal(signature_nmi(arena, header, tail, STR("k")), SIGNATURE_BAD);
        assert_int_equal(signature_standard(arena, STR("msg_1.1"), STR("1700000000"), STR(SVIX_HEADER), STR(SVIX_BODY),
            STR(SVIX_KEY), NOW), SIGNATURE_BAD);
}

/* Another text: a byte changed, put in, taken out, or the end cut off. No space: it separates secrets. */
static struct str
mutated(struct str s)
{
        char *z = arena_alloc(arena, s.n + 2);
        size_t at = seeded(s.n), n = s.n;
        char c;

        do
                c = (char)seeded(256);
        while (c == ' ' || c == s.p[at]);
        memcpy(z, s.p, s.n);
        switch (seeded(4)) {
        case 0:
                z[at] = c;
                break;
        case 1:
                memmove(z + at + 1, z + at, s.n - at);
                z[at] = c;
                n++;
                break;
        case 2:
                memmove(z + at, z + at + 1, s.n - at - 1);
                n--;
                break;
        default:
                n = at;
                break;
        }
        return (struct str){ z, n };
}

static void
no_mutation_is_accepted(void **state)
{
        int accepted = 0, tried = 0;

        (void)state;
        for (int i = 0; i < MUTATIONS; i++) {
                enum scheme s = (enum scheme)seeded(SCHEMES);
                struct callback c = good[s];
                struct str *part[] = { &c.header, &c.body, &c.secret, &c.id, &c.stamp };
                struct str *p = part[seeded(s == STANDARD ? 5 : 3)], was = *p;

                *p = mutated(was);
                tried += !str_eq(*p, was);
                accepted += !str_eq(*p, was) && verdict(s, &c, NOW) != SIGNATURE_BAD;
                if (i % 1000 == 0)
                        arena_reset(arena);
        }
        print_message("# %d mutations, %d accepted\n", tried, accepted);
        assert_int_equal(accepted, 0);
        assert_true(tried > MUTATIONS - MUTATIONS / 100);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_published_vectors_are_good),
                cmocka_unit_test(a_signature_belongs_to_its_scheme),
                cmocka_unit_test(two_secrets_count_during_a_rotation),
                cmocka_unit_test(a_setting_holds_one_secret_or_two),
                cmocka_unit_test(without_a_secret_or_a_body_nothing_is_good),
                cmocka_unit_test(malformed_headers_are_bad),
                cmocka_unit_test(one_good_signature_among_several_is_enough),
                cmocka_unit_test(times_count_to_the_second),
                cmocka_unit_test(an_old_forgery_is_bad),
                cmocka_unit_test(what_is_signed_has_one_reading),
                cmocka_unit_test(no_mutation_is_accepted),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
