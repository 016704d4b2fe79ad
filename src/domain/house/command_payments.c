/*
 * command_payments.c - attempts whose end nobody knows yet, as operators look
 * at them; and the operator's own word, for what no look-up will ever decide.
 */
#include "base/base.h"
#include "base/arena.h"
#include "domain/house/command_inner.h"
#include "domain/payments/payment.h"
#include "io/db.h"
#include "io/stmt.h"

#include "domain/house/command.sql.def"

static const char *
prefix_of(struct str kind)
{
        return str_is(kind, "refund") ? "ref" : "pay";
}

static void
payments_print(struct arena *a, const struct rows *r)
{
        char id[ID_TEXT_MAX];

        printf("%-30s %-14s %-8s %12s %-3s %-8s %8s  %s\n", "payment", "state", "gateway", "amount", "", "code",
            "look-ups", "sent");
        for (int i = 0; i < r->n; i++) {
                typeid_text(prefix_of(row_text(r, i, "kind")), row_uuid(r, i, "id"), id);
                printf("%-30s %-14.*s %-8.*s %12lld %-3.*s %-8.*s %8lld  %.*s\n", id, STR_ARG(row_text(r, i, "state")),
                    STR_ARG(row_text(r, i, "gateway")), (long long)row_i64(r, i, "amount"),
                    STR_ARG(row_text(r, i, "currency")), STR_ARG(row_text(r, i, "outcome_code")),
                    (long long)row_i64(r, i, "lookups"), STR_ARG(row_time(r, a, i, "armed_at")));
        }
}

int
payments_list(const struct conf *c, const struct options *o UNUSED)
{
        return command_table(c, &stmt_payments_open, payments_print);
}

static bool
id_parse(const struct options *o, struct uuid *id)
{
        return typeid_parse("pay", str_of(o->rest[0]), id) || typeid_parse("ref", str_of(o->rest[0]), id);
}

int
payments_lookup(const struct conf *c, const struct options *o)
{
        struct task t;
        struct params p;
        struct err e = { .code = ERR_NONE };
        struct uuid id;

        if (!id_parse(o, &id))
                return command_usage_error("give one PAYMENT (pay_... or ref_...)");
        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        p = params_in(t.arena);
        param_i64(&p, uuid_org(id));
        param_uuid(&p, id);
        if (!db_query(t.db, t.arena, &t.subject, &stmt_lookup_now, &p, NULL, &e))
                return command_failed(&t, &e);
        fprintf(stderr, "boxoffice: the jobs daemon asks the gateway about it now\n");
        task_close(&t);
        return EXIT_DONE;
}

/* One transaction is not two payments; of two who say so at once the table's constraint refuses the second. */
static bool
transaction_is_free(struct task *t, struct uuid id, const char *transaction, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, uuid_org(id));
        param_uuid(&p, id);
        param_z(&p, transaction);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_payment_of_transaction, &p, &r, e))
                return false;
        return row_is_null(&r, 0, "id") ||
            err_set(e, ERR_STATE_CONFLICT, "this transaction is recorded for another payment");
}

int
payments_settle(const struct conf *c, const struct options *o)
{
        struct task t;
        struct err e = { .code = ERR_NONE };
        struct uuid id;
        bool succeeded = o->outcome != NULL && strcmp(o->outcome, "succeeded") == 0;

        if (!id_parse(o, &id) || o->outcome == NULL || (!succeeded && strcmp(o->outcome, "declined") != 0))
                return command_usage_error("give one PAYMENT and --outcome succeeded or --outcome declined");
        if (o->reason == NULL || *o->reason == '\0')
                return command_usage_error("payments settle needs --reason: the evidence, as the audit log shows it");
        if (succeeded && o->transaction == NULL)
                return command_usage_error("a payment that succeeded has a --transaction: the gateway's id of it");
        if (!succeeded && o->transaction != NULL)
                return command_usage_error("a payment that was declined has no --transaction");
        if (succeeded && !gateway_is_id(str_of(o->transaction)))
                return command_usage_error("--transaction is the gateway's id of it: 1 to 64 letters, digits, - and _");
        if (!command_open(&t, c, TASK_KEY))
                return EXIT_USAGE;
        if ((succeeded && !transaction_is_free(&t, id, o->transaction, &e)) ||
            !payment_decide(&t, id, succeeded, str_of(o->transaction), o->reason, &e))
                return command_failed(&t, &e);
        fprintf(stderr, "boxoffice: it is recorded as %s\n", o->outcome);
        task_close(&t);
        return EXIT_DONE;
}
