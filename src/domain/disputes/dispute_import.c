/*
 * dispute_import.c - a file of disputes, for gateways without an API: CSV whose
 * first line names its columns as NMI names the members of a chargeback. The
 * whole file is taken, or nothing of it and every bad field is named; what was
 * taken before, from a file or an event, is known.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/csv_read.h"
#include "domain/disputes/dispute.h"
#include "domain/disputes/dispute_report.h"
#include "io/json_read.h"
#include "io/json_write.h"
#include "io/task.h"

#define ROWS_MAX        5000
#define AT_ONCE         500             /* rows a statement */
#define TEXT_MAX        200
#define CARD_DIGITS     13              /* so many, and it is the number of a card */

enum { ID, TRANSACTION_ID, CC_NUMBER, DATE, AMOUNT, FEE, REASON, STATUS, DUE_BY, COLUMNS };
static const char *const names[COLUMNS] = {
        [ID] = "id", [TRANSACTION_ID] = "transaction_id", [CC_NUMBER] = "cc_number", [DATE] = "date",
        [AMOUNT] = "amount", [FEE] = "fee", [REASON] = "reason", [STATUS] = "status", [DUE_BY] = "due_by",
};

struct importing {
        struct arena *arena;
        struct csv_reader csv;
        size_t place[CSV_FIELDS_MAX];   /* which column each field is */
        size_t width;
        struct dispute_report *row;
        size_t rows;
        bool card;                      /* a card's whole number stands in it: nothing of the file is taken, nor said */
};

static void
complain(struct importing *w, const char *column, enum field_code code, const char *why, struct err *e)
{
        (void)err_field(e, str_fmt(w->arena, "/lines/%lld%s%s", (long long)w->csv.line, column == NULL ? "" : "/",
            column == NULL ? "" : column).p, code, why);
}

/* The first line. */
static bool
columns_read(struct importing *w, struct err *e)
{
        bool there[COLUMNS] = { false };

        if (!csv_row(&w->csv))
                return err_set(e, ERR_INVALID_REQUEST, "the file is empty, or no CSV");
        w->width = w->csv.n;
        for (size_t i = 0; i < w->csv.n; i++) {
                struct str name = str_trim(w->csv.field[i]);
                size_t c = 0;

                while (c < COLUMNS && !str_is(name, names[c]))
                        c++;
                if (c == COLUMNS || there[c])
                        complain(w, str_fmt(w->arena, "%zu", i + 1).p, FIELD_UNKNOWN_FIELD,
                            c == COLUMNS ? "is no column of disputes" : "is there twice", e);
                else
                        there[c] = true;
                w->place[i] = c;
        }
        if (!there[AMOUNT])
                complain(w, "amount", FIELD_MISSING, "must be a column", e);
        if (!there[TRANSACTION_ID] && !there[CC_NUMBER])
                complain(w, "transaction_id", FIELD_MISSING, "must be a column, or cc_number", e);
        return e->code == ERR_NONE;
}

static size_t
digits_of(struct str s)
{
        size_t n = 0;

        for (size_t i = 0; i < s.n; i++)
                n += s.p[i] >= '0' && s.p[i] <= '9';
        return n;
}

/* Who it is about: a charge, or a card, of which no more than the end is wanted. */
static void
charge_read(struct importing *w, const struct str v[COLUMNS], struct dispute_report *r, struct err *e)
{
        if (v[TRANSACTION_ID].n > 0 && gateway_is_id(v[TRANSACTION_ID]))
                r->charge = v[TRANSACTION_ID];
        else if (v[TRANSACTION_ID].n > 0)
                complain(w, names[TRANSACTION_ID], FIELD_WRONG_TYPE, "is no id of the gateway's", e);
        r->last4 = gateway_chargeback_last4(v[CC_NUMBER]);
        if (digits_of(v[CC_NUMBER]) >= CARD_DIGITS)
                w->card = true;
        else if (v[CC_NUMBER].n > 0 && r->last4.p == NULL)
                complain(w, names[CC_NUMBER], FIELD_WRONG_TYPE, "must end with four digits", e);
        if (v[TRANSACTION_ID].n == 0 && v[CC_NUMBER].n == 0)
                complain(w, names[TRANSACTION_ID], FIELD_MISSING, "must name a charge, or cc_number a card", e);
}

static void
money_read(struct importing *w, const struct str v[COLUMNS], struct dispute_report *r, struct err *e)
{
        struct money m;

        r->amount = v[AMOUNT];
        if (!gateway_chargeback_amount(v[AMOUNT], CURRENCY_USD, &m))
                complain(w, names[AMOUNT], FIELD_WRONG_TYPE, "must be an amount above zero, as 50.00", e);
        else if (m.minor > AMOUNT_MAX)
                complain(w, names[AMOUNT], FIELD_OUT_OF_RANGE, "is more than there can be", e);
        r->fee = v[FEE].n > 0 ? v[FEE] : STR_NONE;
        if (v[FEE].n > 0 && !gateway_chargeback_fee(v[FEE], CURRENCY_USD, &m))
                complain(w, names[FEE], FIELD_WRONG_TYPE, "must be an amount, as 15.00, or empty", e);
}

static void
time_read(struct importing *w, const struct str v[COLUMNS], struct dispute_report *r, struct err *e)
{
        struct str day = gateway_chargeback_day(w->arena, v[DUE_BY]);

        r->day = gateway_chargeback_day(w->arena, v[DATE]);
        if (v[DATE].n > 0 && r->day.p == NULL)
                complain(w, names[DATE], FIELD_WRONG_TYPE, "must be a day, as 2026-11-25", e);
        if (text_is_time(v[DUE_BY]))
                r->due_by = v[DUE_BY];
        else if (day.p != NULL)
                r->due_by = str_fmt(w->arena, "%.*sT23:59:59Z", STR_ARG(day));
        else if (v[DUE_BY].n > 0)
                complain(w, names[DUE_BY], FIELD_WRONG_TYPE, "must be a day or a time, as 2026-11-25T18:00:00Z", e);
}

static void
row_read(struct importing *w, struct err *e)
{
        struct dispute_report *r = &w->row[w->rows++];
        struct str v[COLUMNS] = { { NULL, 0 } };

        *r = (struct dispute_report){ .gateway = STR("nmi") };
        if (w->csv.n != w->width) {
                complain(w, NULL, FIELD_WRONG_TYPE, "has not as many fields as the first line", e);
                return;
        }
        for (size_t i = 0; i < w->csv.n; i++) {
                v[w->place[i]] = str_trim(w->csv.field[i]);
                w->card = w->card || text_is_card_data(v[w->place[i]]);
                if (v[w->place[i]].n > TEXT_MAX || !str_is_utf8(v[w->place[i]]))
                        complain(w, names[w->place[i]], FIELD_OUT_OF_RANGE, "is too long, or no UTF-8", e);
        }
        charge_read(w, v, r, e);
        money_read(w, v, r, e);
        time_read(w, v, r, e);
        r->reason = v[REASON].n > 0 ? v[REASON] : STR_NONE;
        r->word = v[STATUS].n == 0 ? STR("needs_response") : dispute_report_word(v[STATUS]);
        if (r->word.p == NULL)
                complain(w, names[STATUS], FIELD_UNKNOWN_VALUE,
                    "must be warning, needs_response, under_review, won or lost", e);
        r->dispute = gateway_chargeback_id(w->arena, v[ID], r->charge, r->last4, r->day, r->amount);
        if (v[ID].n > 0 && !gateway_is_id(v[ID]))
                complain(w, names[ID], FIELD_WRONG_TYPE, "is no id of the gateway's", e);
}

static bool
file_read(struct importing *w, struct str text, struct err *e)
{
        w->csv = csv_reader_new(w->arena, text);
        w->row = ARENA_ARRAY(w->arena, struct dispute_report, ROWS_MAX);
        if (!columns_read(w, e))
                return false;
        while (csv_row(&w->csv)) {
                if (w->rows == ROWS_MAX) {
                        complain(w, NULL, FIELD_OUT_OF_RANGE, "is one too many: send 5000 at once", e);
                        return false;
                }
                row_read(w, e);
        }
        if (w->csv.wrong != NULL)
                complain(w, NULL, FIELD_WRONG_TYPE, w->csv.wrong, e);
        if (w->card) {
                err_clear(e);
                return err_set(e, ERR_CARD_DATA_REFUSED, "a whole card number stands in the file: mask it");
        }
        return e->code == ERR_NONE;
}

static bool
import_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        const struct importing *w = arg;
        struct json_out j = json_out_new(t->arena);
        int64_t news = 0;

        for (size_t i = 0; i < w->rows; i += AT_ONCE) {
                size_t n = w->rows - i < AT_ONCE ? w->rows - i : AT_ONCE;
                int64_t fresh;

                dispute_reports_put(t, tx, &w->row[i], n, "import", false);
                if (!dispute_reports_get(tx, &fresh, e))
                        return false;
                news += fresh;
        }
        jo_object(&j, NULL);
        jo_z(&j, "object", "dispute_import");
        jo_int(&j, "rows", (int64_t)w->rows);
        jo_int(&j, "new", news);
        jo_int(&j, "known", (int64_t)w->rows - news);
        jo_end_object(&j);
        *out = (struct answer){ .status = 200, .body = json_out_str(&j) };
        return true;
}

bool
disputes_import(struct task *t, struct str csv, const struct idem *i, struct answer *out, struct err *e)
{
        struct importing w = { .arena = t->arena };

        return file_read(&w, csv, e) && idem_run(t, i, import_run, &w, out, e);
}
