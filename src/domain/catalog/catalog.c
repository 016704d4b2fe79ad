/* catalog.c - catalog objects written, found, listed and shown. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/catalog/catalog_field.h"
#include "io/db.h"
#include "io/job.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/catalog/catalog.sql.def"

static void
put_field(struct json_out *o, const struct catalog_field *f, const struct rows *r, struct arena *a, int i)
{
        if (f->kind != KIND_DISCOUNT && row_is_null(r, i, f->column)) {
                jo_null(o, f->name);
                return;
        }
        switch (f->kind) {
        case KIND_INTEGER:
                jo_int(o, f->name, row_i64(r, i, f->column));
                return;
        case KIND_BOOLEAN:
                jo_bool(o, f->name, row_bool(r, i, f->column));
                return;
        case KIND_TIME:
                jo_text(o, f->name, row_time(r, a, i, f->column));
                return;
        case KIND_ORGANIZER:
                jo_id(o, f->name, "org", row_uuid(r, i, f->column));
                return;
        case KIND_EVENT:
                jo_id(o, f->name, "evt", row_uuid(r, i, f->column));
                return;
        case KIND_BATCH:
                jo_id(o, f->name, "bat", row_uuid(r, i, f->column));
                return;
        case KIND_DISCOUNT:
        case KIND_EVENTS:
        case KIND_TYPES:
        case KIND_FUNDER:
                promo_field_put(o, f, r, a, i);
                return;
        case KIND_CODE:
        case KIND_WINDOW:
        case KIND_TEXT:
        case KIND_EMAIL:
        case KIND_COUNTRY:
        case KIND_MONEY_CODE:
        case KIND_GATEWAY:
        case KIND_PAYER:
        case KIND_SCHEDULE:
                jo_text(o, f->name, row_text(r, i, f->column));
                return;
        }
}

static struct catalog_item
item_of_row(const struct rows *r, struct arena *a, int i, enum catalog_object object)
{
        const struct catalog_table *table = catalog_table(object);
        struct json_out o = json_out_new(a);
        const char *group = NULL;
        struct catalog_item item = {
                .id = row_uuid(r, i, "id"),
                .version = row_i64(r, i, "version"),
                .created_at = row_time(r, a, i, "created_at"),
        };

        jo_object(&o, NULL);
        jo_id(&o, "id", table->prefix, item.id);
        jo_z(&o, "object", table->object);
        for (size_t k = 0; k < table->n; k++) {
                const struct catalog_field *f = &table->field[k];

                if (f->group != NULL && (group == NULL || strcmp(group, f->group) != 0)) {
                        if (group != NULL)
                                jo_end_object(&o);
                        jo_object(&o, f->group);
                        group = f->group;
                }
                put_field(&o, f, r, a, i);
        }
        if (group != NULL)
                jo_end_object(&o);
        jo_text(&o, "created_at", item.created_at);
        jo_end_object(&o);
        item.view = json_out_str(&o);
        return item;
}

static bool
one_item(struct task *t, const struct rows *r, enum catalog_object object, struct catalog_item *out, struct err *e)
{
        if (r->n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such %s", catalog_table(object)->object);
        *out = item_of_row(r, t->arena, 0, object);
        return true;
}

/* Ticket types are shown with what is left of them, which only the list knows. */
static struct params
type_params(struct task *t, int32_t org, struct uuid event, struct uuid type)
{
        struct params p = params_in(t->arena);

        param_i64(&p, org);
        param_uuid(&p, event);
        param_uuid_or_null(&p, type);
        param_null(&p);
        param_null(&p);
        param_i64(&p, 1);
        return p;
}

static bool
type_in_tx(struct task *t, struct tx *tx, int32_t org, struct uuid event, struct uuid type, struct catalog_item *out,
    struct err *e)
{
        struct params p = type_params(t, org, event, type);
        struct rows r;

        return tx_call(tx, &stmt_ticket_types_list, &p, &r, e) && one_item(t, &r, CATALOG_TICKET_TYPE, out, e);
}

bool
catalog_create(struct task *t, struct tx *tx, const struct catalog_change *c, struct catalog_item *out, struct err *e)
{
        static const struct stmt *const stmts[] = { &stmt_organizer_create, &stmt_event_create,
            &stmt_ticket_type_create, &stmt_promo_create };
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, c->org);
        if (c->object == CATALOG_TICKET_TYPE)
                param_uuid(&p, c->event);
        param_text(&p, c->doc);
        if (c->object == CATALOG_PROMO)
                param_bool(&p, c->may_fund);
        param_z(&p, c->actor);
        param_text(&p, t->subject.request_id);
        if (!tx_call(tx, stmts[c->object], &p, &r, e))
                return false;
        if (c->object == CATALOG_TICKET_TYPE)
                return type_in_tx(t, tx, c->org, c->event, row_uuid(&r, 0, "id"), out, e);
        return one_item(t, &r, c->object, out, e);
}

struct updating {
        struct task *task;
        const struct catalog_change *change;
        struct catalog_item *out;
};

static bool
update_tx(struct tx *tx, void *arg, struct err *e)
{
        static const struct stmt *const stmts[] = { &stmt_organizer_update, &stmt_event_update,
            &stmt_ticket_type_update, &stmt_promo_update };
        struct updating *u = arg;
        const struct catalog_change *c = u->change;
        struct params p = params_in(u->task->arena);
        struct rows r;

        param_i64(&p, c->org);
        if (c->object == CATALOG_EVENT || c->object == CATALOG_TICKET_TYPE)
                param_uuid(&p, c->event);
        if (c->object == CATALOG_TICKET_TYPE || c->object == CATALOG_PROMO)
                param_uuid(&p, c->id);
        param_i64_or_null(&p, c->if_version != 0, c->if_version);
        param_text(&p, c->doc);
        if (c->object == CATALOG_PROMO)
                param_bool(&p, c->may_fund);
        param_z(&p, c->actor);
        param_text(&p, u->task->subject.request_id);
        if (!tx_call(tx, stmts[c->object], &p, &r, e))
                return false;
        if (c->object == CATALOG_TICKET_TYPE)
                return type_in_tx(u->task, tx, c->org, c->event, c->id, u->out, e);
        return c->object == CATALOG_PROMO || one_item(u->task, &r, c->object, u->out, e);
}

bool
catalog_update(struct task *t, const struct catalog_change *c, struct catalog_item *out, struct err *e)
{
        struct updating u = { t, c, out };

        /* What a promo code has done is counted when its buyers need not wait any more. */
        return db_tx_run(t->db, t->arena, &t->subject, update_tx, &u, e) &&
            (c->object != CATALOG_PROMO || catalog_find(t, c->object, c->org, c->id, c->id, out, e));
}

bool
catalog_find(struct task *t, enum catalog_object object, int32_t org, struct uuid event, struct uuid id,
    struct catalog_item *out, struct err *e)
{
        static const struct stmt *const stmts[] = { &stmt_organizer_get, &stmt_event_get, &stmt_ticket_types_list,
            &stmt_promo_get };
        struct params p = params_in(t->arena);
        struct rows r;

        if (object == CATALOG_TICKET_TYPE)
                p = type_params(t, org, event, id);
        else
                param_i64(&p, org);
        if (object == CATALOG_EVENT || object == CATALOG_PROMO)
                param_uuid(&p, id);
        return db_query(t->db, t->arena, &t->subject, stmts[object], &p, &r, e) && one_item(t, &r, object, out, e);
}

static const struct stmt *
promos_stmt(const struct catalog_filter *f, struct params *p)
{
        if (f->org != 0) {
                param_i64(p, f->org);
                param_uuid_or_null(p, f->batch);
        }
        param_text(p, f->code);
        param_text(p, f->active);
        return f->org != 0 ? &stmt_promos_list : &stmt_promos_list_all;
}

/* The statement and what stands before the page's place among its parameters. */
static const struct stmt *
list_stmt(const struct catalog_filter *f, struct params *p)
{
        switch (f->object) {
        case CATALOG_ORGANIZER:
                return &stmt_organizers_list;
        case CATALOG_EVENT:
                if (f->org != 0)
                        param_i64(p, f->org);
                param_text(p, f->status);
                return f->org != 0 ? &stmt_events_list : &stmt_events_list_all;
        case CATALOG_TICKET_TYPE:
                param_i64(p, f->org);
                param_uuid(p, f->event);
                param_null(p);
                return &stmt_ticket_types_list;
        case CATALOG_PROMO:
                return promos_stmt(f, p);
        }
        NEVER("catalog object");
}

bool
catalog_list(struct task *t, const struct catalog_filter *f, struct catalog_item **out, size_t *n, struct err *e)
{
        struct params p = params_in(t->arena);
        const struct stmt *st = list_stmt(f, &p);
        struct rows r;

        param_text(&p, f->before_at);
        param_uuid_or_null(&p, f->before_id);
        param_i64(&p, f->limit);
        if (!db_query(t->db, t->arena, &t->subject, st, &p, &r, e))
                return false;
        *n = (size_t)r.n;
        *out = ARENA_ARRAY(t->arena, struct catalog_item, *n + 1);
        for (int i = 0; i < r.n; i++)
                (*out)[i] = item_of_row(&r, t->arena, i, f->object);
        return true;
}

bool
event_move(struct task *t, struct tx *tx, int32_t org, struct uuid event, const char *to, const char *actor,
    struct catalog_item *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, org);
        param_uuid(&p, event);
        param_z(&p, to);
        param_z(&p, actor);
        param_text(&p, t->subject.request_id);
        return tx_call(tx, &stmt_event_move, &p, &r, e) && one_item(t, &r, CATALOG_EVENT, out, e);
}

static bool
event_halted(struct task *t, struct tx *tx, const struct event_halt *h, const struct stmt *st, struct params *p,
    struct catalog_item *out, struct err *e)
{
        struct rows r;

        param_text(p, h->reason);
        param_bool(p, h->over);
        param_z(p, h->actor);
        param_text(p, t->subject.request_id);
        return tx_call(tx, st, p, &r, e) && one_item(t, &r, CATALOG_EVENT, out, e);
}

bool
event_cancel(struct task *t, struct tx *tx, const struct event_halt *h, struct catalog_item *out, struct err *e)
{
        struct params p = params_in(t->arena);

        param_i64(&p, uuid_org(h->event));
        param_uuid(&p, h->event);
        param_uuid(&p, uuid_new(uuid_org(h->event)));   /* of its batch */
        return event_halted(t, tx, h, &stmt_event_cancel, &p, out, e);
}

bool
event_postpone(struct task *t, struct tx *tx, const struct event_halt *h, struct catalog_item *out, struct err *e)
{
        struct params p = params_in(t->arena);

        param_i64(&p, uuid_org(h->event));
        param_uuid(&p, h->event);
        param_i64(&p, h->days);
        return event_halted(t, tx, h, &stmt_event_postpone, &p, out, e);
}

bool
organizer_verify(struct task *t, struct tx *tx, int32_t org, const struct verification *v, const char *actor,
    struct catalog_item *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, org);
        param_text(&p, v->status);
        param_text(&p, v->licence_number);
        param_text(&p, v->licence_expires_on);
        param_text(&p, v->reason);
        param_z(&p, actor);
        param_text(&p, t->subject.request_id);
        return tx_call(tx, &stmt_organizer_verify, &p, &r, e) && one_item(t, &r, CATALOG_ORGANIZER, out, e);
}

bool
event_complete(struct task *t, const struct job *j, struct err *e)
{
        return job_function(t, j, &stmt_event_complete, e);
}
