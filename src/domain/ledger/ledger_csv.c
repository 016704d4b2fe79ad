/* ledger_csv.c - entries as CSV, from the database's COPY, a piece at a time. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/csv.h"
#include "domain/ledger/ledger.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/ledger/ledger.sql.def"

#define PIECE           ((size_t)32 * 1024)
#define PIECE_MAX       ((size_t)256 * 1024)    /* and the longest entry behind it */
#define COPY_WAIT_MS    INT64_C(50000)          /* until all are found; nginx waits for 60 s */

/* The columns of entries_copy. */
enum {
        COL_ID, COL_EFFECT, COL_ORGANIZER, COL_ORDER, COL_OBJECT, COL_PROMO, COL_CURRENCY, COL_OCCURRED, COL_RECORDED,
        COL_REVERSES, COL_ACCOUNTS, COL_AMOUNTS, COL_COUNT
};

struct ledger_csv {
        struct copy *copy;
        struct buf piece;
        bool headed;
};

bool
ledger_csv_open(struct task *t, const struct ledger_filter *f, struct ledger_csv **out, struct err *e)
{
        struct params p = ledger_filter_params(t->arena, f);
        struct ledger_csv *c = ARENA_NEW(t->arena, struct ledger_csv);
        bool ok;

        buf_init(&c->piece, t->arena, PIECE_MAX);
        db_patience(t->db, COPY_WAIT_MS);
        ok = db_copy(t->db, t->arena, &t->subject, &stmt_entries_copy, &p, &c->copy, e);
        db_patience(t->db, DB_WAIT_MS);
        *out = c;
        return ok;
}

static void
id_put(struct buf *b, const char *prefix, struct str s)
{
        struct uuid id = { { 0 } };

        CHECK(s.p == NULL || uuid_parse(s, &id));
        if (prefix == NULL)
                csv_word(b, s);
        else
                csv_id(b, prefix, id);
}

/* "2026-11-24 22:50:39.123+00" as RFC 3339 writes it. */
static void
time_put(struct buf *b, struct str s)
{
        CHECK(s.n > 13 && s.p[10] == ' ' && str_ends(s, STR("+00")));
        buf_put(b, (struct str){ s.p, 10 });
        buf_putc(b, 'T');
        buf_put(b, (struct str){ s.p + 11, s.n - 14 });
        buf_puts(b, "Z,");
}

/* What is inside {}: words and numbers, which are never quoted there. */
static struct str
array_inside(struct str s)
{
        CHECK(s.n >= 2 && s.p[0] == '{' && s.p[s.n - 1] == '}');
        return (struct str){ s.p + 1, s.n - 2 };
}

static void
entry_put(struct buf *b, const struct str *f)
{
        struct str accounts = array_inside(f[COL_ACCOUNTS]), amounts = array_inside(f[COL_AMOUNTS]);

        while (accounts.n > 0) {
                struct str account, amount;

                (void)str_cut(accounts, ',', &account, &accounts);
                (void)str_cut(amounts, ',', &amount, &amounts);
                id_put(b, "ent", f[COL_ID]);
                csv_word(b, f[COL_EFFECT]);
                id_put(b, "org", f[COL_ORGANIZER]);
                id_put(b, "ord", f[COL_ORDER]);
                id_put(b, ledger_object_prefix(f[COL_EFFECT]), f[COL_OBJECT]);
                csv_text(b, f[COL_PROMO]);
                csv_word(b, f[COL_CURRENCY]);
                csv_word(b, account);
                csv_word(b, amount);
                time_put(b, f[COL_OCCURRED]);
                time_put(b, f[COL_RECORDED]);
                id_put(b, "ent", f[COL_REVERSES]);
                csv_end(b);
        }
}

bool
ledger_csv_piece(struct ledger_csv *c, struct str *out, struct err *e)
{
        struct buf *b = &c->piece;
        const struct str *field;
        size_t n = 1;

        b->n = 0;
        if (!c->headed)
                buf_puts(b, "id,kind,organizer,order,object_id,promo,currency,account,amount,"
                    "occurred_at,recorded_at,reverses\n");
        c->headed = true;
        while (b->n < PIECE && n > 0) {
                if (!copy_row(c->copy, &field, &n, e))
                        return false;
                CHECK(n == 0 || n == COL_COUNT);
                if (n > 0)
                        entry_put(b, field);
        }
        *out = buf_str(b);
        CHECK(out->p != NULL);
        return true;
}
