/*
 * Proves that what is disputed is judged by the worst of four ratios, exactly
 * at the limits, never on too few disputes, and that a level which was raised
 * is kept until all are below the lower limit. By a table, and seeded figures
 * against the definition in fractions.
 */
#include "unit.h"
#include "domain/risk/risk.h"

static struct arena *arena;
static const struct risk_rules rules = {
        .warn_bps = 65, .act_bps = 90, .least = 5, .reserve_bps = 2000, .reserve_days = 90,
};

static void
the_worst_of_four_ratios_decides(void **state)
{
        static const struct {
                const char *what;
                struct risk_window w[RISK_WINDOWS];
                enum risk_level was, level;
                const char *says;
        } cases[] = {
                { "nothing", { { 0, 0, 0, 0 }, { 0, 0, 0, 0 } }, RISK_NORMAL, RISK_NORMAL, NULL },
                { "too few", { { 4, 4, 400, 400 }, { 4, 10, 400, 1000 } }, RISK_NORMAL, RISK_NORMAL, NULL },
                { "too few to stay", { { 4, 4, 400, 400 }, { 4, 10, 400, 1000 } }, RISK_RAISED, RISK_NORMAL, NULL },
                { "just below", { { 6, 1000, 6, 1000 }, { 6, 1000, 6, 1000 } }, RISK_NORMAL, RISK_NORMAL, NULL },
                { "0.65 % of a month", { { 13, 2000, 0, 1 }, { 13, 9000, 0, 1 } }, RISK_NORMAL, RISK_WARNED,
                  "13 disputes in 30 days, to 2000 charges, are 0.65 %" },
                { "0.89 %", { { 8, 892, 0, 1 }, { 8, 9000, 0, 1 } }, RISK_NORMAL, RISK_WARNED, "are 0.89 %" },
                { "0.90 %", { { 9, 1000, 0, 1 }, { 9, 9000, 0, 1 } }, RISK_NORMAL, RISK_RAISED, "are 0.90 %" },
                { "of three months", { { 0, 100, 0, 1 }, { 27, 3000, 0, 1 } }, RISK_NORMAL, RISK_RAISED,
                  "27 disputes in 90 days, to 3000 charges, are 0.90 %" },
                { "by amount", { { 5, 99999, 9000, 1000000 }, { 5, 99999, 9000, 9000000 } }, RISK_NORMAL, RISK_RAISED,
                  "0.90 % of what was charged in 30 days is disputed" },
                { "by amount, three months", { { 0, 9, 0, 9 }, { 5, 99999, 70000, 9000000 } }, RISK_NORMAL, RISK_WARNED,
                  "0.77 % of what was charged in 90 days is disputed" },
                { "was raised, is above the lower", { { 7, 1000, 0, 1 }, { 7, 9000, 0, 1 } }, RISK_RAISED,
                  RISK_RAISED, "until it is below 0.65 %" },
                { "was raised, is below", { { 6, 1000, 0, 1 }, { 6, 9000, 0, 1 } }, RISK_RAISED, RISK_NORMAL, NULL },
                { "was warned, is below", { { 6, 1000, 0, 1 }, { 6, 9000, 0, 1 } }, RISK_WARNED, RISK_NORMAL, NULL },
                { "all, and more", { { 5, 0, 500, 0 }, { 5, 0, 500, 0 } }, RISK_NORMAL, RISK_RAISED, "are 100.00 %" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
                struct risk_verdict v = risk_judge(arena, cases[i].w, cases[i].was, &rules);

                EXPECT(v.level == cases[i].level, "%s: %d", cases[i].what, (int)v.level);
                EXPECT((v.reason.p == NULL) == (v.level == RISK_NORMAL), "%s", cases[i].what);
                EXPECT(cases[i].says == NULL || strstr(v.reason.p, cases[i].says) != NULL, "%s: %s", cases[i].what,
                    v.reason.p);
        }
}

static void
the_reason_says_what_is_done(void **state)
{
        const struct risk_window w[RISK_WINDOWS] = { { 9, 400, 0, 1 }, { 9, 900, 0, 1 } };

        (void)state;
        EXPECT_TEXT(risk_judge(arena, w, RISK_NORMAL, &rules).reason,
            "9 disputes in 30 days, to 400 charges, are 2.25 %; the limit is 0.90 %. Of new sales at least 20.00 % is "
            "kept in reserve, for at least 90 days after the event, until it is below 0.65 %");
}

static void
ratios_are_rounded_down(void **state)
{
        (void)state;
        for (int i = 0; i < 10000; i++) {
                int64_t of = 1 + (int64_t)seeded(2000000), part = (int64_t)seeded((uint64_t)of);
                int64_t bps = risk_ratio_bps(part, of);

                EXPECT(bps * of <= part * 10000 && (bps + 1) * of > part * 10000, "%lld of %lld", (long long)part,
                    (long long)of);
        }
        assert_int_equal(risk_ratio_bps(0, 0), 0);
        assert_int_equal(risk_ratio_bps(3, 2), 10000);
        assert_int_equal(risk_ratio_bps(INT64_C(1000000000000000), INT64_C(2000000000000000)), 5000);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_worst_of_four_ratios_decides),
                cmocka_unit_test(the_reason_says_what_is_done),
                cmocka_unit_test(ratios_are_rounded_down),
        };
        int failed;

        arena = arena_new(ARENA_CAP);
        failed = RUN(tests);
        arena_free(arena);
        return failed;
}
