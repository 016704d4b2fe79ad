/* balance_view.c - balances as JSON and as CSV. */
#include "base/base.h"
#include "base/check.h"
#include "base/csv.h"
#include "domain/ledger/balance.h"
#include "io/json_write.h"

#define CSV_MAX         ((size_t)4 * 1024 * 1024)

/* What an organizer is owed, in its words: the accounts' credit balances. */
static const struct {
        const char *name;
        enum account account;
} owed[] = {
        { "pending", ACCOUNT_organizer_pending }, { "available", ACCOUNT_organizer_available },
        { "reserved", ACCOUNT_organizer_reserve }, { "disputed", ACCOUNT_organizer_dispute_hold },
        { "in_transit", ACCOUNT_payouts_in_transit },
};

static const char *
clock_name(const struct balance *b)
{
        return b->occurred ? "occurred" : "recorded";
}

static void
head_json(struct json_out *o, const struct balance *b)
{
        jo_text(o, "as_of", b->as_of);
        jo_z(o, "clock", clock_name(b));
        jo_bool(o, "final", b->final);
}

struct str
balance_view(struct arena *a, const struct balance *b)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_z(&o, "object", "balance");
        jo_id(&o, "organizer", "org", b->organizer);
        head_json(&o, b);
        jo_array(&o, "balances");
        for (size_t i = 0; i < b->n; i++) {
                jo_object(&o, NULL);
                jo_text(&o, "currency", b->line[i].currency);
                for (size_t k = 0; k < ARRAY_LEN(owed); k++)
                        jo_int(&o, owed[k].name, -b->line[i].amount[owed[k].account]);
                jo_end_object(&o);
        }
        jo_end_array(&o);
        jo_end_object(&o);
        return json_out_str(&o);
}

static void
csv_head(struct buf *b, struct arena *a, const char *names)
{
        buf_init(b, a, CSV_MAX);
        buf_puts(b, names);
}

/* organizer, as_of, clock, final: what a whole file shares stands in each row. */
static void
head_csv(struct buf *out, const struct balance *b)
{
        csv_id(out, "org", b->organizer);
        csv_word(out, b->as_of);
        csv_word(out, str_of(clock_name(b)));
        csv_bool(out, b->final);
}

struct str
balance_csv(struct arena *a, const struct balance *b)
{
        struct buf out;

        csv_head(&out, a, "organizer,as_of,clock,final,currency,pending,available,reserved,disputed,in_transit\n");
        for (size_t i = 0; i < b->n; i++) {
                head_csv(&out, b);
                csv_word(&out, b->line[i].currency);
                for (size_t k = 0; k < ARRAY_LEN(owed); k++)
                        csv_int(&out, -b->line[i].amount[owed[k].account]);
                csv_end(&out);
        }
        return buf_str(&out);
}

static int64_t
line_total(const struct balance_line *line)
{
        int64_t total = 0;

        for (int i = 0; i < ACCOUNT_COUNT; i++)
                CHECK(!__builtin_add_overflow(total, line->amount[i], &total));
        return total;
}

struct str
trial_balance_view(struct arena *a, const struct balance *b, const struct balance_line *line)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_z(&o, "object", "trial_balance");
        jo_id(&o, "organizer", "org", b->organizer);
        jo_text(&o, "currency", line->currency);
        head_json(&o, b);
        jo_array(&o, "accounts");
        for (int i = 0; i < ACCOUNT_COUNT; i++) {
                jo_object(&o, NULL);
                jo_z(&o, "account", account_name((enum account)i));
                jo_int(&o, "balance", line->amount[i]);
                jo_end_object(&o);
        }
        jo_end_array(&o);
        jo_int(&o, "total", line_total(line));
        jo_end_object(&o);
        return json_out_str(&o);
}

struct str
trial_balance_csv(struct arena *a, const struct balance *b, const struct balance_line *line)
{
        struct buf out;

        csv_head(&out, a, "organizer,as_of,clock,final,currency,account,balance\n");
        for (int i = 0; i < ACCOUNT_COUNT; i++) {
                head_csv(&out, b);
                csv_word(&out, line->currency);
                csv_word(&out, str_of(account_name((enum account)i)));
                csv_int(&out, line->amount[i]);
                csv_end(&out);
        }
        return buf_str(&out);
}

static void
account_json(struct json_out *o, enum account account, const struct balance *b)
{
        jo_object(o, NULL);
        jo_z(o, "object", "account");
        jo_z(o, "account", account_name(account));
        jo_z(o, "type", account_type(account));
        jo_z(o, "normal_side", account_is_debit(account) ? "debit" : "credit");
        if (b != NULL) {
                jo_array(o, "balances");
                for (size_t i = 0; i < b->n; i++) {
                        jo_object(o, NULL);
                        jo_text(o, "currency", b->line[i].currency);
                        jo_int(o, "balance", b->line[i].amount[account]);
                        jo_end_object(o);
                }
                jo_end_array(o);
        }
        jo_end_object(o);
}

struct str
accounts_view(struct arena *a, const struct balance *b)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_z(&o, "object", "list");
        if (b != NULL) {
                jo_id(&o, "organizer", "org", b->organizer);
                head_json(&o, b);
        }
        jo_array(&o, "data");
        for (int i = 0; i < ACCOUNT_COUNT; i++)
                account_json(&o, (enum account)i, b);
        jo_end_array(&o);
        jo_bool(&o, "has_more", false);
        jo_null(&o, "next_cursor");
        jo_end_object(&o);
        return json_out_str(&o);
}

static void
account_csv(struct buf *out, enum account account)
{
        csv_word(out, str_of(account_name(account)));
        csv_word(out, str_of(account_type(account)));
        csv_word(out, str_of(account_is_debit(account) ? "debit" : "credit"));
}

struct str
accounts_csv(struct arena *a, const struct balance *b)
{
        struct buf out;

        csv_head(&out, a, b == NULL ? "account,type,normal_side\n"
            : "organizer,as_of,clock,final,account,type,normal_side,currency,balance\n");
        for (int i = 0; i < ACCOUNT_COUNT; i++) {
                if (b == NULL) {
                        account_csv(&out, (enum account)i);
                        csv_end(&out);
                }
                for (size_t k = 0; b != NULL && k < b->n; k++) {
                        head_csv(&out, b);
                        account_csv(&out, (enum account)i);
                        csv_word(&out, b->line[k].currency);
                        csv_int(&out, b->line[k].amount[i]);
                        csv_end(&out);
                }
        }
        return buf_str(&out);
}
