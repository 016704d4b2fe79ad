/*
 * Proves that a ticket's signed code is read back as what was signed, that no
 * changed, forged or foreign one is taken, and that a typed code is read as it
 * was meant. By the examples of RFC 8032 and RFC 4648, every single change of
 * a code, and seeded ids.
 */
#include "unit.h"
#include "base/id.h"
#include "base/keyring.h"
#include "base/secret.h"
#include "base/sign.h"
#include "domain/tickets/ticket_code.h"

static struct arena *arena;

static struct keyring
ring(unsigned char first, size_t n)
{
        struct keyring k = { .n = n };

        for (size_t i = 0; i < n; i++) {
                k.key[i].id[3] = k.key[i].key[7] = (unsigned char)(first + i);
                k.key[i].id[0] = 0xab;
        }
        return k;
}

/* RFC 8032, section 7.1: the tests of no, one and two bytes. */
static void
signatures_are_those_of_the_standard(void **state)
{
        static const struct {
                const char *key, *public_key, *message, *signature;
        } cases[] = {
                { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
                { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
                  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
                { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
                  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
        };
        unsigned char key[SIGN_KEY_SIZE], made[SIGN_KEY_SIZE], signature[SIGNATURE_SIZE];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                struct str message = str_of(cases[i].message);

                assert_true(hex_decode(str_of(cases[i].key), key, sizeof key));
                sign_public(key, made);
                EXPECT_TEXT(hex_encode(arena, made, sizeof made), cases[i].public_key);
                sign_make(key, message, signature);
                EXPECT_TEXT(hex_encode(arena, signature, sizeof signature), cases[i].signature);
                assert_true(sign_holds(made, message, signature));
                assert_false(sign_holds(made, STR("another"), signature));
                signature[seeded(sizeof signature)] ^= (unsigned char)(1 << seeded(8));
                assert_false(sign_holds(made, message, signature));
        }
}

static void
bytes_come_back_from_their_text(void **state)
{
        static const char *const base64[][2] = {       /* RFC 4648, section 10 */
                { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg" },
                { "fooba", "Zm9vYmE" },
        };
        unsigned char b[70], back[70];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(base64); i++)
                EXPECT_TEXT(base64url_encode(arena, base64[i][0], strlen(base64[i][0])), base64[i][1]);
        EXPECT_TEXT(base64url_encode(arena, "\xfb\xff", 2), "-_8");
        for (size_t n = 1; n < sizeof b; n++) {
                struct str text;

                random_bytes(b, n);
                text = base32_encode(arena, b, n);
                EXPECT(base32_decode(text, back, n) && memcmp(b, back, n) == 0, "%zu bytes", n);
                EXPECT(!base32_decode((struct str){ text.p, text.n - 1 }, back, n), "%zu bytes, cut", n);
        }
        assert_true(base32_decode(STR("ZW"), back, 1) && back[0] == 0xff);
        assert_false(base32_decode(STR("zz"), back, 1));         /* bits behind the last byte */
        assert_false(base32_decode(STR("zu"), back, 1));
}

static void
a_signed_code_is_read_as_what_was_signed(void **state)
{
        struct keyring keys = ring(1, 2), turned = ring(2, 1), without = ring(3, 2);
        struct ticket_code c;

        (void)state;
        for (int i = 0; i < 100; i++) {
                struct uuid ticket = uuid_new((int32_t)seeded(INT32_MAX)), event = uuid_new(uuid_org(ticket));
                struct str code = ticket_code_sign(arena, &keys, ticket, event);

                assert_int_equal(code.n, 4 + 8 + 1 + 26 + 1 + 26 + 1 + 103);
                assert_int_equal(strspn(code.p, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ."), code.n);
                assert_int_equal(ticket_code_read(arena, &keys, code, &c), TICKET_CODE_SIGNED);
                assert_true(uuid_eq(c.ticket, ticket) && uuid_eq(c.event, event));
                assert_int_equal(ticket_code_read(arena, &keys, str_lower(arena, code), &c), TICKET_CODE_SIGNED);
                assert_true(str_eq(code, ticket_code_sign(arena, &keys, ticket, event)));
                /* The other key signs now, and what the first one signed is taken as long as it is there. */
                code = ticket_code_sign(arena, &turned, ticket, event);
                assert_int_equal(ticket_code_read(arena, &keys, code, &c), TICKET_CODE_SIGNED);
                assert_int_equal(ticket_code_read(arena, &without, code, &c), TICKET_CODE_FORGED);
        }
}

static bool
is_forged(const struct keyring *keys, struct str code)
{
        struct ticket_code c;

        return ticket_code_read(arena, keys, code, &c) == TICKET_CODE_FORGED;
}

static void
any_change_of_a_signed_code_is_seen(void **state)
{
        static const char other[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ.";
        struct keyring keys = ring(1, 2);
        struct str code = ticket_code_sign(arena, &keys, uuid_new(7), uuid_new(7));

        (void)state;
        for (size_t i = 4; i < code.n; i++) {
                char *bent = str_z(arena, code);

                for (size_t k = 0; k < sizeof other - 1; k++) {
                        bent[i] = other[k];
                        if (other[k] != code.p[i])
                                EXPECT(is_forged(&keys, str_of(bent)), "%s", bent);
                }
                assert_true(is_forged(&keys, (struct str){ code.p, i }));
        }
        assert_true(is_forged(&keys, str_fmt(arena, "%.*s0", STR_ARG(code))));
        assert_true(is_forged(&keys, str_fmt(arena, "%.*s.", STR_ARG(code))));
        assert_true(is_forged(&keys, STR("BX1.")));
        assert_true(is_forged(&keys, STR("BX1....")));
}

static void
a_typed_code_is_read_as_it_was_meant(void **state)
{
        static const char *const typed[] = {
                "0123456789abcdefghjkmnpqrs", "0123456789ABCDEFGHJKMNPQRS", " 0123-4567-89AB-CDEF-GHJK-MNPQ-RS ",
                "OI23456789abcdefghjkmnpqrs", "oL23 4567 89ab cdef ghjk mnpq rs",
        };
        struct keyring keys = ring(1, 1);
        struct ticket_code c;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
                assert_int_equal(ticket_code_read(arena, &keys, str_of(typed[i]), &c), TICKET_CODE_PLAIN);
                EXPECT_TEXT(c.text, typed[0]);
                assert_true(uuid_is_nil(c.ticket));
        }
        assert_int_equal(ticket_code_read(arena, &keys, STR("bx1"), &c), TICKET_CODE_PLAIN);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(signatures_are_those_of_the_standard),
                cmocka_unit_test(bytes_come_back_from_their_text),
                cmocka_unit_test(a_signed_code_is_read_as_what_was_signed),
                cmocka_unit_test(any_change_of_a_signed_code_is_seen),
                cmocka_unit_test(a_typed_code_is_read_as_it_was_meant),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
