/*
 * Proves that ids keep what they carry (time, organizer) through both text
 * forms, sort by time, and that nothing but their one canonical form is read.
 */
#include "unit.h"
#include "base/clock.h"
#include "base/id.h"

static void
text_forms_read_back(void **state)
{
        (void)state;
        for (int i = 0; i < 5000; i++) {
                char text[ID_TEXT_MAX], hex[UUID_TEXT_MAX];
                struct order_id id = order_id_new((int32_t)seeded(INT32_MAX)), back;
                struct uuid u;

                order_id_text(id, text);
                assert_int_equal(strlen(text), 4 + 26);
                assert_true(order_id_parse(str_of(text), &back) && uuid_eq(id.u, back.u));
                uuid_text(id.u, hex);
                assert_true(uuid_parse(str_of(hex), &u) && uuid_eq(id.u, u));
        }
}

static void
text_forms_are_those_of_the_standard(void **state)
{
        static const struct { struct uuid u; const char *hex, *text; } rows[] = {
                { { { 0x01, 0x88, 0xba, 0xc7, 0x4a, 0xfa, 0x87, 0x8a, 0xbc, 0x3b, 0xbd, 0x1e, 0xef, 0x28, 0xd8,
                    0x81 } },
                    "0188bac7-4afa-878a-bc3b-bd1eef28d881", "ord_01h2xcejqtgy5brexx3vqjhp41" },
                { { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x8f, 0xff, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                    0xff } },
                    "ffffffff-ffff-8fff-bfff-ffffffffffff", "ord_7zzzzzzzzzhzzvzzzzzzzzzzzz" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                char text[ID_TEXT_MAX], hex[UUID_TEXT_MAX];

                uuid_text(rows[i].u, hex);
                assert_string_equal(hex, rows[i].hex);
                typeid_text("ord", rows[i].u, text);
                assert_string_equal(text, rows[i].text);
        }
}

static void
organizer_number_is_inside(void **state)
{
        static const int32_t numbers[] = { 0, 1, 2, 3, 4, 255, 65535, 0x12345678, INT32_MAX };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
                assert_int_equal(ticket_id_org(ticket_id_new(numbers[i])), numbers[i]);
        for (int i = 0; i < 1000; i++) {
                int32_t org = (int32_t)seeded(INT32_MAX);

                assert_int_equal(uuid_org(uuid_new(org)), org);
        }
}

static void
ids_are_version_8_of_the_rfc_variant(void **state)
{
        (void)state;
        for (int i = 0; i < 1000; i++) {
                struct uuid u = uuid_new(-1);

                assert_int_equal(u.b[6] >> 4, 8);
                assert_int_equal(u.b[8] >> 6, 2);
        }
}

static void
the_first_48_bits_are_the_time(void **state)
{
        (void)state;
        for (int i = 0; i < 100; i++) {
                int64_t before = clock_wall_ms(), ms = 0;
                struct uuid u = uuid_new((int32_t)seeded(INT32_MAX));

                for (int k = 0; k < 6; k++)
                        ms = ms << 8 | u.b[k];
                assert_true(ms >= before && ms <= clock_wall_ms());
        }
}

static void
later_ids_sort_behind_earlier_ones(void **state)
{
        char before[ID_TEXT_MAX], after[ID_TEXT_MAX];

        (void)state;
        for (int i = 0; i < 20; i++) {
                struct guest_id first = guest_id_new(INT32_MAX), second;
                int64_t from = clock_wall_ms();

                while (clock_wall_ms() <= from)
                        clock_sleep_ms(1);
                second = guest_id_new(0);
                guest_id_text(first, before);
                guest_id_text(second, after);
                assert_true(strcmp(before, after) < 0);
                assert_true(memcmp(first.u.b, second.u.b, sizeof first.u.b) < 0);
        }
}

static void
fresh_ids_differ(void **state)
{
        struct uuid last = uuid_new(1);

        (void)state;
        for (int i = 0; i < 10000; i++) {
                struct uuid u = uuid_new(1);

                assert_false(uuid_eq(last, u));
                last = u;
        }
        assert_false(uuid_is_nil(last));
        assert_true(uuid_is_nil((struct uuid){ { 0 } }));
}

static void
a_derived_id_is_the_same_again_and_no_other_s(void **state)
{
        enum { ORG = 70001 };
        struct uuid made = uuid_new(ORG), other = uuid_new(ORG), of = uuid_new(ORG), one = uuid_derived(made, of, 1);
        struct uuid same = uuid_derived(made, of, 1), back;
        char text[ID_TEXT_MAX];

        (void)state;
        assert_true(uuid_eq(one, same));
        assert_false(uuid_eq(one, uuid_derived(made, of, 2)));
        assert_false(uuid_eq(one, uuid_derived(made, other, 1)));
        assert_false(uuid_eq(one, uuid_derived(other, of, 1)));
        assert_int_equal(uuid_org(one), ORG);
        assert_in_range(uuid_made_ms(one) - uuid_made_ms(made), 0, 65535);
        typeid_text("ref", one, text);
        assert_true(typeid_parse("ref", str_of(text), &back) && uuid_eq(one, back));
}

static void
any_other_form_is_refused(void **state)
{
        static const struct str rows[] = {
                { "ord_01h2xcejqtgy5brexx3vqjhp4", 29 }, { "ord_01h2xcejqtgy5brexx3vqjhp411", 31 },
                { "evt_01h2xcejqtgy5brexx3vqjhp41", 30 }, { "ORD_01h2xcejqtgy5brexx3vqjhp41", 30 },
                { "ord_01H2XCEJQTGY5BREXX3VQJHP41", 30 }, { "ord-01h2xcejqtgy5brexx3vqjhp41", 30 },
                { "ord_81h2xcejqtgy5brexx3vqjhp41", 30 }, { "ord_z1h2xcejqtgy5brexx3vqjhp41", 30 },
                { "ord_01h2xcejqtgy5brexx3vqjhpi1", 30 }, { "ord_01h2xcejqtgy5brexx3vqjhpl1", 30 },
                { "ord_01h2xcejqtgy5brexx3vqjhpo1", 30 }, { "ord_01h2xcejqtgy5brexx3vqjhpu1", 30 },
                { "ord_01h2xcejqtgy5brexx3vqjhp4\0", 30 }, { "ord_01h2xcejqtgy5brexx3vqjhp4 ", 30 },
                { "ord_01h2xcejqteey5brexx3vqjhp41", 30 }, { "ord_00000000000000000000000000", 30 },
                { "ord_01h2xcejqtf2nbrexx3vqjhp41", 30 },       /* version 7 */
                { "0188bac7-4afa-878a-bc3b-bd1eef28d881", 36 }, { "ord_", 4 }, { "", 0 }, { NULL, 0 },
        };
        struct order_id id;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(!order_id_parse(rows[i], &id), "row %zu", i);
        assert_true(order_id_parse(STR("ord_01h2xcejqtgy5brexx3vqjhp41"), &id));
}

static void
any_other_uuid_form_is_refused(void **state)
{
        static const char *const rows[] = {
                "0188bac74afa878abc3bbd1eef28d881", "0188BAC7-4AFA-878A-BC3B-BD1EEF28D881",
                "{188bac7-4afa-878a-bc3b-bd1eef28d88}", "0188bac7-4afa-878a-bc3b-bd1eef28d88g",
                "0188bac7_4afa-878a-bc3b-bd1eef28d881", "0188bac7-4afa-878a-bc3b-bd1eef28d8811", "",
        };
        struct uuid u;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                EXPECT(!uuid_parse(str_of(rows[i]), &u), "row %zu", i);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(text_forms_read_back),
                cmocka_unit_test(text_forms_are_those_of_the_standard),
                cmocka_unit_test(organizer_number_is_inside),
                cmocka_unit_test(ids_are_version_8_of_the_rfc_variant),
                cmocka_unit_test(the_first_48_bits_are_the_time),
                cmocka_unit_test(later_ids_sort_behind_earlier_ones),
                cmocka_unit_test(fresh_ids_differ),
                cmocka_unit_test(a_derived_id_is_the_same_again_and_no_other_s),
                cmocka_unit_test(any_other_form_is_refused),
                cmocka_unit_test(any_other_uuid_form_is_refused),
        };

        return RUN(tests);
}
