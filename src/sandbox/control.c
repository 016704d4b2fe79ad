/* control.c - the control calls: each reads, asks books or faults, and shows. */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "io/json_read.h"
#include "io/json_write.h"
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/control.h"
#include "sandbox/faults.h"
#include "sandbox/stripe.h"

#define JSON            "application/json"
#define ROW_ARENA_MAX   ((size_t)64 * 1024)

static struct str
txn_view(struct arena *a, const struct txn *t)
{
        struct json_out o = json_out_new(a);
        char at[RFC3339_MAX];

        clock_rfc3339(t->created_ms, at);
        jo_object(&o, NULL);
        jo_text(&o, "id", gateway_txn_id(a, t));
        jo_z(&o, "gateway", txn_gateway_word(t->gateway));
        jo_z(&o, "kind", txn_kind_word(t->kind));
        jo_text(&o, "reference", t->reference);
        jo_text(&o, "order", t->order);
        jo_int(&o, "amount", t->amount.minor);
        jo_z(&o, "currency", currency_code(t->amount.currency));
        jo_z(&o, "status", txn_status_word(t->status));
        jo_z(&o, "created_at", at);
        jo_end_object(&o);
        return json_out_str(&o);
}

/* Written out row by row: after a load test the books are larger than any buffer should be. */
void
control_transactions(struct call *c)
{
        struct txn_filter filter = { .order = call_field(c, c->query, "order") };
        struct arena *a = arena_new(ROW_ARENA_MAX);
        size_t n;
        const struct txn *t = books_select(c->box->books, &filter, c->arena, &n);
        bool first = true;

        call_begin(c, 200, JSON);
        call_put(c, STR("{\"data\":["));
        for (size_t i = 0; i < n; i++) {
                if (t[i].kind > TXN_VOID)
                        continue;
                call_put(c, str_fmt(a, "%s%.*s", first ? "" : ",", STR_ARG(txn_view(a, &t[i]))));
                first = false;
                arena_reset(a);
        }
        call_put(c, STR("]}"));
        arena_free(a);
}

static void
fault_view(struct json_out *o, const struct fault *f)
{
        jo_object(o, NULL);
        jo_z(o, "target", fault_target_words[f->target]);
        jo_z(o, "kind", mishap_words[f->mishap]);
        jo_int(o, "count", f->count);
        if (faults_delay_ms(f->mishap) > 0)
                jo_int(o, "delay_ms", f->delay_ms);
        jo_end_object(o);
}

void
control_faults_list(struct call *c)
{
        struct fault list[FAULTS_MAX];
        size_t n = faults_list(c->box->faults, list);
        struct json_out o = json_out_new(c->arena);

        jo_object(&o, NULL);
        jo_array(&o, "data");
        for (size_t i = 0; i < n; i++)
                fault_view(&o, &list[i]);
        jo_end_array(&o);
        jo_end_object(&o);
        call_answer(c, 200, JSON, json_out_str(&o));
}

static bool
fault_read(struct call *c, struct fault *f, struct err *e)
{
        struct json *root;
        struct json_reader r;
        int target, kind;

        if (!json_parse(c->arena, c->body, &root, e))
                return false;
        r = json_reader_root(c->arena, root, e);
        target = json_get_word(&r, "target", REQUIRED, fault_target_words);
        kind = json_get_word(&r, "kind", REQUIRED, mishap_words + 1);
        f->count = json_get_int(&r, "count", OPTIONAL, 1, FAULT_COUNT_MAX, 1);
        f->delay_ms = json_get_int(&r, "delay_ms", OPTIONAL, 0, FAULT_DELAY_MS_MAX, -1);
        if (!json_reader_close(&r))
                return false;
        f->target = (enum fault_target)target;
        f->mishap = (enum mishap)(kind + 1);
        if (f->delay_ms < 0)
                f->delay_ms = faults_delay_ms(f->mishap);
        return true;
}

void
control_refuse(struct call *c, const struct err *e)
{
        const struct err_field *f = &e->fields[0];
        const char *why = e->detail;

        if (e->fields_n > 0)
                why = str_fmt(c->arena, "%s %s", f->pointer[0] == '\0' ? "the body" : f->pointer, f->detail).p;
        call_refuse(c, 400, why);
}

void
control_faults_set(struct call *c)
{
        struct fault f = { 0 };
        struct err e = { 0 };
        struct json_out o;

        if (!fault_read(c, &f, &e)) {
                control_refuse(c, &e);
                return;
        }
        if (!faults_set(c->box->faults, &f)) {
                call_refuse(c, 409, "too many faults are set");
                return;
        }
        o = json_out_new(c->arena);
        fault_view(&o, &f);
        call_answer(c, 200, JSON, json_out_str(&o));
}

void
control_faults_clear(struct call *c)
{
        faults_clear(c->box->faults);
        call_answer(c, 200, JSON, STR("{\"data\":[]}"));
}

void
control_healthz(struct call *c)
{
        struct json_out o = json_out_new(c->arena);

        jo_object(&o, NULL);
        jo_z(&o, "status", "ok");
        jo_int(&o, "transactions", (int64_t)books_count(c->box->books));
        jo_end_object(&o);
        call_answer(c, 200, JSON, json_out_str(&o));
}
