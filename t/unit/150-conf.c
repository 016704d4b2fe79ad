/*
 * Proves that settings which are unknown, ill formed, out of range or at odds
 * with each other keep a process from starting, each with a line that names
 * the setting, and that secrets are not shown.
 */
#include "unit.h"
#include "base/conf.h"

static char complaint[4096];

static bool
load(struct conf *c, char *const *env)
{
        FILE *f = fmemopen(complaint, sizeof complaint, "w");
        bool ok;

        assert_non_null(f);
        complaint[0] = '\0';
        ok = conf_load(c, env, f);
        (void)fclose(f);
        return ok;
}

#define ENV(...) (char *[]){ __VA_ARGS__, NULL }

/* Literals as the environment's char *, which nobody writes to. */
static char *
z(const char *text)
{
        return (char *)(uintptr_t)text;
}

static void
defaults_start_a_process(void **state)
{
        struct conf c;

        (void)state;
        assert_true(load(&c, ENV(z("PATH=/bin"), z("BOX=1"))));
        assert_string_equal(complaint, "");
        assert_string_equal(c.mode, "test");
        assert_true(conf_is_test(&c));
        assert_null(c.database_url);
        assert_true(c.call_deadline_ms < c.fence_ms && c.fence_ms < c.horizon_ms);
}

static void
settings_are_read(void **state)
{
        struct conf c;

        (void)state;
        assert_true(load(&c, ENV(z("BOXOFFICE_MODE=live"), z("BOXOFFICE_HOLD_SECONDS=30"), z("BOXOFFICE_URL=x"),
            z("BOXOFFICE_DATABASE_URL=host=/tmp dbname=a=b"))));
        assert_false(conf_is_test(&c));
        assert_int_equal(c.hold_seconds, 30);
        assert_string_equal(c.database_url, "host=/tmp dbname=a=b");
}

static void
what_is_wrong_is_named(void **state)
{
        static const struct { const char *setting, *named; } rows[] = {
                { "BOXOFFICE_HOLD_SECOND=30", "HOLD_SECOND" }, { "BOXOFFICE_=x", "BOXOFFICE_" },
                { "BOXOFFICE_hold_seconds=30", "hold_seconds" }, { "BOXOFFICE_HOLD_SECONDS_X=1", "HOLD_SECONDS_X" },
                { "BOXOFFICE_HOLD_SECONDS=", "HOLD_SECONDS" }, { "BOXOFFICE_HOLD_SECONDS=10m", "HOLD_SECONDS" },
                { "BOXOFFICE_HOLD_SECONDS= 600", "HOLD_SECONDS" }, { "BOXOFFICE_HOLD_SECONDS=600.0", "HOLD_SECONDS" },
                { "BOXOFFICE_HOLD_SECONDS=9", "HOLD_SECONDS" }, { "BOXOFFICE_HOLD_SECONDS=86401", "HOLD_SECONDS" },
                { "BOXOFFICE_HOLD_SECONDS=99999999999999999999", "HOLD_SECONDS" },
                { "BOXOFFICE_JOBS_CHILDREN=0", "JOBS_CHILDREN" }, { "BOXOFFICE_MODE=prod", "MODE" },
                { "BOXOFFICE_MODE=", "MODE" }, { "BOXOFFICE_LOG_LEVEL=verbose", "LOG_LEVEL" },
                { "BOXOFFICE_CALL_DEADLINE_MS=45000", "CALL_DEADLINE_MS" },     /* not below the fence */
                { "BOXOFFICE_FENCE_MS=40000", "FENCE_MS" }, { "BOXOFFICE_HORIZON_MS=45000", "HORIZON_MS" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct conf c;

                EXPECT(!load(&c, ENV(z(rows[i].setting))), "%s", rows[i].setting);
                EXPECT(strstr(complaint, rows[i].named) != NULL, "%s: %s", rows[i].setting, complaint);
        }
}

static void
every_mistake_is_told_at_once(void **state)
{
        struct conf c;

        (void)state;
        assert_false(load(&c, ENV(z("BOXOFFICE_NOPE=1"), z("BOXOFFICE_HOLD_SECONDS=x"), z("BOXOFFICE_MODE=y"),
            z("BOXOFFICE_JOBS_POLL_MS=0"))));
        assert_non_null(strstr(complaint, "NOPE"));
        assert_non_null(strstr(complaint, "HOLD_SECONDS"));
        assert_non_null(strstr(complaint, "MODE"));
        assert_non_null(strstr(complaint, "JOBS_POLL_MS"));
}

static void
needed_settings_are_asked_for(void **state)
{
        FILE *f = fmemopen(complaint, sizeof complaint, "w");

        (void)state;
        assert_true(conf_need("x", "KEY_FILE", f));
        assert_false(conf_need(NULL, "KEY_FILE", f));
        assert_false(conf_need("", "REDIS_URL", f));
        (void)fclose(f);
        assert_non_null(strstr(complaint, "BOXOFFICE_KEY_FILE"));
        assert_non_null(strstr(complaint, "BOXOFFICE_REDIS_URL"));
}

static void
secrets_are_not_shown(void **state)
{
        static char shown[16384];
        FILE *f = fmemopen(shown, sizeof shown, "w");
        struct conf c;

        (void)state;
        assert_true(load(&c, ENV(z("BOXOFFICE_GATEWAY_SECURITY_KEY=hunter2"),
            z("BOXOFFICE_DATABASE_URL=password=hunter2"))));
        conf_show(&c, true, f);
        (void)fclose(f);
        assert_null(strstr(shown, "hunter2"));
        assert_non_null(strstr(shown, "BOXOFFICE_GATEWAY_SECURITY_KEY"));
        assert_non_null(strstr(shown, "********"));
        assert_non_null(strstr(shown, "600"));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults_start_a_process),
                cmocka_unit_test(settings_are_read),
                cmocka_unit_test(what_is_wrong_is_named),
                cmocka_unit_test(every_mistake_is_told_at_once),
                cmocka_unit_test(needed_settings_are_asked_for),
                cmocka_unit_test(secrets_are_not_shown),
        };

        return RUN(tests);
}
