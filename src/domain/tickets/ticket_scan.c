/* ticket_scan.c - a door asks whom it may let in. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/tickets/ticket.h"
#include "domain/tickets/ticket_code.h"
#include "io/db.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/tickets/tickets.sql.def"

struct scanning {
        const struct scan_ask *ask;
        enum ticket_code_kind kind;
        struct ticket_code code;
        int32_t org;
};

static bool
no_such_ticket(struct err *e)
{
        return err_set(e, ERR_NOT_FOUND, "there is no ticket with this code");
}

/* Whose ticket it may be: a signed code says it, a plain one is the caller's, or its event's, or is looked for. */
static bool
find_org(struct task *t, struct scanning *w, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        if (w->kind == TICKET_CODE_SIGNED)
                w->org = uuid_org(w->code.ticket);
        else
                w->org = w->ask->org != 0 ? w->ask->org : uuid_org(w->ask->event);
        if (w->ask->org != 0 && w->org != w->ask->org)
                return no_such_ticket(e);
        if (w->org != 0)
                return true;
        param_text(&p, w->code.text);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_ticket_org, &p, &r, e))
                return false;
        if (row_is_null(&r, 0, "org"))
                return no_such_ticket(e);
        w->org = (int32_t)row_i64(&r, 0, "org");
        return true;
}

static struct str
scan_view(struct arena *a, struct uuid id, const struct scan_ask *ask, const struct rows *r)
{
        struct str status = row_text(r, 0, "status");
        struct json_out j = json_out_new(a);

        jo_object(&j, NULL);
        jo_id(&j, "id", "scn", id);
        jo_z(&j, "object", "ticket_scan");
        jo_text(&j, "status", status);
        jo_bool(&j, "admitted", str_is(status, "valid"));
        jo_id(&j, "ticket", "tix", row_uuid(r, 0, "ticket_id"));
        jo_id(&j, "ticket_type", "tkt", row_uuid(r, 0, "type_id"));
        jo_id(&j, "order", "ord", row_uuid(r, 0, "order_id"));
        jo_id(&j, "event", "evt", row_uuid(r, 0, "event_id"));
        jo_id(&j, "organizer", "org", row_uuid(r, 0, "organizer_id"));
        jo_text(&j, "first_used_at", row_time(r, a, 0, "used_at"));
        jo_text(&j, "first_used_gate", row_text(r, 0, "used_gate"));
        jo_text(&j, "first_used_device", row_text(r, 0, "used_device"));
        jo_text(&j, "gate", ask->gate);
        jo_text(&j, "device", ask->device);
        jo_text(&j, "created_at", row_time(r, a, 0, "scanned_at"));
        jo_end_object(&j);
        return json_out_str(&j);
}

static bool
scan_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        const struct scanning *w = arg;
        struct uuid id = uuid_new(w->org);
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, w->org);
        param_uuid(&p, id);
        param_uuid_or_null(&p, w->code.ticket);
        param_text(&p, w->code.text);
        param_uuid_or_null(&p, w->ask->event);
        param_text(&p, w->ask->gate);
        param_text(&p, w->ask->device);
        param_bool(&p, w->kind == TICKET_CODE_SIGNED);
        param_z(&p, w->ask->actor);
        param_text(&p, t->subject.request_id);
        if (!tx_call(tx, &stmt_ticket_scan, &p, &r, e))
                return false;
        *out = (struct answer){ .status = 200, .body = scan_view(t->arena, id, w->ask, &r) };
        return true;
}

bool
ticket_scan(struct task *t, const struct scan_ask *ask, struct answer *out, struct err *e)
{
        struct scanning w = { .ask = ask };

        w.kind = ticket_code_read(t->arena, t->ticket_keys, ask->code, &w.code);
        if (w.kind == TICKET_CODE_FORGED)
                return err_set(e, ERR_NOT_FOUND, "there is no ticket with this code: it was not signed here");
        return find_org(t, &w, e) && idem_run(t, &ask->idem, scan_run, &w, out, e);
}
