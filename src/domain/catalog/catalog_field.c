/* catalog_field.c - reading a request by the table of its object. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/money.h"
#include "domain/catalog/catalog_field.h"
#include "domain/promos/promo.h"
#include "io/json_write.h"
#include "outside/gateway.h"

enum { FIELD_OPTIONAL = 0, FIELD_REQUIRED = 1, FIELD_SHOWN = 2, FIELD_CREATED = 3 };
#define FIELD(group, name, column, kind, need, min, max, otherwise) \
        { group, name, column, KIND_##kind, FIELD_##need == FIELD_REQUIRED, FIELD_##need == FIELD_SHOWN, \
            FIELD_##need == FIELD_CREATED, min, max, otherwise },
static const struct catalog_field organizer_fields[] = {
#include "domain/catalog/organizer.def"
};
static const struct catalog_field event_fields[] = {
#include "domain/catalog/event.def"
};
static const struct catalog_field ticket_type_fields[] = {
#include "domain/catalog/ticket_type.def"
};
static const struct catalog_field promo_code_fields[] = {
#include "domain/catalog/promo_code.def"
};
#undef FIELD

static const struct catalog_table tables[] = {
        [CATALOG_ORGANIZER] = { "organizer", "org", organizer_fields, ARRAY_LEN(organizer_fields) },
        [CATALOG_EVENT] = { "event", "evt", event_fields, ARRAY_LEN(event_fields) },
        [CATALOG_TICKET_TYPE] = { "ticket_type", "tkt", ticket_type_fields, ARRAY_LEN(ticket_type_fields) },
        [CATALOG_PROMO] = { "promo_code", "pro", promo_code_fields, ARRAY_LEN(promo_code_fields) },
};

const struct catalog_table *
catalog_table(enum catalog_object object)
{
        CHECK(object < ARRAY_LEN(tables));
        return &tables[object];
}

static const char *const payers[] = { "guest", "organizer", NULL };
static const char *const schedules[] = { "daily", "weekly", "monthly", "manual", NULL };

static const char *const *
words_of(enum field_kind kind)
{
        return kind == KIND_GATEWAY ? gateway_names : kind == KIND_PAYER ? payers : schedules;
}

static void
read_country(struct json_reader *r, const struct catalog_field *f, enum need need, struct json_out *o)
{
        struct str s = json_get_text(r, f->name, need, 2, 2);

        if (s.p == NULL)
                return;
        if (s.n != 2 || s.p[0] < 'A' || s.p[0] > 'Z' || s.p[1] < 'A' || s.p[1] > 'Z')
                json_complain(r, f->name, FIELD_OUT_OF_RANGE, "must be two upper-case letters (ISO 3166)");
        jo_text(o, f->column, s);
}

static void
read_money_code(struct json_reader *r, const struct catalog_field *f, enum need need, struct json_out *o)
{
        struct str s = json_get_text(r, f->name, need, 3, 3);
        enum currency c;

        if (s.p == NULL)
                return;
        if (!currency_parse(s,
            &c))
                json_complain(r, f->name, FIELD_UNKNOWN_VALUE,
                    "must be an ISO 4217 code in upper case that is sold in");
        jo_text(o, f->column, s);
}

static void
read_field(struct json_reader *r, const struct catalog_field *f, enum need need, struct json_out *o)
{
        int word;

        switch (f->kind) {
        case KIND_TEXT:
                jo_text(o, f->column, json_get_text(r, f->name, need, (size_t)f->min, (size_t)f->max));
                return;
        case KIND_EMAIL:
                jo_text(o, f->column, json_get_email(r, f->name, need));
                return;
        case KIND_COUNTRY:
                read_country(r, f, need, o);
                return;
        case KIND_MONEY_CODE:
                read_money_code(r, f, need, o);
                return;
        case KIND_TIME:
                jo_text(o, f->column, json_get_time(r, f->name, need));
                return;
        case KIND_INTEGER:
                jo_int(o, f->column, json_get_int(r, f->name, need, f->min, f->max, 0));
                return;
        case KIND_BOOLEAN:
                jo_bool(o, f->column, json_get_bool(r, f->name, need, false));
                return;
        case KIND_GATEWAY:
        case KIND_PAYER:
        case KIND_SCHEDULE:
                word = json_get_word(r, f->name, need, words_of(f->kind));
                jo_z(o, f->column, word < 0 ? NULL : words_of(f->kind)[word]);
                return;
        case KIND_CODE:
        case KIND_DISCOUNT:
        case KIND_EVENTS:
        case KIND_TYPES:
        case KIND_WINDOW:
        case KIND_FUNDER:
                promo_field_read(r, f, o);
                return;
        case KIND_ORGANIZER:
        case KIND_EVENT:
        case KIND_BATCH:
                NEVER("a field that is only shown");
        }
}

static void
put_default(const struct catalog_field *f, struct json_out *o, struct arena *a)
{
        int64_t v;

        if (f->kind == KIND_INTEGER && str_to_i64(str_of(f->otherwise), &v))
                jo_int(o, f->column, v);
        else if (f->kind == KIND_BOOLEAN)
                jo_bool(o, f->column, strcmp(f->otherwise, "true") == 0);
        else if (f->kind == KIND_CODE)
                promo_field_random(f, o, a);
        else
                jo_z(o, f->column, f->otherwise);
}

/* Neither required nor there by default; a currency only says what it is already. */
static bool
may_be_empty(const struct catalog_field *f)
{
        return !f->required && f->otherwise == NULL && f->kind != KIND_MONEY_CODE;
}

/* An explicit null. */
static void
clear_field(const struct catalog_field *f, struct json_out *o)
{
        if (f->kind == KIND_DISCOUNT)
                promo_field_clear(f, o);
        else
                jo_null(o, f->column);
}

void
catalog_read(struct json_reader *root, enum catalog_object object, bool creating, struct uuid id, struct str *doc)
{
        const struct catalog_table *table = catalog_table(object);
        struct json_out o = json_out_new(root->arena);
        struct json_reader group = *root, *r = root;
        const char *name = NULL;
        char text[UUID_TEXT_MAX];

        jo_object(&o, NULL);
        if (creating) {
                uuid_text(id, text);
                jo_z(&o, "id", text);
        }
        for (size_t i = 0; i < table->n; i++) {
                const struct catalog_field *f = &table->field[i];
                bool null;

                if (f->shown_only || (f->created_only && !creating))
                        continue;
                if (f->group != NULL && (name == NULL || strcmp(name, f->group) != 0)) {
                        if (name != NULL)
                                (void)!json_reader_close(&group);
                        name = f->group;
                        group = json_reader_member(root, name, OPTIONAL);
                        r = &group;
                }
                null = json_get_null(r, f->name);
                /* A missing required field is complained of by the getter. */
                if (json_has(r, f->name) || (creating && f->required))
                        read_field(r, f, creating && f->required ? REQUIRED : OPTIONAL, &o);
                else if (creating && f->otherwise != NULL)
                        put_default(f, &o, root->arena);
                else if (!creating && null && may_be_empty(f))
                        clear_field(f, &o);
                else if (!creating && null)
                        json_complain(r, f->name, FIELD_WRONG_TYPE, "can't be null");
        }
        if (name != NULL)
                (void)!json_reader_close(&group);
        jo_end_object(&o);
        *doc = json_out_str(&o);
}
