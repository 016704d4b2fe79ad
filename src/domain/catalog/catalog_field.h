/* catalog_field.h - the tables of fields, expanded; inside the room. */
#ifndef DOMAIN_CATALOG_CATALOG_FIELD_H
#define DOMAIN_CATALOG_CATALOG_FIELD_H

#include "domain/catalog/catalog.h"
#include "io/db.h"
#include "io/json_write.h"

enum field_kind {
        KIND_TEXT, KIND_EMAIL, KIND_COUNTRY, KIND_MONEY_CODE, KIND_TIME, KIND_INTEGER, KIND_BOOLEAN,
        KIND_GATEWAY, KIND_PAYER, KIND_SCHEDULE,        /* words */
        KIND_ORGANIZER, KIND_EVENT, KIND_BATCH,         /* ids, shown only */
        KIND_CODE, KIND_DISCOUNT, KIND_EVENTS, KIND_TYPES, KIND_WINDOW, KIND_FUNDER     /* of promo codes alone */
};

struct catalog_field {
        const char *group, *name, *column;
        enum field_kind kind;
        bool required, shown_only, created_only;
        int64_t min, max;
        const char *otherwise;
};

struct catalog_table {
        const char *object, *prefix;
        const struct catalog_field *field;
        size_t n;
};

const struct catalog_table *catalog_table(enum catalog_object object);

#define PROMO_NAMES_MAX         200     /* events, or ticket types, that a promo code names */

/* The kinds that only promo codes have (catalog_promo.c): a field read, made up, cleared, and shown. */
void promo_field_read(struct json_reader *r, const struct catalog_field *f, struct json_out *o);
void promo_field_random(const struct catalog_field *f, struct json_out *o, struct arena *a);
void promo_field_clear(const struct catalog_field *f, struct json_out *o);
void promo_field_put(struct json_out *o, const struct catalog_field *f, const struct rows *r, struct arena *a, int i);

#endif
