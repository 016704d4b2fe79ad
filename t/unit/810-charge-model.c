/*
 * Proves that no order of events in the charge protocol charges a customer
 * twice, loses a charge or leaves one undecided: all of them are gone through,
 * in a model (t/model/charge.h). Then each rule is switched off, and the harm
 * that it prevents is found, with a shortest schedule that leads there.
 */
#include "unit.h"
#include "model/explore.h"

#include <time.h>

static const char *const harms[] = {
#define HARM(name, text) [HARM_##name] = text,
#include "model/charge.def"
#undef HARM
        [HARM_NONE] = "no harm",
};

static struct explored x;

static bool
taken(enum charge_action a)
{
        return (x.taken >> a & 1) != 0;
}

static void
explore_timed(const char *name, const struct charge_setup *w)
{
        struct timespec began, now;

        (void)clock_gettime(CLOCK_MONOTONIC, &began);
        explore(w, &x);
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        printf("# %s: ", name);
        if (x.harm == HARM_NONE && w->only == HARM_NONE)
                printf("0 of %zu states, %zu quiet, %.2g schedules%s", x.states, x.quiet, x.schedules,
                    x.endless ? " and one that never ends" : "");
        else if (x.harm == HARM_NONE)
                printf("0 of %zu states", x.states);
        else
                printf("%s after %zu steps, among %zu states", harms[x.harm], x.trail_n, x.states);
        printf(" (%.1f s)\n", (double)(now.tv_sec - began.tv_sec) + (double)(now.tv_nsec - began.tv_nsec) / 1e9);
}

static void
tell_trail(void)
{
        struct charge before = { .lookup_deaths = 0 };
        unsigned time = 0;
        char what[200];

        for (size_t i = 0; i < x.trail_n; i++) {
                time += x.trail[i].action == ACTION_TIME ? 1 : 0;
                charge_tell(what, sizeof what, &before, &x.trail[i]);
                if (what[0] != '\0')
                        printf("#   %2u  %s\n", time, what);
                before = x.trail[i].to;
        }
        printf("#       => %s\n", harms[x.harm]);
}

static bool
holds(const char *name, const struct charge_setup *w)
{
        explore_timed(name, w);
        if (x.harm != HARM_NONE)
                tell_trail();
        return x.harm == HARM_NONE && !x.endless && x.quiet > 0;
}

static bool
comes_to(enum charge_harm harm, const char *name, struct charge_setup w)
{
        w.only = harm;
        explore_timed(name, &w);
        if (x.harm != HARM_NONE)
                tell_trail();
        return x.harm == harm;
}

/* --- with all rules ------------------------------------------------------- */

static void
no_schedule_harms_two_attempts(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.lookup_deaths = 2;
        assert_true(holds("two attempts, two look-ups die", &w));
        EXPECT(!taken(ACTION_ADOPT) && !taken(ACTION_LATE), "%s", "something comes late");
}

static void
no_schedule_harms_three_attempts(void **state)
{
        struct charge_setup w = charge_rules_on(3);

        (void)state;
        w.lookup_deaths = getenv("BOXOFFICE_TEST_FULL") == NULL ? 0 : 1;
        assert_true(holds("three attempts", &w));
}

static void
none_does_when_the_gateway_refuses_duplicates(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.window = WINDOW_ATTEMPT;
        w.window_units = 2;
        assert_true(holds("of an attempt, for 2 units", &w));
        w.window = WINDOW_ORDER;
        assert_true(holds("of an order, for 2 units", &w));
        w.window_units = WINDOW_EVER;
        assert_true(holds("of an order, for ever", &w));
}

static void
none_does_when_the_gateway_is_later_than_it_promises(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.gateway_keeps_time = false;
        assert_true(holds("it captures and shows at any time", &w));
        EXPECT(taken(ACTION_ADOPT) && taken(ACTION_LATE) && taken(ACTION_VOIDED), "%s", "nothing comes late");
        w.window = WINDOW_ORDER;
        w.window_units = 2;
        w.false_not_founds = 1;
        w.lookup_deaths = 0;
        assert_true(holds("and refuses duplicates for 2 units, and forgets once", &w));
        if (getenv("BOXOFFICE_TEST_FULL") == NULL)
                return;
        w = charge_rules_on(3);
        w.gateway_keeps_time = false;
        w.lookup_deaths = 0;
        assert_true(holds("three attempts, no look-up dies", &w));
}

static void
none_does_when_the_query_forgets_twice(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.false_not_founds = 2;
        assert_true(holds("two false not-founds", &w));
}

static void
refusing_duplicates_of_an_order_for_ever_is_the_last_wall(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.only = HARM_TWICE;
        w.lookup_deaths = 0;
        w.fence = false;
        w.window = WINDOW_ORDER;
        w.window_units = WINDOW_EVER;
        assert_true(holds("no fence, and duplicates of an order refused for ever", &w));
}

/* --- without one ---------------------------------------------------------- */

static void
without_the_fence_an_order_is_captured_twice(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.fence = false;
        assert_true(comes_to(HARM_TWICE, "without the fence", w));
        w.window = WINDOW_ATTEMPT;
        w.window_units = WINDOW_EVER;
        assert_true(comes_to(HARM_TWICE, "also when the gateway refuses duplicates of an attempt for ever", w));
}

static void
without_the_horizon_an_order_is_captured_twice(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.horizon = false;
        assert_true(comes_to(HARM_TWICE, "without the horizon", w));
        w.window = WINDOW_ORDER;
        w.window_units = 2;
        assert_true(comes_to(HARM_TWICE, "also when the gateway refuses duplicates of an order for 2 units", w));
}

static void
a_horizon_one_unit_short_captures_twice(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.horizon_units = HORIZON - 1;
        assert_true(comes_to(HARM_TWICE, "a horizon one unit short", w));
}

static void
asking_once_while_the_query_lags_captures_twice(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.not_founds_final = 1;
        w.horizon_units = HORIZON - QUERY_LAG;
        assert_true(comes_to(HARM_TWICE, "one not-found suffices, once all is processed", w));
        w.not_founds_final = 3;
        assert_true(comes_to(HARM_TWICE, "nor do three", w));
}

static void
one_not_found_is_too_few_when_the_query_forgets(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.false_not_founds = 1;
        w.not_founds_final = 1;
        assert_true(comes_to(HARM_TWICE, "one false not-found, and one suffices", w));
        w.not_founds_final = 3;
        w.count_from_horizon = false;
        assert_true(comes_to(HARM_TWICE, "three are needed, but two from before the horizon count", w));
}

static void
sending_again_on_a_timeout_captures_twice(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.no_resend = false;
        assert_true(comes_to(HARM_TWICE, "an unknown attempt is sent again", w));
        w.window = WINDOW_ATTEMPT;
        w.window_units = 2;
        assert_true(comes_to(HARM_TWICE, "also when the gateway refuses duplicates for 2 units", w));
}

static void
without_tcp_user_timeout_an_order_is_captured_twice(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.user_timeout = false;
        assert_true(comes_to(HARM_TWICE, "without TCP_USER_TIMEOUT", w));
}

static void
two_live_attempts_capture_twice(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.one_live = false;
        assert_true(comes_to(HARM_TWICE, "a second attempt beside a live one", w));
}

static void
a_second_record_that_is_not_refused_books_twice(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.second_is_refused = false;
        assert_true(comes_to(HARM_REBOOKED, "the second to record overwrites", w));
}

static void
what_comes_late_and_is_left_alone_is_captured_twice_and_lost(void **state)
{
        struct charge_setup w = charge_rules_on(2);

        (void)state;
        w.gateway_keeps_time = false;
        w.void_late = false;
        assert_true(comes_to(HARM_TWICE, "late approvals are left alone", w));
        assert_true(comes_to(HARM_ORPHAN, "and", w));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_schedule_harms_two_attempts),
                cmocka_unit_test(no_schedule_harms_three_attempts),
                cmocka_unit_test(none_does_when_the_gateway_refuses_duplicates),
                cmocka_unit_test(none_does_when_the_gateway_is_later_than_it_promises),
                cmocka_unit_test(none_does_when_the_query_forgets_twice),
                cmocka_unit_test(refusing_duplicates_of_an_order_for_ever_is_the_last_wall),
                cmocka_unit_test(without_the_fence_an_order_is_captured_twice),
                cmocka_unit_test(without_the_horizon_an_order_is_captured_twice),
                cmocka_unit_test(a_horizon_one_unit_short_captures_twice),
                cmocka_unit_test(asking_once_while_the_query_lags_captures_twice),
                cmocka_unit_test(one_not_found_is_too_few_when_the_query_forgets),
                cmocka_unit_test(sending_again_on_a_timeout_captures_twice),
                cmocka_unit_test(without_tcp_user_timeout_an_order_is_captured_twice),
                cmocka_unit_test(two_live_attempts_capture_twice),
                cmocka_unit_test(a_second_record_that_is_not_refused_books_twice),
                cmocka_unit_test(what_comes_late_and_is_left_alone_is_captured_twice_and_lost),
        };

        return RUN(tests);
}
