/*
 * catalog_promo.c - the kinds of field that only promo codes have: the code
 * itself, what it takes off, lists of ids, times with or without a zone, and
 * who pays. How they are read and shown; what they do is not known here.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/money.h"
#include "domain/catalog/catalog_field.h"
#include "domain/promos/promo.h"
#include "domain/promos/promo_code.h"

#define BPS_WHOLE       10000

static void
read_code(struct json_reader *r, const struct catalog_field *f, struct json_out *o)
{
        struct str s = json_get_text(r, f->name, OPTIONAL, (size_t)f->min, (size_t)f->max);

        if (s.p != NULL && promo_code_normal(r->arena, s).p == NULL)
                json_complain(r, f->name, FIELD_OUT_OF_RANGE, "must be of letters, digits, _ and -");
        jo_text(o, f->column, s);
}

/* A discount is changed as a whole: what it was before is gone. */
static void
put_discount_columns(struct json_out *o, int64_t bps, int64_t amount, const char *per)
{
        if (bps > 0)
                jo_int(o, "percent_bps", bps);
        else
                jo_null(o, "percent_bps");
        if (amount > 0)
                jo_int(o, "fixed_amount", amount);
        else
                jo_null(o, "fixed_amount");
        jo_z(o, "fixed_per", per);
}

static void
read_discount(struct json_reader *r, const struct catalog_field *f, struct json_out *o)
{
        static const char *const types[] = { "percent", "fixed", NULL }, *const pers[] = { "order", "ticket", NULL };
        static const char *const members[] = { "percent_bps", "amount", "per" };
        struct json_reader d = json_reader_member(r, f->name, OPTIONAL);
        int64_t bps = 0, amount = 0;
        int type = json_get_word(&d, "type", REQUIRED, types), per = -1;

        if (type == 0)
                bps = json_get_int(&d, "percent_bps", REQUIRED, 1, BPS_WHOLE, 0);
        if (type == 1) {
                amount = json_get_int(&d, "amount", REQUIRED, 1, AMOUNT_MAX, 0);
                per = json_get_word(&d, "per", OPTIONAL, pers);
        }
        /* Of no known type: nobody can say which members are wrong. */
        for (size_t i = 0; type < 0 && i < ARRAY_LEN(members); i++)
                (void)json_get_any(&d, members[i], OPTIONAL);
        (void)!json_reader_close(&d);
        put_discount_columns(o, bps, amount, amount == 0 ? NULL : per < 0 ? pers[0] : pers[per]);
}

static void
read_ids(struct json_reader *r, const struct catalog_field *f, const char *prefix, struct json_out *o)
{
        const struct json *list = json_get_any(r, f->name, OPTIONAL);
        size_t n = 0;
        struct str at = json_pointer(r->arena, r->at, str_of(f->name));

        jo_array(o, f->column);
        if (list != NULL && list->kind != JSON_ARRAY)
                json_complain(r, f->name, FIELD_WRONG_TYPE, "must be an array of ids");
        else if (list != NULL && (int64_t)list->children > f->max)
                json_complain(r, f->name, FIELD_OUT_OF_RANGE, "has too many elements");
        else
                for (const struct json *c = list == NULL ? NULL : list->child; c != NULL; c = c->next, n++) {
                        struct str place = str_fmt(r->arena, "%.*s/%zu", STR_ARG(at), n);
                        struct str detail = str_fmt(r->arena, "must be an id that begins with %s_", prefix);
                        char text[UUID_TEXT_MAX];
                        struct uuid id;

                        if (c->kind != JSON_STRING || !typeid_parse(prefix, c->text, &id)) {
                                (void)err_field(r->e, place.p, FIELD_WRONG_TYPE, detail.p);
                                continue;
                        }
                        uuid_text(id, text);
                        jo_z(o, NULL, text);
                }
        jo_end_array(o);
}

/* RFC 3339, or without a zone and then perhaps without seconds; promo_window brings it into one form. */
static void
read_window(struct json_reader *r, const struct catalog_field *f, struct json_out *o)
{
        struct str s = json_get_text(r, f->name, OPTIONAL, 1, 64), whole = s;

        if (s.n == sizeof "2026-11-24T20:00" - 1)
                whole = str_fmt(r->arena, "%.*s:00Z", STR_ARG(s));
        else if (s.n == sizeof "2026-11-24T20:00:00" - 1)
                whole = str_fmt(r->arena, "%.*sZ", STR_ARG(s));
        if (s.p != NULL && !text_is_time(whole))
                json_complain(r, f->name, FIELD_OUT_OF_RANGE, "must be a time as RFC 3339 writes it, or without a zone "
                    "what clocks show at the event: 2026-11-24T20:00:00Z, 2026-11-24T20:00");
        jo_text(o, f->column, s);
}

static const char *const funders[] = { "organizer", "platform", NULL };

static void
read_funder(struct json_reader *r, const struct catalog_field *f, struct json_out *o)
{
        const struct json *v = json_get_any(r, f->name, OPTIONAL);
        struct json_reader parts;

        if (v != NULL && v->kind == JSON_OBJECT) {
                parts = json_reader_member(r, f->name, OPTIONAL);
                jo_int(o, f->column, json_get_int(&parts, "platform_bps", REQUIRED, 0, BPS_WHOLE, 0));
                (void)!json_reader_close(&parts);
        } else if (v != NULL && v->kind == JSON_STRING) {
                jo_int(o, f->column, json_get_word(r, f->name, OPTIONAL, funders) == 1 ? BPS_WHOLE : 0);
        } else {
                json_complain(r, f->name, FIELD_WRONG_TYPE,
                    "must be organizer, platform, or an object with platform_bps");
        }
}

void
promo_field_read(struct json_reader *r, const struct catalog_field *f, struct json_out *o)
{
        if (f->kind == KIND_CODE)
                read_code(r, f, o);
        else if (f->kind == KIND_DISCOUNT)
                read_discount(r, f, o);
        else if (f->kind == KIND_EVENTS)
                read_ids(r, f, "evt", o);
        else if (f->kind == KIND_TYPES)
                read_ids(r, f, "tkt", o);
        else if (f->kind == KIND_WINDOW)
                read_window(r, f, o);
        else
                read_funder(r, f, o);
}

void
promo_field_random(const struct catalog_field *f, struct json_out *o, struct arena *a)
{
        jo_text(o, f->column, promo_code_random(a, STR(""), PROMO_CODE_RANDOM));
}

void
promo_field_clear(const struct catalog_field *f, struct json_out *o)
{
        CHECK(f->kind == KIND_DISCOUNT);
        put_discount_columns(o, 0, 0, NULL);
}

static void
put_discount(struct json_out *o, const char *name, const struct rows *r, int i)
{
        bool percent = !row_is_null(r, i, "percent_bps");

        if (!percent && row_is_null(r, i, "fixed_amount")) {
                jo_null(o, name);
                return;
        }
        jo_object(o, name);
        jo_z(o, "type", percent ? "percent" : "fixed");
        if (percent) {
                jo_int(o, "percent_bps", row_i64(r, i, "percent_bps"));
        } else {
                jo_int(o, "amount", row_i64(r, i, "fixed_amount"));
                jo_text(o, "per", row_text(r, i, "fixed_per"));
        }
        jo_end_object(o);
}

static void
put_ids(struct json_out *o, const struct catalog_field *f, const char *prefix, const struct uuid *ids, size_t n)
{
        jo_array(o, f->name);
        for (size_t i = 0; i < n; i++)
                jo_id(o, NULL, prefix, ids[i]);
        jo_end_array(o);
}

static void
put_funder(struct json_out *o, const char *name, int64_t platform_bps)
{
        if (platform_bps == 0 || platform_bps == BPS_WHOLE) {
                jo_z(o, name, funders[platform_bps == 0 ? 0 : 1]);
                return;
        }
        jo_object(o, name);
        jo_int(o, "platform_bps", platform_bps);
        jo_end_object(o);
}

void
promo_field_put(struct json_out *o, const struct catalog_field *f, const struct rows *r, struct arena *a, int i)
{
        struct uuid *ids;
        size_t n;

        if (f->kind == KIND_DISCOUNT) {
                put_discount(o, f->name, r, i);
        } else if (f->kind == KIND_FUNDER) {
                put_funder(o, f->name, row_i64(r, i, f->column));
        } else if (f->kind == KIND_EVENTS || f->kind == KIND_TYPES) {
                ids = row_uuid_array(r, a, i, f->column, &n);
                put_ids(o, f, f->kind == KIND_EVENTS ? "evt" : "tkt", ids, n);
        } else {
                jo_text(o, f->name, row_text(r, i, f->column));
        }
}
