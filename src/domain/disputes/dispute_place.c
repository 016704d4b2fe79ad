/*
 * dispute_place.c - the jobs that bring the books to what a gateway says of a
 * dispute: one begins with a report, and finds the charge; one with a dispute
 * that we have.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/log.h"
#include "domain/disputes/dispute.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/disputes/disputes.sql.def"

#define WAITS_MS        2000
#define RETRY_FIRST_MS  INT64_C(5000)
#define RETRY_MOST_MS   INT64_C(3600000)
#define CARD_DAYS       540             /* schemes hear a cardholder no later than that after the charge */

struct placing {
        struct task *task;
        const struct job *job;
        struct rows report;
        struct str charge;              /* the gateway's id of it, from whoever told */
        struct uuid capture;
        enum currency currency;         /* the charge's */
        struct dispute_word word;
        struct str why_not;             /* absent: it has its place */
};

/* --- the gateway's word ------------------------------------------------- */

static enum dispute_status
status_of(struct str word)
{
        static const struct { const char *word; enum dispute_status status; } words[] = {
                { "warning", DISPUTE_WARNING }, { "needs_response", DISPUTE_NEEDS_RESPONSE },
                { "under_review", DISPUTE_UNDER_REVIEW }, { "won", DISPUTE_WON }, { "lost", DISPUTE_LOST },
        };

        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                if (str_is(word, words[i].word))
                        return words[i].status;
        return DISPUTE_UNDECIDED;
}

/* *asked false: no answer that can be used. */
static void
ask(struct placing *w, bool *asked, struct str *why)
{
        struct gateway_dispute d;

        gateway_dispute_get(w->task, w->word.gateway, w->word.dispute, &d);
        *asked = d.asked;
        *why = d.why;
        if (!d.asked)
                return;
        if (!d.found) {
                w->why_not = STR("the gateway has no such dispute");
                return;
        }
        w->word = dispute_word_of(w->word.gateway, &d);
        w->charge = d.charge;
}

/* As it was told; the amounts once the currency is known. */
static void
take_word(struct placing *w)
{
        const struct rows *r = &w->report;

        w->word.status = status_of(row_text(r, 0, "word"));
        w->word.told_at = row_time(r, w->task->arena, 0, "created_at");
        w->word.reason = row_text(r, 0, "reason");
        if (!row_is_null(r, 0, "due_by"))
                w->word.due_by = row_time(r, w->task->arena, 0, "due_by");
}

/* A fee that is not told is what the contract with the gateway says. */
static bool
amounts_read(struct placing *w)
{
        struct str fee = row_text(&w->report, 0, "fee");
        struct money told;

        if (!gateway_chargeback_amount(row_text(&w->report, 0, "amount"), w->currency, &w->word.amount))
                return false;
        w->word.fee = w->task->conf->nmi_dispute_fee;
        if (fee.n == 0)
                return true;
        if (!gateway_chargeback_fee(fee, w->currency, &told))
                return false;
        w->word.fee = told.minor;
        return true;
}

/* --- its charge ------------------------------------------------------------ */

/* The amount in every currency in which it is one. */
static void
amounts_params(struct params *p, struct str text)
{
        struct str currencies[CURRENCY_COUNT];
        int64_t amounts[CURRENCY_COUNT];
        struct money m;
        size_t n = 0;

        for (int c = CURRENCY_NONE + 1; c < CURRENCY_COUNT; c++) {
                if (!gateway_chargeback_amount(text, (enum currency)c, &m))
                        continue;
                currencies[n] = str_of(currency_code((enum currency)c));
                amounts[n++] = m.minor;
        }
        param_text_array(p, currencies, n);
        param_i64_array(p, amounts, n);
}

static bool
charge_find(struct placing *w, struct err *e)
{
        struct task *t = w->task;
        const struct rows *r = &w->report;
        struct params p = params_in(t->arena);
        struct str day = row_text(r, 0, "day");
        struct rows found;

        if (w->charge.n == 0 && row_is_null(r, 0, "last4")) {
                w->why_not = STR("it names neither a charge nor a card");
                return true;
        }
        param_text(&p, w->word.gateway);
        param_text(&p, w->charge.n == 0 ? STR_NONE : w->charge);
        param_text(&p, row_text(r, 0, "last4"));
        amounts_params(&p, row_text(r, 0, "amount"));
        param_text(&p, day.n > 0 ? day : (struct str){ row_time(r, t->arena, 0, "created_at").p, 10 });
        param_i64(&p, CARD_DAYS);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_dispute_charges, &p, &found, e))
                return false;
        if (found.n == 1)
                w->capture = row_uuid(&found, 0, "id");
        else if (w->charge.n > 0)
                w->why_not = str_fmt(t->arena, "no charge of ours is %.*s there", STR_ARG(w->charge));
        else
                w->why_not = found.n == 0 ? STR("no charge of ours is of this card and amount") :
                    STR("several charges of ours are of this card and amount");
        return true;
}

static bool
currency_read(struct placing *w, struct err *e)
{
        struct task *t = w->task;
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, uuid_org(w->capture));
        param_uuid(&p, w->capture);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_dispute_currency, &p, &r, e))
                return false;
        if (r.n == 0 || !currency_parse(row_text(&r, 0, "currency"), &w->currency))
                w->why_not = STR("there is no such charge");
        return true;
}

/* --- the job ---------------------------------------------------------------- */

static bool
mark(struct placing *w, struct err *e)
{
        struct task *t = w->task;
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, 0);
        param_uuid(&p, w->job->object);
        param_uuid_or_null(&p, w->why_not.p == NULL ? w->capture : (struct uuid){ { 0 } });
        param_z(&p, w->why_not.p == NULL ? "placed" : "unmatched");
        param_text(&p, w->why_not);
        param_z(&p, "jobs");
        param_text(&p, t->subject.request_id);
        return db_query(t->db, t->arena, &t->subject, &stmt_dispute_placed, &p, &r, e);
}

/* Its charge may come to our knowledge yet; people are told, once, and may assign it. */
static bool
unmatched(struct placing *w, struct err *e)
{
        struct task *t = w->task;
        int64_t tries = 0;

        if (str_is(row_text(&w->report, 0, "state"), "new"))
                log_error(&t->subject, "dispute.unmatched", { "gateway", w->word.gateway },
                    { "dispute", w->word.dispute }, { "detail", w->why_not },
                    { "next", STR("`boxoffice disputes list --unmatched`, then disputes assign") });
        if (!mark(w, e))
                return false;
        if (!str_to_i64(w->job->progress, &tries))
                tries = 0;
        return job_turn(t, w->job, job_backoff_ms(tries + 1, RETRY_FIRST_MS, RETRY_MOST_MS), w->why_not,
            str_fmt(t->arena, "%lld", (long long)(tries + 1)), e);
}

static bool
book(struct placing *w, struct err *e)
{
        struct task *t = w->task;
        enum dispute_booked booked;

        if (!dispute_book(t, w->capture, &w->word, "jobs", &booked, e))
                return false;
        switch (booked) {
        case DISPUTE_WAITS:
                return job_again(t, w->job, WAITS_MS, STR("its charge's end, or a refund's, is not known yet"), false,
                    e);
        case DISPUTE_OTHER_CURRENCY:
                w->why_not = STR("it is in another currency than its charge");
                return unmatched(w, e);
        case DISPUTE_UNREAD:
                log_warn(&t->subject, "dispute.unread", { "gateway", w->word.gateway }, { "dispute", w->word.dispute },
                    { "detail", STR("a status that is not known here") });
                break;
        case DISPUTE_BOOKED:
                break;
        }
        log_info(&t->subject, "dispute.booked", { "gateway", w->word.gateway }, { "dispute", w->word.dispute });
        return mark(w, e) && job_finish(t, w->job, e);
}

/* What stands in the way is said in why_not. */
static bool
find(struct placing *w, bool by_api, struct err *e)
{
        w->capture = row_uuid(&w->report, 0, "capture_id");
        if (uuid_is_nil(w->capture) && !charge_find(w, e))
                return false;
        if (w->why_not.p != NULL || by_api)
                return true;
        if (!currency_read(w, e))
                return false;
        if (w->why_not.p == NULL && !amounts_read(w))
                w->why_not = STR("its amount or fee is none of the charge's currency");
        return true;
}

bool
dispute_place(struct task *t, const struct job *j, struct err *e)
{
        struct placing w = { .task = t, .job = j };
        struct params p = params_in(t->arena);
        bool by_api, asked = true;
        struct str why;

        param_i64(&p, j->org);
        param_uuid(&p, j->object);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_dispute_report, &p, &w.report, e))
                return false;
        if (w.report.n == 0)
                return job_finish(t, j, e);
        w.word.gateway = row_text(&w.report, 0, "gateway");
        w.word.dispute = row_text(&w.report, 0, "gateway_dispute");
        w.charge = row_text(&w.report, 0, "charge");
        by_api = str_is(row_text(&w.report, 0, "word"), "ask");
        if (by_api)
                ask(&w, &asked, &why);
        else
                take_word(&w);
        if (!asked)
                return err_set(e, ERR_UNAVAILABLE, "the gateway does not say what became of the dispute: %.*s",
                    STR_ARG(why));
        if (w.why_not.p == NULL && !find(&w, by_api, e))
                return false;
        return w.why_not.p == NULL ? book(&w, e) : unmatched(&w, e);
}

bool
dispute_look(struct task *t, const struct job *j, struct err *e)
{
        struct gateway_dispute said;
        struct dispute_word word;
        enum dispute_booked booked;
        struct dispute d;

        if (!dispute_find(t, j->org, j->object, &d, e))
                return false;
        if (!gateway_has_disputes(d.gateway))
                return job_finish(t, j, e);     /* it tells by itself */
        gateway_dispute_get(t, d.gateway, d.gateway_dispute, &said);
        if (!said.asked || !said.found)
                return err_set(e, ERR_UNAVAILABLE, "the gateway does not say what became of the dispute: %.*s",
                    STR_ARG(said.why));
        word = dispute_word_of(d.gateway, &said);
        if (!dispute_book(t, d.capture, &word, "jobs", &booked, e))
                return false;
        if (booked == DISPUTE_WAITS)
                return job_again(t, j, WAITS_MS, STR("its charge's end, or a refund's, is not known yet"), false, e);
        return job_finish(t, j, e);
}

bool
dispute_expire(struct task *t, const struct job *j, struct err *e)
{
        return job_function(t, j, &stmt_dispute_expire, e);
}
