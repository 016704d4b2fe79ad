/* ledger.c - /v1/ledger/entries: pages of JSON, or all of them as CSV in pieces. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/ledger/ledger.h"
#include "edge/api/api.h"
#include "io/task.h"

static void
read_account(struct request *rq, struct ledger_filter *f, struct err *e)
{
        enum account a;

        f->account = query_text(rq, "account");
        if (f->account.p != NULL && !account_parse(f->account, &a))
                (void)err_field(e, "?account", FIELD_UNKNOWN_VALUE, "is not an account of the chart");
}

static bool
next_piece(void *arg, struct str *out, struct err *e)
{
        return ledger_csv_piece(arg, out, e);
}

static bool
reply_pieces(struct request *rq, struct reply *rp, const struct ledger_filter *f, struct err *e)
{
        struct ledger_csv *csv;

        return ledger_csv_open(rq->task, f, &csv, e) && reply_csv_pieces(rp, "ledger_entries", next_piece, csv);
}

bool
api_entry_list(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = {
                "limit", "cursor", "organizer", "account", "order", "occurred_from", "occurred_to", "recorded_from",
                "recorded_to", NULL,
        };
        struct ledger_filter f = { .org = list_org(rq, e) };
        struct page page;
        struct page_item *items;
        struct ledger_entry *entries;
        size_t n;

        page_read(rq, &page, e);
        read_account(rq, &f, e);
        f.order = query_id(rq, "order", "ord", e);
        if (f.org == 0 && !uuid_is_nil(f.order))
                f.org = uuid_org(f.order);
        for (size_t i = 0; i < ARRAY_LEN(f.times); i++)
                f.times[i] = query_time(rq, known[5 + i], e);
        f.before_at = page.before_at;
        f.before_id = page.before_id;
        f.limit = page.limit + 1;
        if (!query_close(rq, known, e))
                return false;
        if (request_wants(rq, "text/csv", "application/json")) {
                /* All that there are, but who says how many gets no more. */
                f.limit = query_text(rq, "limit").p == NULL ? 0 : page.limit;
                return reply_pieces(rq, rp, &f, e);
        }
        if (!ledger_entries_list(rq->task, &f, &entries, &n, e))
                return false;
        items = ARENA_ARRAY(rq->task->arena, struct page_item, n + 1);
        for (size_t i = 0; i < n; i++)
                items[i] = (struct page_item){
                        ledger_entry_view(rq->task->arena, &entries[i]), entries[i].recorded_at, entries[i].id,
                };
        return reply_page(rp, &page, items, n);
}
