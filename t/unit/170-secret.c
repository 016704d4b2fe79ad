/*
 * Proves that hashes are those of the standards' examples, and that sealed
 * bytes open only untouched, with their key, and in their place.
 */
#include "unit.h"
#include "base/secret.h"

static struct arena *arena;
static const unsigned char key[SEAL_KEY_SIZE] = { 1, 2, 3 };

static void
hashes_are_those_of_the_standards(void **state)
{
        unsigned char h[SHA256_SIZE];

        (void)state;
        sha256(STR("abc"), h);                                  /* FIPS 180-4 */
        EXPECT_TEXT(hex_encode(arena, h, sizeof h), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        sha256(STR_NONE, h);
        EXPECT_TEXT(hex_encode(arena, h, sizeof h), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), h);       /* RFC 4231, case 2 */
        EXPECT_TEXT(hex_encode(arena, h, sizeof h), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void
sealed_bytes_open_in_their_place(void **state)
{
        (void)state;
        for (int i = 0; i < 200; i++) {
                size_t n = seeded(300);
                char *text = arena_alloc(arena, n + 1);
                struct str plain = { text, n }, sealed, opened;

                random_bytes(text, n);
                sealed = seal(arena, key, STR("guest:1:email"), plain);
                assert_true(unseal(arena, key, STR("guest:1:email"), sealed, &opened));
                assert_true(str_eq(plain, opened));
        }
        assert_false(str_eq(seal(arena, key, STR("a"), STR("x")), seal(arena, key, STR("a"), STR("x"))));
}

static void
any_change_keeps_them_shut(void **state)
{
        struct str sealed = seal(arena, key, STR("guest:1:email"), STR("ada@example.org")), opened;
        unsigned char other[SEAL_KEY_SIZE] = { 1, 2, 4 };

        (void)state;
        assert_false(unseal(arena, key, STR("guest:2:email"), sealed, &opened));
        assert_null(opened.p);
        assert_false(unseal(arena, key, STR(""), sealed, &opened));
        assert_false(unseal(arena, other, STR("guest:1:email"), sealed, &opened));
        for (size_t i = 0; i < sealed.n; i++) {
                char *bent = str_z(arena, sealed);

                bent[i] = (char)(bent[i] ^ (1 << seeded(8)));
                EXPECT(!unseal(arena, key, STR("guest:1:email"), (struct str){ bent, sealed.n }, &opened), "byte %zu",
                    i);
                EXPECT(opened.p == NULL, "byte %zu", i);
                EXPECT(!unseal(arena, key, STR("guest:1:email"), (struct str){ sealed.p, i }, &opened), "cut at %zu",
                    i);
        }
}

static void
hexadecimal_is_read_whole(void **state)
{
        unsigned char b[3];

        (void)state;
        assert_true(hex_decode(STR("00aAfF"), b, 3) && b[0] == 0 && b[1] == 0xaa && b[2] == 0xff);
        assert_false(hex_decode(STR("00aAf"), b, 3));
        assert_false(hex_decode(STR("00aAfFa"), b, 3));
        assert_false(hex_decode(STR("00aAfg"), b, 3));
        assert_false(hex_decode(STR("0x0011"), b, 3));
        assert_false(hex_decode(STR("00 aAf"), b, 3));
        assert_false(hex_decode(STR("00\xc1""AAF"), b, 3));
}

static void
random_text_has_the_alphabet_and_the_length(void **state)
{
        (void)state;
        for (size_t n = 1; n < 40; n++) {
                struct str t = random_text(arena, n), again = random_text(arena, n);

                assert_int_equal(t.n, (n * 8 + 4) / 5);
                assert_int_equal(strspn(t.p, "0123456789abcdefghjkmnpqrstvwxyz"), t.n);
                EXPECT(n < 8 || !str_eq(t, again), "%zu bytes", n);
        }
}

static void
comparison_sees_every_byte(void **state)
{
        (void)state;
        assert_true(secret_eq("abcd", "abcd", 4));
        assert_false(secret_eq("abcd", "abce", 4));
        assert_false(secret_eq("xbcd", "abcd", 4));
        assert_true(secret_eq("", "", 0));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hashes_are_those_of_the_standards),
                cmocka_unit_test(sealed_bytes_open_in_their_place),
                cmocka_unit_test(any_change_keeps_them_shut),
                cmocka_unit_test(hexadecimal_is_read_whole),
                cmocka_unit_test(random_text_has_the_alphabet_and_the_length),
                cmocka_unit_test(comparison_sees_every_byte),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
