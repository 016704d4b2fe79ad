/*
 * dispute_book.c - brings the books to what a gateway says of a dispute: which
 * steps that takes, each with its entry, all in one transaction.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "domain/disputes/dispute.h"
#include "domain/refunds/refund_facts.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/disputes/disputes.sql.def"

/* The charge and the dispute as they stand, under their locks. */
struct facts {
        struct uuid id, order;          /* id nil: not seen yet */
        bool placed, captured, returning, pass_fee, moved, fee_passed, reversed;
        struct str status, answer, currency;
        int64_t amount, fee, rest_over, list, discount, guest_fee, tax, share, own_reserve;
        int64_t owed, had;              /* of a charge that no order took: still owed; not owed since this was lost */
};

struct booking {
        struct task *task;
        struct tx *tx;
        struct uuid capture;
        int32_t org;
        const struct dispute_word *word;
        const char *actor;
        struct facts d;
        struct refund_facts order;      /* where an order took the charge */
        enum dispute_booked verdict;
        bool gainsaid;                  /* it was won, and is said to be lost */
};

struct dispute_word
dispute_word_of(struct str gateway, const struct gateway_dispute *d)
{
        return (struct dispute_word){
                .gateway = gateway, .dispute = d->id, .status = d->status, .amount = d->amount, .fee = d->fee,
                .reason = d->reason, .due_by = d->due_by, .current = true,
        };
}

static bool
is_over(struct str status)
{
        return str_is(status, "won") || str_is(status, "lost") || str_is(status, "accepted");
}

static bool
facts_read(struct booking *w, struct err *e)
{
        struct params p = params_in(w->task->arena);
        struct str state;
        struct rows r;

        param_i64(&p, w->org);
        param_uuid(&p, w->capture);
        param_text(&p, w->word->gateway);
        param_text(&p, w->word->dispute);
        if (!tx_call(w->tx, &stmt_dispute_facts, &p, &r, e))
                return false;
        if (r.n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such charge");
        state = row_text(&r, 0, "capture_state");
        w->d = (struct facts){
                .id = row_uuid(&r, 0, "id"), .order = row_uuid(&r, 0, "order_id"), .placed = row_bool(&r, 0, "placed"),
                .captured = str_is(state, "succeeded") || str_is(state, "late_approved") || str_is(state, "voided"),
                .returning = row_bool(&r, 0, "on_its_way"), .pass_fee = row_bool(&r, 0, "pass_fee"),
                .currency = row_text(&r, 0, "currency"), .owed = row_i64(&r, 0, "owed"),
                .had = row_is_null(&r, 0, "had") ? 0 : row_i64(&r, 0, "had"),
        };
        if (!uuid_is_nil(w->d.id)) {
                w->d.status = row_text(&r, 0, "status");
                w->d.answer = row_text(&r, 0, "answer");
                w->d.moved = row_bool(&r, 0, "moved");
                w->d.fee_passed = row_bool(&r, 0, "fee_passed");
                w->d.reversed = row_bool(&r, 0, "reversed");
                w->d.amount = row_i64(&r, 0, "amount");
                w->d.fee = row_i64(&r, 0, "fee");
                w->d.rest_over = row_i64(&r, 0, "over") - row_i64(&r, 0, "covered");
                w->d.list = row_i64(&r, 0, "list");
                w->d.discount = row_i64(&r, 0, "discount");
                w->d.guest_fee = row_i64(&r, 0, "guest_fee");
                w->d.tax = row_i64(&r, 0, "tax");
                w->d.share = row_i64(&r, 0, "share");
                w->d.own_reserve = row_i64(&r, 0, "own_reserve");
        }
        if (!w->d.placed)
                return true;
        refund_facts_put(w->tx, w->task->arena, w->org, w->d.order);
        return refund_facts_get(w->tx, w->task->arena, &w->order, e);
}

/* --- steps: each writes, and reads anew what stands then ------------------ */

static bool
seen(struct booking *w, const char *status, struct err *e)
{
        struct params p = params_in(w->task->arena);

        param_i64(&p, w->org);
        param_uuid(&p, uuid_is_nil(w->d.id) ? uuid_new(w->org) : w->d.id);
        param_uuid(&p, w->capture);
        param_text(&p, w->word->gateway);
        param_text(&p, w->word->dispute);
        param_z(&p, status);
        param_i64(&p, w->word->amount.minor);
        param_text(&p, w->d.currency);
        param_text(&p, w->word->reason);
        param_text(&p, w->word->due_by);
        param_z(&p, w->actor);
        param_text(&p, w->task->subject.request_id);
        return tx_call(w->tx, &stmt_dispute_seen, &p, NULL, e) && facts_read(w, e);
}

/* Recipe 7: fees included whatever the policy says; of a charge that no order took all is over. */
static bool
opened(struct booking *w, const char *status, struct err *e)
{
        struct params p = params_in(w->task->arena);
        struct refund_facts *f = &w->order;
        int64_t amount = w->word->amount.minor, fee = w->word->fee, left = 0;
        struct giveback g = { 0 };
        struct own_parts own = { 0 };
        struct posting_set entry;

        if (w->d.placed)
                left = giveback_left(f->ticket, f->tickets, true);
        if (left > 0)
                g = giveback_amount(w->task->arena, f->ticket, f->tickets, amount < left ? amount : left, true);
        own = cover_dispute(g.share, &f->own);
        entry = recipe_post(RECIPE_dispute_opened, &(struct amounts){
                .amount = amount, .fee = fee, .share = g.share,
                .own_pending = own.pending, .own_reserve = own.reserve, .own_available = own.available,
        });
        param_i64(&p, w->org);
        param_uuid(&p, w->d.id);
        param_z(&p, status);
        param_i64_array(&p, (const int64_t[]){
                amount, fee, amount - g.amount, g.list, g.discount, g.net, g.guest_fee, g.tax, g.share, g.absorbed,
        }, 10);
        param_i64_array(&p, (const int64_t[]){ own.pending, own.reserve, own.available }, 3);
        refund_gives_params(&p, w->task->arena, f);
        param_uuid(&p, uuid_new(w->org));
        posting_set_params(&entry, &p);
        param_z(&p, w->actor);
        param_text(&p, w->task->subject.request_id);
        return tx_call(w->tx, &stmt_dispute_opened, &p, NULL, e) && facts_read(w, e);
}

static bool
ended(struct booking *w, enum recipe recipe, const char *status, const struct own_parts *back, struct err *e)
{
        struct params p = params_in(w->task->arena);
        const struct facts *d = &w->d;
        struct posting_set entry = recipe_post(recipe, &(struct amounts){
                .list = d->list, .discount = d->discount, .guest_fee = d->guest_fee, .tax = d->tax, .share = d->share,
                .amount = d->amount, .over = d->rest_over,
                .owed = recipe == RECIPE_dispute_reversed ? d->had : d->owed < d->amount ? d->owed : d->amount,
                .own_pending = back->pending, .own_reserve = back->reserve, .own_available = back->available,
        });

        param_i64(&p, w->org);
        param_uuid(&p, d->id);
        param_z(&p, recipe_effect(recipe));
        param_z(&p, status);
        param_uuid(&p, uuid_new(w->org));
        posting_set_params(&entry, &p);
        param_z(&p, w->actor);
        param_text(&p, w->task->subject.request_id);
        return tx_call(w->tx, &stmt_dispute_ended, &p, NULL, e) && facts_read(w, e);
}

static bool
fee(struct booking *w, bool passed, struct err *e)
{
        struct params p = params_in(w->task->arena);
        struct posting_set entry = recipe_post(passed ? RECIPE_dispute_fee_passed : RECIPE_dispute_fee_returned,
            &(struct amounts){ .fee = w->d.fee });

        param_i64(&p, w->org);
        param_uuid(&p, w->d.id);
        param_bool(&p, passed);
        param_uuid(&p, uuid_new(w->org));
        posting_set_params(&entry, &p);
        param_z(&p, w->actor);
        param_text(&p, w->task->subject.request_id);
        return tx_call(w->tx, &stmt_dispute_fee, &p, NULL, e) && facts_read(w, e);
}

static bool
mismatch(struct booking *w, const char *kind, int64_t amount, struct str detail, struct err *e)
{
        struct params p = params_in(w->task->arena);

        param_i64(&p, w->org);
        param_uuid(&p, w->d.id);
        param_z(&p, kind);
        param_i64(&p, amount);
        param_text(&p, detail);
        param_z(&p, w->actor);
        param_text(&p, w->task->subject.request_id);
        return tx_call(w->tx, &stmt_dispute_mismatch, &p, NULL, e);
}

/* --- what a word takes ---------------------------------------------------- */

/* Words come in any order: only one that came after the end gainsays it. */
static bool
gainsaid(struct booking *w, bool *out, struct err *e)
{
        struct params p = params_in(w->task->arena);
        struct rows r;

        *out = w->word->current;
        if (w->word->current || w->word->told_at.p == NULL)
                return true;
        param_i64(&p, w->org);
        param_uuid(&p, w->d.id);
        param_text(&p, w->word->told_at);
        if (!tx_call(w->tx, &stmt_dispute_ended_before, &p, &r, e))
                return false;
        *out = row_bool(&r, 0, "ended");
        return true;
}

/* Recipe 9. Nothing of a charge that no order took is the organizer's. */
static bool
lost(struct booking *w, struct err *e)
{
        bool accepted = str_is(w->d.answer, "accepting") || str_is(w->d.answer, "accepted");

        if (is_over(w->d.status)) {
                if (!str_is(w->d.status, "won"))
                        return true;
                if (!gainsaid(w, &w->gainsaid, e))
                        return false;
                return !w->gainsaid || mismatch(w, "missing_in_ledger", w->d.amount,
                    STR("it was won, and the gateway says that it is lost"), e);
        }
        if (!w->d.placed && w->d.returning) {
                w->verdict = DISPUTE_WAITS;     /* whether its guest is still owed something */
                return true;
        }
        if (!ended(w, RECIPE_dispute_lost, accepted ? "accepted" : "lost", &(struct own_parts){ 0 }, e))
                return false;
        return !w->d.placed || !w->d.pass_fee || w->d.fee == 0 || fee(w, true, e);
}

/* Recipe 8; one that was lost, and passed on, is not so first (9). */
static bool
won(struct booking *w, struct err *e)
{
        struct own_taken was;
        struct own_parts back = { 0 };

        if (str_is(w->d.status, "won"))
                return true;
        if (is_over(w->d.status)) {
                if (!ended(w, RECIPE_dispute_reversed, "under_review", &back, e) ||
                    (w->d.fee_passed && !fee(w, false, e)))
                        return false;
        }
        if (w->d.placed) {
                was = w->order.taken;
                was.reserve = w->d.own_reserve;
                back = cover_return(w->d.share, &was);
        }
        if (!ended(w, RECIPE_dispute_won, "won", &back, e))
                return false;
        return !w->d.placed || overs_cover(w->task, w->tx, &(struct came_back){
                .org = w->org, .order = w->d.order, .object = w->d.id, .actor = w->actor }, e);
}

static int
rank(struct str status)
{
        static const char *const forward[] = { "warning", "needs_response", "expired", "under_review" };

        for (int i = 0; i < (int)ARRAY_LEN(forward); i++)
                if (str_is(status, forward[i]))
                        return i;
        return (int)ARRAY_LEN(forward);
}

/* What is told beside the state: until when, why; and whether it can still be what was booked. */
static bool
told(struct booking *w, const char *status, struct err *e)
{
        const struct dispute_word *word = w->word;

        if (w->d.moved && word->amount.minor != w->d.amount &&
            !mismatch(w, "amount_mismatch", word->amount.minor - w->d.amount, str_fmt(w->task->arena,
            "it was booked with %lld, and the gateway says %lld", (long long)w->d.amount,
            (long long)word->amount.minor), e))
                return false;
        if (w->d.moved && word->current && word->fee != w->d.fee &&
            !mismatch(w, "fee_mismatch", word->fee - w->d.fee, str_fmt(w->task->arena,
            "its fee was booked with %lld, and the gateway says %lld", (long long)w->d.fee, (long long)word->fee), e))
                return false;
        if (is_over(w->d.status))
                return true;
        return seen(w, rank(w->d.status) > rank(str_of(status)) ? str_z(w->task->arena, w->d.status) : status, e);
}

/* The money is gone from when it opens, whichever word comes first. */
static bool
moved(struct booking *w, const char *status, struct err *e)
{
        if (uuid_is_nil(w->d.id) && !seen(w, "warning", e))
                return false;
        if (!w->d.moved)
                return opened(w, status, e) && told(w, status, e);
        return told(w, status, e);
}

static bool
advance(struct booking *w, struct err *e)
{
        switch (w->word->status) {
        case DISPUTE_WARNING:
                return uuid_is_nil(w->d.id) ? seen(w, "warning", e) : told(w, "warning", e);
        case DISPUTE_NEEDS_RESPONSE:
                return moved(w, "needs_response", e);
        case DISPUTE_UNDER_REVIEW:
                return moved(w, "under_review", e);
        case DISPUTE_WON:
                return moved(w, "needs_response", e) && won(w, e);
        case DISPUTE_LOST:
                return moved(w, "needs_response", e) && lost(w, e);
        case DISPUTE_WARNING_CLOSED:            /* nothing was taken */
                return w->d.moved ? won(w, e) : is_over(w->d.status) || seen(w, "won", e);
        case DISPUTE_UNDECIDED:
                w->verdict = DISPUTE_UNREAD;
                return true;
        }
        NEVER("a dispute's status");
}

static bool
book_tx(struct tx *tx, void *arg, struct err *e)
{
        struct booking *w = arg;
        enum currency c;

        tx_repeatable(tx);
        w->tx = tx;
        w->verdict = DISPUTE_BOOKED;
        w->gainsaid = false;
        if (!facts_read(w, e))
                return false;
        CHECK(currency_parse(w->d.currency, &c));
        if (!w->d.captured)
                w->verdict = DISPUTE_WAITS;
        else if (c != w->word->amount.currency)
                w->verdict = DISPUTE_OTHER_CURRENCY;
        else
                return advance(w, e);
        return true;
}

bool
dispute_book(struct task *t, struct uuid capture, const struct dispute_word *word, const char *actor,
    enum dispute_booked *out, struct err *e)
{
        struct booking w = {
                .task = t, .capture = capture, .org = uuid_org(capture), .word = word, .actor = actor,
        };

        if (!db_tx_run(t->db, t->arena, &t->subject, book_tx, &w, e))
                return false;
        if (w.gainsaid)
                log_error(&t->subject, "dispute.gainsaid", { "gateway", word->gateway }, { "dispute", word->dispute },
                    { "next", STR("it is booked as won: ask the gateway which it is, and see the discrepancy") });
        *out = w.verdict;
        return true;
}
