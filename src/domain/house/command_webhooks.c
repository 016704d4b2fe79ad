/* command_webhooks.c - what gateways told us, as operators look at it. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/house/command_inner.h"
#include "domain/payments/payment_hear.h"
#include "domain/webhooks/webhook.h"
#include "io/db.h"
#include "io/stmt.h"

#include "domain/house/command.sql.def"

#define WEBHOOKS_SHOWN  100
#define MAIL_SENDER     "resend"

static bool
state_known(const char *state)
{
        static const char *const states[] = { "received", "applied", "ignored", "buried" };

        for (size_t i = 0; state != NULL && i < ARRAY_LEN(states); i++)
                if (strcmp(state, states[i]) == 0)
                        return true;
        return state == NULL;
}

/* Whether events may have come from o's gateway, if it names one: those that charge, and the mail service. */
static bool
gateway_sends(const struct options *o)
{
        if (o->gateway == NULL || gateway_known(str_of(o->gateway)) || strcmp(o->gateway, MAIL_SENDER) == 0)
                return true;
        fprintf(stderr, "boxoffice: there is no gateway \"%s\"; there are ", o->gateway);
        for (size_t i = 0; gateway_names[i] != NULL; i++)
                fprintf(stderr, "%s, ", gateway_names[i]);
        fprintf(stderr, "%s\n", MAIL_SENDER);
        return false;
}

static void
list_print(struct task *t, const struct rows *r)
{
        printf("%-40s %-8s %-30s %-9s %-5s %-28s %s\n", "event", "gateway", "type", "state", "tries", "received",
            "what came of it");
        for (int i = 0; i < r->n; i++)
                printf("%-40.*s %-8.*s %-30.*s %-9.*s %5lld %-28.*s %s%.*s\n", STR_ARG(row_text(r, i, "event_id")),
                    STR_ARG(row_text(r, i, "gateway")), STR_ARG(row_text(r, i, "type")),
                    STR_ARG(row_text(r, i, "state")), (long long)row_i64(r, i, "attempts"),
                    STR_ARG(row_time(r, t->arena, i, "received_at")), row_bool(r, i, "recovered") ? "(recovered) " : "",
                    STR_ARG(row_text(r, i, "note")));
}

int
webhooks_list(const struct conf *c, const struct options *o)
{
        struct task t;
        struct params p;
        struct rows r;
        struct err e = { .code = ERR_NONE };

        if (!state_known(o->state))
                return command_usage_error("--state is received, applied, ignored or buried");
        if (!gateway_sends(o) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        p = params_in(t.arena);
        param_text(&p, str_of(o->state));
        param_text(&p, str_of(o->gateway));
        if (o->recovered)
                param_bool(&p, true);
        else
                param_null(&p);
        param_i64(&p, WEBHOOKS_SHOWN);
        if (!db_query(t.db, t.arena, &t.subject, &stmt_webhooks_list, &p, &r, &e))
                return command_failed(&t, &e);
        list_print(&t, &r);
        task_close(&t);
        return EXIT_DONE;
}

/* The event that the one argument names: of the gateway that --gateway names, where two have used the id. */
static bool
find(struct task *t, const struct options *o, struct rows *r, int *row, struct err *e)
{
        struct params p = params_in(t->arena);
        int found = -1;

        param_z(&p, o->rest[0]);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_webhook_get, &p, r, e))
                return false;
        for (int i = 0; i < r->n; i++) {
                if (o->gateway != NULL && !str_is(row_text(r, i, "gateway"), o->gateway))
                        continue;
                if (found >= 0)
                        return err_set(e, ERR_INVALID_REQUEST, "several gateways have used this id: say --gateway");
                found = i;
        }
        *row = found;
        return found >= 0 || err_set(e, ERR_NOT_FOUND, "there is no such event");
}

static void
show_line(const char *name, struct str value)
{
        printf("%-10s %.*s\n", name, STR_ARG(value.p == NULL ? STR("-") : value));
}

/* An event, opened. why: what the daemon would say of a body that can't be read; absent: it was, into `said`. */
struct opened {
        struct str body, why;
        struct gateway_event said;
};

static bool
event_open(struct task *t, const struct rows *r, int i, struct opened *out, struct err *e)
{
        out->why = STR_NONE;
        if (webhook_open(t, row_text(r, i, "gateway"), row_text(r, i, "event_id"),
            row_bytes(r, t->arena, i, "payload"), &out->body, &out->said, e))
                return true;
        if (out->body.p == NULL)
                return false;
        out->why = str_fmt(t->arena, "%s: %s", err_info(e->code)->code, e->detail);
        err_clear(e);
        return true;
}

/* One that makes no sense is shown as it came: who replays it must see what is wrong. */
static bool
event_show(struct task *t, const struct rows *r, int i, struct err *e)
{
        struct opened ev;

        if (!event_open(t, r, i, &ev, e))
                return false;
        show_line("event", row_text(r, i, "event_id"));
        show_line("gateway", row_text(r, i, "gateway"));
        show_line("type", row_text(r, i, "type"));
        show_line("received", row_time(r, t->arena, i, "received_at"));
        show_line("recovered", row_bool(r, i, "recovered") ? STR("yes: it never arrived") : STR("no"));
        show_line("state", row_text(r, i, "state"));
        show_line("note", row_text(r, i, "note"));
        if (ev.why.p != NULL) {
                show_line("unreadable", ev.why);
        } else {
                show_line("about", ev.said.reference);
                show_line("there", ev.said.transaction);
        }
        printf("\n%.*s\n", STR_ARG(ev.body));
        return true;
}

int
webhooks_show(const struct conf *c, const struct options *o)
{
        struct task t;
        struct rows r;
        struct err e = { .code = ERR_NONE };
        int i;

        if (!gateway_sends(o) || !command_open(&t, c, TASK_KEY))
                return EXIT_USAGE;
        if (!find(&t, o, &r, &i, &e) || !event_show(&t, &r, i, &e))
                return command_failed(&t, &e);
        task_close(&t);
        return EXIT_DONE;
}

/* What the books make of it now, in words. *code: what to exit with. */
static bool
dry_run(struct task *t, const struct rows *r, int i, int *code, struct err *e)
{
        struct opened ev;
        struct heard heard;

        if (!event_open(t, r, i, &ev, e))
                return false;
        if (ev.why.p != NULL) {
                printf("would fail: %.*s\n", STR_ARG(ev.why));
                *code = EXIT_REFUSED;
                return true;
        }
        if (!payment_hear(t, &ev.said, true, &heard, e))
                return false;
        printf("%s%.*s\n", heard.agrees ? "nothing would change: " : "would change: ", STR_ARG(heard.note));
        *code = EXIT_DONE;
        return true;
}

struct replaying {
        struct task *task;
        const struct rows *rows;
        int row;
};

static bool
replay_tx(struct tx *tx, void *arg, struct err *e)
{
        struct replaying *w = arg;
        struct task *t = w->task;
        struct params p = params_in(t->arena), audit = params_in(t->arena);
        const struct uuid nothing = { { 0 } };
        struct str id = row_text(w->rows, w->row, "event_id"), gateway = row_text(w->rows, w->row, "gateway");
        struct rows r;

        param_text(&p, id);
        param_text(&p, gateway);
        param_i64(&audit, 0);
        param_z(&audit, "operator");
        param_z(&audit, "webhook.replayed");
        param_uuid(&audit, nothing);
        param_text(&audit, str_fmt(t->arena, "{\"gateway\":\"%.*s\",\"state\":\"%.*s\"}", STR_ARG(gateway),
            STR_ARG(row_text(w->rows, w->row, "state"))));
        return tx_call(tx, &stmt_webhook_replay, &p, &r, e) && tx_call(tx, &stmt_audit_put, &audit, NULL, e);
}

int
webhooks_replay(const struct conf *c, const struct options *o)
{
        struct task t;
        struct rows r;
        struct err e = { .code = ERR_NONE };
        struct replaying w = { .task = &t, .rows = &r };
        int code = EXIT_DONE;

        if (!gateway_sends(o) || !command_open(&t, c, TASK_KEY))
                return EXIT_USAGE;
        if (!find(&t, o, &r, &w.row, &e) || (o->dry_run ? !dry_run(&t, &r, w.row, &code, &e)
            : !db_tx_run(t.db, t.arena, &t.subject, replay_tx, &w, &e)))
                return command_failed(&t, &e);
        if (!o->dry_run)
                fprintf(stderr, "boxoffice: the jobs daemon looks at it again now; see `boxoffice webhooks show %s`\n",
                    o->rest[0]);
        task_close(&t);
        return code;
}
