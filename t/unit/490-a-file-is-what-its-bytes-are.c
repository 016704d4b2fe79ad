/*
 * Proves that a file is taken for a PDF, a JPEG or a PNG only when it is one
 * from its first byte to its last. Whole files are cut anywhere, given
 * another's head or something behind their end, and have single bytes changed.
 */
#include "unit.h"
#include "domain/evidence/evidence_type.h"

#define PDF_HEAD        "%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
#define PDF_TABLE       "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R/Size 1>>\n"
#define PDF             PDF_HEAD PDF_TABLE "startxref\n42\n%%EOF\n"
#define JPEG_HEAD       "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
#define JPEG_FRAME      "\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0"
#define JPEG_TABLE      "\xff\xc4\0\x14\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define JPEG_SCAN       "\xff\xda\0\x08\1\1\0\0\x3f\0\x3f\xff\0\x12\xff\xd0\x3f"
#define JPEG            JPEG_HEAD JPEG_FRAME JPEG_TABLE JPEG_SCAN "\xff\xd9"
#define PNG_HEAD        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
#define PNG_DATA        "\0\0\0\nIDAT\x78\x9c\x63\x60\0\0\0\2\0\1\x48\xaf\xa4\x71"
#define PNG_END         "\0\0\0\0IEND\xae\x42\x60\x82"
#define PNG             PNG_HEAD PNG_DATA PNG_END
#define ELF             "\x7f" "ELF\2\1\1\0"

struct row {
        const char *what;
        struct str bytes;
        enum evidence_type type;
};

static void
each_is_known_by_its_content(void **state)
{
        static const struct row rows[] = {
                { "a PDF", STR(PDF), EVIDENCE_PDF },
                { "a PDF without a last line end", { PDF, sizeof(PDF) - 2 }, EVIDENCE_PDF },
                { "a PDF whose table is an object", STR("%PDF-1.7\r\n12 0 obj\nstartxref 10 %%EOF\r\n"), EVIDENCE_PDF },
                { "a JPEG", STR(JPEG), EVIDENCE_JPEG },
                { "a JPEG with a preview behind it", STR(JPEG JPEG), EVIDENCE_JPEG },
                { "a JPEG with zeros behind it", STR(JPEG "\0\0\0"), EVIDENCE_JPEG },
                { "a JPEG of two scans", STR(JPEG_HEAD JPEG_FRAME JPEG_SCAN JPEG_TABLE JPEG_SCAN "\xff\xff\xd9"),
                    EVIDENCE_JPEG },
                { "a PNG", STR(PNG), EVIDENCE_PNG },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(evidence_type_of(rows[i].bytes) == rows[i].type, "%s", rows[i].what);
}

static void
what_is_none_of_them_is_refused(void **state)
{
        static const struct row rows[] = {
                { "nothing", STR(""), EVIDENCE_NONE },
                { "an executable", STR(ELF "............................................"), EVIDENCE_NONE },
                { "an executable of another system", STR("MZ\x90\0....................................."),
                    EVIDENCE_NONE },
                { "an executable with a PDF behind it", STR(ELF PDF), EVIDENCE_NONE },
                { "a PDF with an archive behind it", STR(PDF "PK\5\6...."), EVIDENCE_NONE },
                { "a PDF's head before an executable", STR("%PDF-1.4\n" ELF "%%EOF\n"), EVIDENCE_NONE },
                { "a PDF's head and end around an executable", STR("%PDF-1.4\n" ELF "\nstartxref\n9\n%%EOF\n"),
                    EVIDENCE_NONE },
                { "a PDF whose table is behind its end", STR(PDF_HEAD PDF_TABLE "startxref\n430\n%%EOF\n"),
                    EVIDENCE_NONE },
                { "a PDF whose table is far away", STR(PDF_HEAD PDF_TABLE "startxref\n99999999999999\n%%EOF\n"),
                    EVIDENCE_NONE },
                { "a page", STR("<html><!-- %PDF-1.4 --></html>"), EVIDENCE_NONE },
                { "a JPEG without a frame", STR(JPEG_HEAD JPEG_SCAN "\xff\xd9"), EVIDENCE_NONE },
                { "a JPEG without a scan", STR(JPEG_HEAD JPEG_FRAME "\xff\xd9"), EVIDENCE_NONE },
                { "a JPEG with an archive behind it", STR(JPEG "PK\5\6...."), EVIDENCE_NONE },
                { "a JPEG's head before an executable", STR(JPEG_HEAD ELF), EVIDENCE_NONE },
                { "a PNG without data", STR(PNG_HEAD PNG_END), EVIDENCE_NONE },
                { "a PNG with an archive behind it", STR(PNG "PK\5\6...."), EVIDENCE_NONE },
                { "a PNG's mark before an executable", STR("\x89PNG\r\n\x1a\n" ELF), EVIDENCE_NONE },
                { "a GIF", STR("GIF89a\1\0\1\0\0\0\0;"), EVIDENCE_NONE },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(evidence_type_of(rows[i].bytes) == EVIDENCE_NONE, "%s", rows[i].what);
}

/* In memory of its own length, so that a sanitizer sees a step too far. */
static enum evidence_type
type_of_copy(const char *p, size_t n)
{
        char *copy = malloc(n + 1);
        enum evidence_type type;

        assert_non_null(copy);
        memcpy(copy, p, n);
        copy = realloc(copy, n > 0 ? n : 1);
        assert_non_null(copy);
        type = evidence_type_of((struct str){ copy, n });
        free(copy);
        return type;
}

static void
what_was_cut_off_is_refused(void **state)
{
        static const struct str files[] = { STR(PDF), STR(JPEG), STR(PNG) };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(files); i++)
                for (size_t n = 0; n + 1 < files[i].n; n++)
                        EXPECT(type_of_copy(files[i].p, n) == EVIDENCE_NONE, "file %zu cut to %zu bytes", i, n);
}

static void
a_png_with_one_byte_changed_is_refused(void **state)
{
        char copy[sizeof(PNG) - 1];

        (void)state;
        for (size_t i = 0; i < sizeof copy; i++) {
                memcpy(copy, PNG, sizeof copy);
                copy[i] = (char)(copy[i] ^ 0x40);
                EXPECT(type_of_copy(copy, sizeof copy) == EVIDENCE_NONE, "byte %zu", i);
        }
}

static void
random_bytes_behind_any_head_harm_nobody(void **state)
{
        static const struct str heads[] = { STR(""), STR("%PDF-1.4\n"), STR(JPEG_HEAD), STR(PNG_HEAD) };
        char bytes[512];

        (void)state;
        for (int round = 0; round < 20000; round++) {
                struct str head = heads[seeded(ARRAY_LEN(heads))];
                size_t n = head.n + seeded(sizeof bytes - head.n);

                memcpy(bytes, head.p, head.n);
                for (size_t i = head.n; i < n; i++)
                        bytes[i] = seeded(3) == 0 ? (char)0xff : (char)seeded(256);
                if (round % 2 == 0 && n > head.n + 22)
                        memcpy(bytes + n - 20, "startxref\n12\n %%EOF\n", 20);
                (void)type_of_copy(bytes, n);
        }
}

static void
types_have_names(void **state)
{
        (void)state;
        for (int i = EVIDENCE_PDF; i <= EVIDENCE_PNG; i++)
                assert_int_equal(evidence_type_named(str_of(evidence_type_media((enum evidence_type)i))), i);
        assert_int_equal(evidence_type_named(STR("")), EVIDENCE_NONE);
        assert_int_equal(evidence_type_named(STR("text/html")), EVIDENCE_NONE);
        assert_string_equal(evidence_type_ending(EVIDENCE_JPEG), "jpg");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_is_known_by_its_content),
                cmocka_unit_test(what_is_none_of_them_is_refused),
                cmocka_unit_test(what_was_cut_off_is_refused),
                cmocka_unit_test(a_png_with_one_byte_changed_is_refused),
                cmocka_unit_test(random_bytes_behind_any_head_harm_nobody),
                cmocka_unit_test(types_have_names),
        };

        return RUN(tests);
}
