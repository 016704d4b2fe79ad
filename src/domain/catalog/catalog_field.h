/* catalog_field.h - the three tables of fields, expanded; inside the room. */
#ifndef DOMAIN_CATALOG_CATALOG_FIELD_H
#define DOMAIN_CATALOG_CATALOG_FIELD_H

#include "domain/catalog/catalog.h"

enum field_kind {
        KIND_TEXT, KIND_EMAIL, KIND_COUNTRY, KIND_MONEY_CODE, KIND_TIME, KIND_INTEGER, KIND_BOOLEAN,
        KIND_GATEWAY, KIND_PAYER, KIND_SCHEDULE,        /* words */
        KIND_ORGANIZER, KIND_EVENT                      /* ids, shown only */
};

struct catalog_field {
        const char *group, *name, *column;
        enum field_kind kind;
        bool required, shown_only;
        int64_t min, max;
        const char *otherwise;
};

struct catalog_table {
        const char *object, *prefix;
        const struct catalog_field *field;
        size_t n;
};

const struct catalog_table *catalog_table(enum catalog_object object);

#endif
