/*
 * err.c - recording failures and looking them up in err.def.
 */
#include "base/base.h"
#include "base/check.h"
#include "base/err.h"

#include <stdarg.h>

static const struct err_info infos[ERR_COUNT] = {
        [ERR_NONE] = { "", "", 200, false, "" },
#define ERR(name, code, state, status, retry, title) [ERR_##name] = { code, state, status, retry, title },
#include "base/err.def"
#undef ERR
};

/* snprintf cuts bytes, not characters: takes away what is left of a character at the end. */
static void
cut_whole(char *z)
{
        size_t n = strlen(z), tail = 0;

        while (tail < 3 && tail < n && ((unsigned char)z[n - 1 - tail] & 0xc0) == 0x80)
                tail++;
        if (tail < n && !str_is_utf8((struct str){ z + n - 1 - tail, tail + 1 }))
                z[n - 1 - tail] = '\0';
}

bool
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
        va_list ap;

        CHECK(code > ERR_NONE && code < ERR_COUNT);
        if (e->code != ERR_NONE)
                return false;
        e->code = code;
        va_start(ap, fmt);
        (void)vsnprintf(e->detail, sizeof e->detail, fmt, ap);
        va_end(ap);
        cut_whole(e->detail);
        return false;
}

bool
err_field(struct err *e, const char *pointer, enum field_code code, const char *detail)
{
        (void)err_set(e, ERR_INVALID_REQUEST, "%s: %s", *pointer == '\0' ? "the body" : pointer, detail);
        if (e->fields_n < ERR_FIELDS_MAX) {
                struct err_field *f = &e->fields[e->fields_n];

                f->code = code;
                (void)snprintf(f->pointer, sizeof f->pointer, "%s", pointer);
                (void)snprintf(f->detail, sizeof f->detail, "%s", detail);
                cut_whole(f->pointer);
                cut_whole(f->detail);
        }
        e->fields_n++;
        return false;
}

void
err_clear(struct err *e)
{
        e->code = ERR_NONE;
        e->detail[0] = '\0';
        e->retry_after_seconds = 0;
        e->extra = STR_NONE;
        e->fields_n = 0;
}

const struct err_info *
err_info(enum err_code code)
{
        CHECK(code >= ERR_NONE && code < ERR_COUNT);
        return &infos[code];
}

const char *
field_code_text(enum field_code code)
{
        switch (code) {
        case FIELD_MISSING:             return "missing";
        case FIELD_UNKNOWN_FIELD:       return "unknown_field";
        case FIELD_WRONG_TYPE:          return "wrong_type";
        case FIELD_OUT_OF_RANGE:        return "out_of_range";
        case FIELD_UNKNOWN_VALUE:       return "unknown_value";
        }
        NEVER("field code");
}

enum err_code
err_of_sqlstate(const char *state)
{
        if (state != NULL && state[0] == 'B')
                for (int i = ERR_NONE + 1; i < ERR_COUNT; i++)
                        if (strcmp(infos[i].sqlstate, state) == 0)
                                return (enum err_code)i;
        return ERR_NONE;
}
