/*
 * err.h - a failure: which one, and what to say about it.
 *
 * Functions that can fail return bool (false = failed) and take a
 * struct err * last. err_set() records the first failure and returns false;
 * a later one does not replace it. For ERR_INVALID_REQUEST every bad field is
 * added with err_field(), so that one answer names them all.
 *
 * extra: members that the problem carries besides the standard ones, as the
 * text of JSON members ("\"order\":{...}"), in the task's arena.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/str.h"

enum err_code {
        ERR_NONE = 0,
#define ERR(name, code, state, status, retry, title) ERR_##name,
#include "base/err.def"
#undef ERR
        ERR_COUNT
};

enum field_code {
        FIELD_MISSING, FIELD_UNKNOWN_FIELD, FIELD_WRONG_TYPE, FIELD_OUT_OF_RANGE, FIELD_UNKNOWN_VALUE
};

#define ERR_FIELDS_MAX  32

struct err_field {
        char pointer[96];               /* JSON pointer into the body, or "?name" for a query parameter */
        enum field_code code;
        char detail[96];
};

struct err {
        enum err_code code;
        char detail[256];
        int retry_after_seconds;        /* > 0: sent as Retry-After */
        struct str extra;
        int fields_n;                   /* may be above ERR_FIELDS_MAX: the rest is only counted */
        struct err_field fields[ERR_FIELDS_MAX];
};

struct err_info {
        const char *code;
        const char *sqlstate;
        int status;
        bool retryable;
        const char *title;
};

bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a bad field and makes e ERR_INVALID_REQUEST. */
bool err_field(struct err *e, const char *pointer, enum field_code code, const char *detail);
void err_clear(struct err *e);
const struct err_info *err_info(enum err_code code);
const char *field_code_text(enum field_code code);
/* The failure that a function in the database raised, or ERR_NONE when the state is not ours. */
enum err_code err_of_sqlstate(const char *state);

#endif
