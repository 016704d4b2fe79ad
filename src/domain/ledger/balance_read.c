/* balance_read.c - balances asked of the database, and the fold that keeps them quick. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "domain/ledger/balance.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/ledger/balance.sql.def"

/* The line of a currency, in order; made when it is new. There is room for it. */
static struct balance_line *
line_of(struct balance *b, struct str currency)
{
        size_t i = 0;

        while (i < b->n && strncmp(b->line[i].currency.p, currency.p, currency.n) < 0)
                i++;
        if (i < b->n && str_eq(b->line[i].currency, currency))
                return &b->line[i];
        for (size_t k = b->n++; k > i; k--)
                b->line[k] = b->line[k - 1];
        b->line[i] = (struct balance_line){ .currency = currency };
        return &b->line[i];
}

/* The first columns are the head's, and there without any account. */
static void
rows_take(struct task *t, const struct balance_ask *ask, const struct rows *r, struct balance *out)
{
        enum account a;

        *out = (struct balance){
                .organizer = row_uuid(r, 0, "organizer_id"),
                .own_currency = row_text(r, 0, "own_currency"),
                .as_of = row_time(r, t->arena, 0, "at"),
                .final = row_bool(r, 0, "final"),
                .occurred = ask->occurred,
                .line = ARENA_ARRAY(t->arena, struct balance_line, (size_t)r->n + 2),
        };
        for (int i = 0; i < r->n && !row_is_null(r, i, "account"); i++) {
                CHECK(account_parse(row_text(r, i, "account"), &a));
                line_of(out, row_text(r, i, "currency"))->amount[a] = row_i64(r, i, "amount");
        }
        if (ask->currency.p != NULL)
                (void)line_of(out, ask->currency);
        else if (out->own_currency.p != NULL)
                (void)line_of(out, out->own_currency);
}

/* Only a help for the next reader: this one has its answer. */
static void
fold_ask(struct task *t, int32_t org)
{
        struct params p = params_in(t->arena);
        struct err e = { .code = ERR_NONE };

        param_i64(&p, org);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_fold_ask, &p, NULL, &e))
                log_warn(&t->subject, "ledger.fold_not_asked", { "detail", str_of(e.detail) });
}

bool
balance_find(struct task *t, const struct balance_ask *ask, struct balance *out, struct err *e)
{
        bool now = ask->as_of.p == NULL && !ask->occurred;
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64_or_null(&p, ask->org != 0, ask->org);
        param_text(&p, ask->currency);
        if (!now) {
                param_text(&p, ask->as_of);
                param_bool(&p, ask->occurred);
        }
        if (!db_query(t->db, t->arena, &t->subject, ask->org == 0 ? now ? &stmt_balances_all_now : &stmt_balances_all_at
            : now ? &stmt_balances_now : &stmt_balances_at, &p, &r, e))
                return false;
        rows_take(t, ask, &r, out);
        if (now && ask->org != 0 && !row_is_null(&r, 0, "tail") && row_i64(&r, 0, "tail") > LEDGER_TAIL_LONG)
                fold_ask(t, ask->org);
        return true;
}
