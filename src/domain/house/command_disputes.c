/*
 * command_disputes.c - disputes as operators look at them, files of them taken
 * in, and those of which nobody knows the charge given theirs.
 */
#include "base/base.h"
#include "base/arena.h"
#include "domain/disputes/dispute.h"
#include "domain/house/command_inner.h"
#include "io/db.h"
#include "io/stmt.h"
#include "outside/gateway.h"

#include "domain/house/command.sql.def"

#define SHOWN           100
#define FILE_MAX        (1024 * 1024)

static struct str
or_dash(struct str s)
{
        return s.n == 0 ? STR("-") : s;
}

static bool
unmatched_list(struct task *t, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, SHOWN);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_disputes_unmatched, &p, &r, e))
                return false;
        printf("%-8s %-30s %-14s %-16s %-5s %-10s %10s  %s\n", "gateway", "dispute", "says", "charge", "card", "day",
            "amount", "why");
        for (int i = 0; i < r.n; i++)
                printf("%-8.*s %-30.*s %-14.*s %-16.*s %-5.*s %-10.*s %10.*s  %.*s\n",
                    STR_ARG(row_text(&r, i, "gateway")), STR_ARG(row_text(&r, i, "gateway_dispute")),
                    STR_ARG(row_text(&r, i, "word")), STR_ARG(or_dash(row_text(&r, i, "charge"))),
                    STR_ARG(or_dash(row_text(&r, i, "last4"))), STR_ARG(or_dash(row_text(&r, i, "day"))),
                    STR_ARG(or_dash(row_text(&r, i, "amount"))), STR_ARG(row_text(&r, i, "note")));
        return true;
}

static bool
newest_list(struct task *t, struct err *e)
{
        struct dispute *d;
        char id[ID_TEXT_MAX], order[ID_TEXT_MAX];
        size_t n;

        if (!disputes_list(t, &(struct dispute_filter){ .limit = SHOWN }, &d, &n, e))
                return false;
        printf("%-30s %-14s %-30s %12s %-3s %8s %8s  %s\n", "dispute", "status", "order", "amount", "", "fee", "over",
            "answer by");
        for (size_t i = 0; i < n; i++) {
                typeid_text("dsp", d[i].id, id);
                typeid_text("ord", d[i].order, order);
                printf("%-30s %-14.*s %-30s %12lld %-3.*s %8lld %8lld  %.*s\n", id, STR_ARG(d[i].status),
                    uuid_is_nil(d[i].order) ? "-" : order, (long long)d[i].amount, STR_ARG(d[i].currency),
                    (long long)d[i].fee, (long long)(d[i].over - d[i].covered), STR_ARG(or_dash(d[i].due_by)));
        }
        return true;
}

int
disputes_list_command(const struct conf *c, const struct options *o)
{
        struct task t;
        struct err e = { .code = ERR_NONE };

        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!(o->unmatched ? unmatched_list(&t, &e) : newest_list(&t, &e)))
                return command_failed(&t, &e);
        task_close(&t);
        return EXIT_DONE;
}

int
disputes_show(const struct conf *c, const struct options *o)
{
        struct task t;
        struct err e = { .code = ERR_NONE };
        struct dispute d;
        struct uuid id;

        if (!command_id("DISPUTE", "dsp", o->rest[0], &id) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!dispute_find(&t, uuid_org(id), id, &d, &e))
                return command_failed(&t, &e);
        printf("%.*s\n", STR_ARG(dispute_view(t.arena, &d)));
        task_close(&t);
        return EXIT_DONE;
}

static bool
file_take(struct arena *a, const char *path, struct str *out)
{
        char *text = arena_alloc(a, FILE_MAX + 1);
        FILE *in = fopen(path, "r");

        if (in == NULL) {
                perror(path);
                return false;
        }
        *out = (struct str){ text, fread(text, 1, FILE_MAX + 1, in) };
        (void)fclose(in);
        if (out->n <= FILE_MAX)
                return true;
        fprintf(stderr, "boxoffice: %s is larger than 1 MiB: cut it in two\n", path);
        return false;
}

/* Every bad field is named: command_failed says the first. */
static void
complain_all(const struct err *e)
{
        for (int i = 0; i < e->fields_n && i < ERR_FIELDS_MAX; i++)
                fprintf(stderr, "boxoffice: %s %s\n", e->fields[i].pointer, e->fields[i].detail);
        if (e->fields_n > ERR_FIELDS_MAX)
                fprintf(stderr, "boxoffice: and %d more\n", e->fields_n - ERR_FIELDS_MAX);
}

int
disputes_import_command(const struct conf *c, const struct options *o)
{
        const struct idem none = { .wanted = false };
        struct task t;
        struct err e = { .code = ERR_NONE };
        struct answer a;
        struct str csv;

        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!file_take(t.arena, o->rest[0], &csv)) {
                task_close(&t);
                return EXIT_USAGE;
        }
        if (!disputes_import(&t, csv, &none, &a, &e)) {
                complain_all(&e);
                return command_failed(&t, &e);
        }
        printf("%.*s\n", STR_ARG(a.body));
        task_close(&t);
        return EXIT_DONE;
}

int
disputes_assign(const struct conf *c, const struct options *o)
{
        const char *gateway = o->gateway == NULL ? "nmi" : o->gateway;
        struct task t;
        struct params p;
        struct rows r;
        struct err e = { .code = ERR_NONE };
        struct uuid capture;

        if (!gateway_known(str_of(gateway)))
                return command_usage_error("--gateway is nmi or stripe");
        if (!command_id("PAYMENT", "pay", o->rest[1], &capture) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        p = params_in(t.arena);
        param_z(&p, gateway);
        param_z(&p, o->rest[0]);
        param_uuid(&p, capture);
        param_z(&p, "operator");
        param_null(&p);
        if (!db_query(t.db, t.arena, &t.subject, &stmt_dispute_assign, &p, &r, &e))
                return command_failed(&t, &e);
        if (row_i64(&r, 0, "n") == 0) {
                (void)err_set(&e, ERR_NOT_FOUND, "no dispute of that name waits for its charge");
                return command_failed(&t, &e);
        }
        printf("assigned: it is booked in a moment\n");
        task_close(&t);
        return EXIT_DONE;
}
