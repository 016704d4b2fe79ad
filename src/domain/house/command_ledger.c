/* command_ledger.c - the ledger, as finance asks it: balances, entries, whether it holds, and the close of a day. */
#include "base/base.h"
#include "base/arena.h"
#include "base/money.h"
#include "domain/house/command_inner.h"
#include "domain/ledger/balance.h"
#include "domain/verify/verify.h"
#include "io/db.h"
#include "io/json_read.h"

#include <unistd.h>

#define PATIENCE_MS     (INT64_C(30) * 60 * 1000)
#define CLOSE_WAIT_MS   60000
#define CLEAR_LINE      "\r\033[K"
#define NAME_MAX_CHARS  200

/* --clock; false when it has said what is wrong. */
static bool
clock_read(const struct options *o, bool *occurred)
{
        *occurred = o->clock != NULL && strcmp(o->clock, "occurred") == 0;
        if (o->clock == NULL || *occurred || strcmp(o->clock, "recorded") == 0)
                return true;
        fprintf(stderr, "boxoffice: --clock is recorded or occurred\n");
        return false;
}

static bool
time_read(const char *option, const char *text, struct str *out)
{
        *out = str_of(text);
        if (text == NULL || text_is_time(*out))
                return true;
        fprintf(stderr, "boxoffice: %s is a time like 2026-11-24T23:00:00Z\n", option);
        return false;
}

static void
amount_print(struct str currency, int64_t minor)
{
        struct money m = { .minor = minor < 0 ? -minor : minor };
        char text[MONEY_TEXT_MAX + 1] = "-";

        if (currency_parse(currency, &m.currency))
                money_decimal(m, text + 1);
        else
                (void)snprintf(text + 1, MONEY_TEXT_MAX, "%lld", (long long)m.minor);
        printf(" %16s", minor < 0 ? text : text + 1);
}

/* For people: what is owed, and below it every account that has a balance; debit positive there. */
static void
balance_print(const struct balance *b)
{
        static const enum account owed[] = {
                ACCOUNT_organizer_pending, ACCOUNT_organizer_available, ACCOUNT_organizer_reserve,
                ACCOUNT_organizer_dispute_hold, ACCOUNT_payouts_in_transit,
        };

        printf("as of %.*s, by when it %s%s\n\n%-8s %16s %16s %16s %16s %16s\n", STR_ARG(b->as_of),
            b->occurred ? "occurred" : "was recorded", b->final ? ", final" : "", "owed", "pending", "available",
            "reserved", "disputed", "in transit");
        for (size_t i = 0; i < b->n; i++) {
                printf("%-8.*s", STR_ARG(b->line[i].currency));
                for (size_t k = 0; k < ARRAY_LEN(owed); k++)
                        amount_print(b->line[i].currency, -b->line[i].amount[owed[k]]);
                printf("\n");
        }
        printf("\n%-24s %-16s %-8s %16s\n", "account", "type", "", "debit or -credit");
        for (size_t i = 0; i < b->n; i++) {
                for (int a = 0; a < ACCOUNT_COUNT; a++) {
                        if (b->line[i].amount[a] == 0)
                                continue;
                        printf("%-24s %-16s %-8.*s", account_name((enum account)a), account_type((enum account)a),
                            STR_ARG(b->line[i].currency));
                        amount_print(b->line[i].currency, b->line[i].amount[a]);
                        printf("\n");
                }
        }
}

int
ledger_balance(const struct conf *c, const struct options *o)
{
        struct balance_ask ask = { .org = 0 };
        struct uuid id = { { 0 } };
        struct balance b;
        struct task t;
        struct err e = { .code = ERR_NONE };

        if (o->csv && o->json)
                return command_usage_error("ledger balance prints --csv or --json, not both");
        if ((o->organizer != NULL && !command_id("--organizer", "org", o->organizer, &id)) ||
            !time_read("--as-of", o->as_of, &ask.as_of) || !clock_read(o, &ask.occurred) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        ask.org = uuid_org(id);
        db_patience(t.db, PATIENCE_MS);
        if (!balance_find(&t, &ask, &b, &e) || (o->organizer != NULL && !uuid_eq(b.organizer, id) &&
            !err_set(&e, ERR_NOT_FOUND, "there is no such organizer")))
                return command_failed(&t, &e);
        if (o->csv)
                printf("%.*s", STR_ARG(balance_csv(t.arena, &b)));
        else if (o->json)
                printf("%.*s\n", STR_ARG(balance_view(t.arena, &b)));
        else
                balance_print(&b);
        task_close(&t);
        return EXIT_DONE;
}

static bool
filter_read(const struct options *o, struct ledger_filter *f)
{
        struct uuid id = { { 0 } };
        enum account a;
        bool occurred;

        if ((o->organizer != NULL && !command_id("--organizer", "org", o->organizer, &id)) ||
            (o->order != NULL && !command_id("--order", "ord", o->order, &f->order)) || !clock_read(o, &occurred) ||
            !time_read("--from", o->from, &f->times[occurred ? 0 : 2]) ||
            !time_read("--to", o->to, &f->times[occurred ? 1 : 3]))
                return false;
        f->org = o->organizer != NULL ? uuid_org(id) : uuid_org(f->order);
        f->account = str_of(o->account);
        if (o->account == NULL || account_parse(f->account, &a))
                return true;
        fprintf(stderr, "boxoffice: there is no account \"%s\"; there are", o->account);
        for (int i = 0; i < ACCOUNT_COUNT; i++)
                fprintf(stderr, "%s %s", i == 0 ? "" : ",", account_name((enum account)i));
        fprintf(stderr, "\n");
        return false;
}

/* Where somebody looks, and the rows go elsewhere. */
static void
written_draw(int64_t bytes)
{
        if (isatty(STDERR_FILENO) != 1 || isatty(STDOUT_FILENO) == 1)
                return;
        fprintf(stderr, CLEAR_LINE "  %lld kB", (long long)(bytes / 1000));
        (void)fflush(stderr);
}

/* *written false: standard output takes no more. */
static bool
entries_print(struct task *t, const struct ledger_filter *f, bool *written, struct err *e)
{
        struct ledger_csv *csv;
        struct str piece;
        int64_t bytes = 0;

        *written = true;
        if (!ledger_csv_open(t, f, &csv, e))
                return false;
        do {
                if (!ledger_csv_piece(csv, &piece, e))
                        return false;
                *written = fwrite(piece.p, 1, piece.n, stdout) == piece.n && fflush(stdout) == 0;
                written_draw(bytes += (int64_t)piece.n);
        } while (piece.n > 0 && *written);
        return true;
}

int
ledger_entries(const struct conf *c, const struct options *o)
{
        struct ledger_filter f = { .org = 0 };
        struct task t;
        struct err e = { .code = ERR_NONE };
        bool written, ok;

        if (!filter_read(o, &f) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        ok = entries_print(&t, &f, &written, &e);
        if (isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) != 1)
                fprintf(stderr, CLEAR_LINE);
        if (!ok) {
                fprintf(stderr, "boxoffice: what was printed is not all\n");
                return command_failed(&t, &e);
        }
        task_close(&t);
        if (!written)
                fprintf(stderr, "boxoffice: standard output takes no more: what was printed is not all\n");
        return written ? EXIT_DONE : EXIT_REFUSED;
}

int
ledger_verify(const struct conf *c, const struct options *o UNUSED)
{
        static const char *names[] = {
                "entries_balance", "trial_balance_zero", "checkpoints_agree", "closed_days_stand",
                "accounts_right_sign",
                "clearing_is_captured", "transit_is_owed", "entry_has_object",
        };
        char *words[ARRAY_LEN(names)];
        struct options all = { .rest = words, .rest_n = ARRAY_LEN(names) };

        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                memcpy(&words[i], &names[i], sizeof words[i]);
        return verify_books(c, &all);
}

static void
waiting_print(struct str who)
{
        fprintf(stderr, "boxoffice: waits for a transaction that began before the day's end: %.*s\n", STR_ARG(who));
}

static void
closing_draw(int64_t done, int64_t all)
{
        struct bar g = bar_new(all);

        g.done = done;
        bar_draw(&g);
        if (done + 1 == all)
                bar_end(&g);
}

int
ledger_close_day(const struct conf *c, const struct options *o)
{
        struct closing ask = {
                .day = str_of(o->rest[0]), .by = o->by == NULL ? "operator" : o->by, .wait_ms = CLOSE_WAIT_MS,
                .waiting = waiting_print, .progress = closing_draw,
        };
        struct closed done;
        struct task t;
        struct err e = { .code = ERR_NONE };
        size_t n = strlen(ask.by);

        if (n == 0 || n > NAME_MAX_CHARS || !str_is_utf8(str_of(ask.by)))
                return command_usage_error("--by is who signs: 1 to 200 characters");
        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        if (ask.day.n != 10 || !text_is_time(str_fmt(t.arena, "%.*sT00:00:00Z", STR_ARG(ask.day)))) {
                task_close(&t);
                return command_usage_error("ledger close takes a DAY like 2026-11-24, of UTC");
        }
        db_patience(t.db, PATIENCE_MS);
        if (!ledger_close(&t, &ask, &done, &e))
                return command_failed(&t, &e);
        task_close(&t);
        if (done.already)
                printf("%s was closed before: nothing is changed\n", o->rest[0]);
        else
                printf("%s closed: %lld entries, signed by %s\n", o->rest[0], (long long)done.entries, ask.by);
        return EXIT_DONE;
}
