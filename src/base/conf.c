/* conf.c - conf.def expanded four times: defaults, reading, unknown names, showing. */
#include "base/base.h"
#include "base/conf.h"
#include "base/money.h"
#include "base/str.h"

#include <inttypes.h>

#define PREFIX "BOXOFFICE_"

enum flags { PLAIN, HIDDEN };

static const char *const names[] = {
#define TEXT(field, name, def, flags, doc)              name,
#define NUMBER(field, name, def, min, max, doc)         name,
#define CALLER(name)                                    name,
#include "base/conf.def"
#undef TEXT
#undef NUMBER
#undef CALLER
};

static const char *
env_find(char *const *env, const char *name)
{
        size_t n = strlen(name);

        for (; *env != NULL; env++)
                if (strncmp(*env, PREFIX, sizeof PREFIX - 1) == 0 &&
                    strncmp(*env + sizeof PREFIX - 1, name, n) == 0 && (*env)[sizeof PREFIX - 1 + n] == '=')
                        return *env + sizeof PREFIX + n;
        return NULL;
}

static bool
names_known(char *const *env, FILE *complain)
{
        bool ok = true;

        for (; *env != NULL; env++) {
                struct str name, value;
                bool known = false;

                if (strncmp(*env, PREFIX, sizeof PREFIX - 1) != 0)
                        continue;
                (void)str_cut(str_of(*env + sizeof PREFIX - 1), '=', &name, &value);
                for (size_t i = 0; i < ARRAY_LEN(names) && !known; i++)
                        known = str_is(name, names[i]);
                if (!known) {
                        fprintf(complain, "boxoffice: unknown setting %s%.*s (see `boxoffice config`)\n",
                            PREFIX, STR_ARG(name));
                        ok = false;
                }
        }
        return ok;
}

static bool
read_number(char *const *env, const char *name, int64_t def, int64_t min, int64_t max, int64_t *out,
    FILE *complain)
{
        const char *text = env_find(env, name);

        *out = def;
        if (text == NULL)
                return true;
        if (str_to_i64(str_of(text), out) && *out >= min && *out <= max)
                return true;
        fprintf(complain, "boxoffice: %s%s is \"%s\"; it must be a whole number from %" PRId64 " to %" PRId64 "\n",
            PREFIX, name, text, min, max);
        return false;
}

static bool
one_of(const char *name, const char *value, const char *const *allowed, FILE *complain)
{
        for (size_t i = 0; allowed[i] != NULL; i++)
                if (strcmp(value, allowed[i]) == 0)
                        return true;
        fprintf(complain, "boxoffice: %s%s is \"%s\"; it must be one of:", PREFIX, name, value);
        for (size_t i = 0; allowed[i] != NULL; i++)
                fprintf(complain, " %s", allowed[i]);
        fprintf(complain, "\n");
        return false;
}

#define TCP_USER_TIMEOUT_MS 20000        /* io/http.h: bytes of a dead sender may still arrive for so long */

static bool
complain_if(bool wrong, const char *name, const char *rule, FILE *complain)
{
        if (wrong)
                fprintf(complain, "boxoffice: %s%s %s\n", PREFIX, name, rule);
        return !wrong;
}

static bool
begins(const char *value, const char *with)
{
        return value == NULL || strncmp(value, with, strlen(with)) == 0;
}

/* "USD=50,JPY=100" */
static bool
amounts_ok(const char *text)
{
        struct str rest = str_of(text), one, code, number;
        enum currency c;
        int64_t v;

        while (rest.n > 0) {
                (void)str_cut(rest, ',', &one, &rest);
                if (!str_cut(one, '=', &code, &number) || !currency_parse(code, &c) || !str_to_i64(number, &v) || v < 0)
                        return false;
        }
        return true;
}

static bool
consistent(const struct conf *c, FILE *complain)
{
        bool live = strcmp(c->mode, "live") == 0;
        bool ok = one_of("MODE", c->mode, (const char *const[]){ "test", "live", NULL }, complain);

        ok &= one_of("LOG_LEVEL", c->log_level, (const char *const[]){ "debug", "info", "warn", "error", NULL },
            complain);
        ok &= complain_if(c->call_deadline_ms >= c->fence_ms || c->fence_ms >= c->horizon_ms, "CALL_DEADLINE_MS",
            "< FENCE_MS < HORIZON_MS must hold, or a charge could be made after it was given up", complain);
        /* Told and allowed: a rehearsal in live mode may want it short. */
        (void)complain_if(live && c->horizon_ms < c->fence_ms + TCP_USER_TIMEOUT_MS, "HORIZON_MS",
            "is below FENCE_MS + 20000: a dead sender's bytes may arrive later than a charge is given up", complain);
        ok &= complain_if(!begins(c->redis_url, "unix:///"), "REDIS_URL", "must begin with unix:///", complain);
        ok &= complain_if(!begins(c->gateway_url, "https://"), "GATEWAY_URL", "must begin with https://", complain);
        ok &= complain_if(!begins(c->public_url, "https://"), "PUBLIC_URL", "must begin with https://", complain);
        ok &= complain_if(!amounts_ok(c->minimum_amounts), "MINIMUM_AMOUNTS",
            "must be a list like USD=50,JPY=100", complain);
        return ok;
}

bool
conf_load(struct conf *c, char *const *env, FILE *complain)
{
        bool ok = names_known(env, complain);
        const char *text;

        memset(c, 0, sizeof *c);
#define TEXT(field, name, def, flags, doc) \
        text = env_find(env, name); \
        c->field = text != NULL ? text : def;
#define NUMBER(field, name, def, min, max, doc) \
        ok &= read_number(env, name, def, min, max, &c->field, complain);
#define CALLER(name)
#include "base/conf.def"
#undef TEXT
#undef NUMBER
#undef CALLER
        return consistent(c, complain) && ok;
}

bool
conf_need(const char *value, const char *name, FILE *complain)
{
        if (value != NULL && *value != '\0')
                return true;
        fprintf(complain, "boxoffice: %s%s must be set (see `boxoffice config`)\n", PREFIX, name);
        return false;
}

static void
show_line(FILE *out, const char *name, const char *value, bool from_env, bool origin, const char *doc)
{
        fprintf(out, "%s%-24s %s", PREFIX, name, value);
        if (origin)
                fprintf(out, "  (%s)", from_env ? "environment" : "default");
        fprintf(out, "\n  # %s\n", doc);
}

void
conf_show(const struct conf *c, bool origin, FILE *out)
{
        extern char **environ;
        char number[24];
        const char *shown;

#define TEXT(field, name, def, flags, doc) \
        shown = c->field == NULL ? "(not set)" : (flags) == HIDDEN ? "********" : c->field; \
        show_line(out, name, shown, env_find(environ, name) != NULL, origin, doc);
#define NUMBER(field, name, def, min, max, doc) \
        (void)snprintf(number, sizeof number, "%" PRId64, c->field); \
        show_line(out, name, number, env_find(environ, name) != NULL, origin, doc);
#define CALLER(name)
#include "base/conf.def"
#undef TEXT
#undef NUMBER
#undef CALLER
}

bool
conf_amount(const char *list, struct str currency, int64_t *out)
{
        struct str rest = str_of(list), one, code, number;

        while (rest.n > 0) {
                (void)str_cut(rest, ',', &one, &rest);
                if (str_cut(one, '=', &code, &number) && str_eq(str_trim(code), currency) && str_to_i64(number, out))
                        return true;
        }
        return false;
}

bool
conf_is_test(const struct conf *c)
{
        return strcmp(c->mode, "test") == 0;
}
