/*
 * conf.h - the settings of a process, read once at its start.
 *
 * conf_load() reads BOXOFFICE_* from the environment. An unknown name, an
 * ill-formed number or a value outside its range makes it fail with every
 * such line in e->detail's stead printed to stderr: the process must not
 * start. conf_need() asks for settings that this program can't do without.
 * Pointers into struct conf live as long as the process.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/base.h"
#include "base/str.h"

struct conf {
#define TEXT(field, name, def, flags, doc)              const char *field;
#define NUMBER(field, name, def, min, max, doc)         int64_t field;
#define CALLER(name)
#include "base/conf.def"
#undef TEXT
#undef NUMBER
#undef CALLER
};

/* Reads environ; complaints go to `complain`, one line each. */
bool conf_load(struct conf *c, char *const *environ_, FILE *complain) MUSTCHECK;
/* The setting in this field must be set: a clear line and false when it isn't. */
bool conf_need(const char *value, const char *name, FILE *complain) MUSTCHECK;
/* The table as an operator reads it: NAME, value (hidden ones masked), where it came from. */
void conf_show(const struct conf *c, bool origin, FILE *out);
bool conf_is_test(const struct conf *c);
/* The amount of a currency in a list as "USD=50,JPY=100"; false: it names none. */
bool conf_amount(const char *list, struct str currency, int64_t *out);

#endif
