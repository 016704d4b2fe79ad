/* ledger_list.c - entries read and shown. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/ledger/ledger.h"
#include "io/db.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/ledger/ledger.sql.def"

static struct ledger_entry
entry_of_row(struct arena *a, const struct rows *r, int i)
{
        struct ledger_entry e = {
                .id = row_uuid(r, i, "id"),
                .organizer = row_uuid(r, i, "organizer_id"),
                .object = row_uuid(r, i, "object_id"),
                .order = row_uuid(r, i, "order_id"),
                .reverses = row_uuid(r, i, "reverses"),
                .effect = row_text(r, i, "effect"),
                .promo = row_text(r, i, "promo"),
                .currency = row_text(r, i, "currency"),
                .occurred_at = row_time(r, a, i, "occurred_at"),
                .recorded_at = row_time(r, a, i, "recorded_at"),
        };
        size_t amounts;

        e.accounts = row_text_array(r, a, i, "accounts", &e.n);
        e.amounts = row_i64_array(r, a, i, "amounts", &amounts);
        CHECK(amounts == e.n);
        return e;
}

struct params
ledger_filter_params(struct arena *a, const struct ledger_filter *f)
{
        struct params p = params_in(a);

        param_i64_or_null(&p, f->org != 0, f->org);
        param_text(&p, f->account);
        param_uuid_or_null(&p, f->order);
        param_times(&p, f->times, ARRAY_LEN(f->times));
        param_text(&p, f->before_at);
        param_uuid_or_null(&p, f->before_id);
        param_i64_or_null(&p, f->limit > 0, f->limit);
        return p;
}

bool
ledger_entries_list(struct task *t, const struct ledger_filter *f, struct ledger_entry **out, size_t *n,
    struct err *e)
{
        struct params p = ledger_filter_params(t->arena, f);
        struct rows r;

        CHECK(f->limit > 0);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_entries_list, &p, &r, e))
                return false;
        *n = (size_t)r.n;
        *out = ARENA_ARRAY(t->arena, struct ledger_entry, *n + 1);
        for (int i = 0; i < r.n; i++)
                (*out)[i] = entry_of_row(t->arena, &r, i);
        return true;
}

/* What the object is follows from what happened to it. */
const char *
ledger_object_prefix(struct str effect)
{
        static const struct {
                const char *effect, *prefix;
        } effects[] = {
#define EFFECT(name, prefix) { name, prefix },
#include "domain/ledger/effect.def"
#undef EFFECT
        };

        for (size_t i = 0; i < ARRAY_LEN(effects); i++)
                if (str_is(effect, effects[i].effect))
                        return effects[i].prefix;
        return NULL;
}

/* The id as the API writes it. One of a newer version of this program has no prefix, and is still shown. */
static struct str
object_text(struct arena *a, const struct ledger_entry *entry)
{
        const char *prefix = ledger_object_prefix(entry->effect);
        char *text = arena_alloc(a, UUID_TEXT_MAX);

        if (prefix != NULL)
                typeid_text(prefix, entry->object, text);
        else
                uuid_text(entry->object, text);
        return str_of(text);
}

struct str
ledger_entry_view(struct arena *a, const struct ledger_entry *entry)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_id(&o, "id", "ent", entry->id);
        jo_z(&o, "object", "ledger_entry");
        jo_text(&o, "kind", entry->effect);
        jo_id(&o, "organizer", "org", entry->organizer);
        jo_id(&o, "order", "ord", entry->order);
        jo_text(&o, "object_id", object_text(a, entry));
        jo_text(&o, "promo", entry->promo);
        jo_text(&o, "currency", entry->currency);
        jo_array(&o, "postings");
        for (size_t i = 0; i < entry->n; i++) {
                jo_object(&o, NULL);
                jo_text(&o, "account", entry->accounts[i]);
                jo_int(&o, "amount", entry->amounts[i]);
                jo_end_object(&o);
        }
        jo_end_array(&o);
        jo_text(&o, "occurred_at", entry->occurred_at);
        jo_text(&o, "recorded_at", entry->recorded_at);
        jo_text(&o, "created_at", entry->recorded_at);
        jo_id(&o, "reverses", "ent", entry->reverses);
        jo_end_object(&o);
        return json_out_str(&o);
}
