/* balance.c - /v1/balance, /v1/ledger/accounts and /v1/ledger/trial_balance. */
#include "base/base.h"
#include "base/arena.h"
#include "base/money.h"
#include "domain/ledger/balance.h"
#include "edge/api/api.h"
#include "io/task.h"

/* Whose: an organizer's own; else that of ?organizer=, or nobody's. */
static struct uuid
whose(struct request *rq, struct err *e)
{
        struct uuid id = query_id(rq, "organizer", "org", e);

        if (rq->who.role != ROLE_ORGANIZER)
                return id;
        if (!uuid_is_nil(id) && !uuid_eq(id, rq->who.subject))
                (void)err_set(e, ERR_NOT_FOUND, "there is no such organizer");
        return rq->who.subject;
}

/* ?as_of= and ?clock=, which all of them take. */
static struct balance_ask
ask_read(struct request *rq, struct uuid id, struct err *e)
{
        static const char *const clocks[] = { "recorded", "occurred", NULL };
        struct balance_ask ask = { .org = uuid_org(id), .as_of = query_time(rq, "as_of", e) };

        ask.occurred = str_is(query_word(rq, "clock", clocks, e), "occurred");
        return ask;
}

/* The answer tells whether there is such an organizer: it is not asked for by itself. */
static bool
find(struct request *rq, const struct balance_ask *ask, struct uuid id, struct balance *out, struct err *e)
{
        return balance_find(rq->task, ask, out, e) &&
            (uuid_eq(out->organizer, id) || err_set(e, ERR_NOT_FOUND, "there is no such organizer"));
}

bool
api_balance_get(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "organizer", "as_of", "clock", NULL };
        struct uuid id = whose(rq, e);
        struct balance_ask ask = ask_read(rq, id, e);
        struct balance b;

        if (!query_close(rq, known, e) || !find(rq, &ask, id, &b, e))
                return false;
        if (request_wants(rq, "text/csv", "application/json"))
                return reply_csv(rp, "balance", balance_csv(rq->task->arena, &b));
        return reply_json(rp, 200, balance_view(rq->task->arena, &b));
}

/* The chart is everybody's; what its accounts stand at is an organizer's. */
bool
api_account_list(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "organizer", "as_of", "clock", NULL };
        struct uuid id = whose(rq, e);
        struct balance_ask ask = ask_read(rq, id, e);
        struct balance b, *of = uuid_is_nil(id) ? NULL : &b;

        if (of == NULL && (ask.as_of.p != NULL || query_text(rq, "clock").p != NULL))
                (void)err_field(e, "?organizer", FIELD_MISSING, "the chart alone is the same at any time");
        if (!query_close(rq, known, e) || (of != NULL && !find(rq, &ask, id, of, e)))
                return false;
        if (request_wants(rq, "text/csv", "application/json"))
                return reply_csv(rp, "ledger_accounts", accounts_csv(rq->task->arena, of));
        return reply_json(rp, 200, accounts_view(rq->task->arena, of));
}

static struct str
currency_read(struct request *rq, struct err *e)
{
        struct str text = query_text(rq, "currency");
        enum currency c;

        if (text.p != NULL && !currency_parse(text, &c))
                (void)err_field(e, "?currency", FIELD_UNKNOWN_VALUE, "is no currency that is dealt in here");
        return text;
}

/* Without a word: the organizer's own; of all together the only one there is. */
static bool
line_choose(const struct balance_ask *ask, const struct balance *b, const struct balance_line **out, struct err *e)
{
        struct str wanted = ask->currency.p != NULL ? ask->currency : b->own_currency;

        *out = &b->line[0];
        for (size_t i = 0; i < b->n && wanted.p != NULL; i++)
                if (str_eq(b->line[i].currency, wanted))
                        *out = &b->line[i];
        return b->n == 1 || wanted.p != NULL || err_field(e, "?currency", FIELD_MISSING,
            b->n == 0 ? "the books are empty: say in which currency" : "the books have several: say which");
}

bool
api_trial_balance_get(struct request *rq, struct reply *rp, struct err *e)
{
        static const char *const known[] = { "organizer", "currency", "as_of", "clock", NULL };
        struct uuid id = whose(rq, e);
        struct balance_ask ask = ask_read(rq, id, e);
        const struct balance_line *line;
        struct balance b;

        ask.currency = currency_read(rq, e);
        if (!query_close(rq, known, e) || !find(rq, &ask, id, &b, e) || !line_choose(&ask, &b, &line, e))
                return false;
        if (request_wants(rq, "text/csv", "application/json"))
                return reply_csv(rp, "trial_balance", trial_balance_csv(rq->task->arena, &b, line));
        return reply_json(rp, 200, trial_balance_view(rq->task->arena, &b, line));
}
