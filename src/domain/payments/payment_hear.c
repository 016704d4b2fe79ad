/* payment_hear.c - which attempt an event is about, and what the books make of what it says. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/disputes/dispute.h"
#include "domain/house/house.h"
#include "domain/payments/payment_hear.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/payments/payments.sql.def"

static const char *
said(enum gateway_record_state s)
{
        switch (s) {
        case RECORD_APPROVED:   return "approved";
        case RECORD_DECLINED:   return "declined";
        case RECORD_VOIDED:     return "voided";
        case RECORD_UNDECIDED:  return "undecided";
        }
        NEVER("record state");
}

/* Two installations may share a gateway account: what another one sent is none of our business. */
static bool
is_strange(struct task *t, struct str house)
{
        const struct house_state *ours = house_state(t);

        /* While we don't know who we are, the look-up finds out: nothing is thrown away. */
        return house.n > 0 && ours != NULL && !str_is(house, ours->house);
}

/*
 * A refund made at the gateway by somebody has no reference of ours, or the
 * charge's (so has a void); the order that came with its charge tells whose it is.
 */
static bool
is_refund_by_hand(const struct gateway_event *ev, struct uuid *order)
{
        return ev->subject == SUBJECT_REFUND && ev->charge.n > 0 && typeid_parse("ord", ev->order, order);
}

bool
payment_hear_find(struct task *t, struct gateway_event *ev, struct err *e)
{
        struct params p = params_in(t->arena);
        struct uuid id;
        struct rows r;
        char text[ID_TEXT_MAX];

        if (ev->subject != SUBJECT_REFUND || ev->charge.n == 0 || typeid_parse("pay", ev->reference, &id) ||
            typeid_parse("ref", ev->reference, &id) || typeid_parse("ord", ev->order, &id))
                return true;
        param_text(&p, ev->gateway);
        param_text(&p, ev->charge);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_capture_find, &p, &r, e))
                return false;
        if (row_is_null(&r, 0, "id"))
                return true;
        typeid_text("pay", row_uuid(&r, 0, "id"), text);
        ev->reference = str_dup(t->arena, str_of(text));
        return true;
}

static void
attempt_put(struct task *t, struct tx *tx, struct hearing *h, struct uuid id, const struct gateway_event *ev, bool dry)
{
        struct params p = params_in(t->arena);

        param_i64(&p, h->org);
        param_uuid(&p, id);
        param_z(&p, said(ev->state));
        param_text(&p, ev->transaction);
        param_bool(&p, dry);
        param_text(&p, ev->id);
        tx_put(tx, &stmt_payment_heard, &p);
        h->asked = true;
}

static void
refund_put(struct task *t, struct tx *tx, struct hearing *h, struct uuid attempt, const struct gateway_event *ev,
    bool dry)
{
        struct params p = params_in(t->arena);

        param_i64(&p, h->org);
        param_uuid_or_null(&p, attempt);
        param_z(&p, said(ev->state));
        param_text(&p, ev->charge);
        param_text(&p, ev->transaction);
        param_i64(&p, ev->amount.minor);
        param_text(&p, ev->gateway);
        param_bool(&p, dry);
        param_text(&p, ev->id);
        tx_put(tx, &stmt_refund_heard, &p);
        h->asked = true;
}

/* Without its charge nothing tells whose it is: the gateway is asked. */
static void
report_put(struct task *t, struct tx *tx, struct hearing *h, const struct gateway_event *ev, bool dry)
{
        struct params p = params_in(t->arena);

        param_i64(&p, 0);
        param_text(&p, ev->gateway);
        param_text(&p, ev->transaction);
        param_z(&p, said(ev->state));
        param_bool(&p, dry);
        param_text(&p, ev->id);
        tx_put(tx, &stmt_refund_report, &p);
        h->asked = true;
}

/* Apart, because a transaction that has statements queued takes no other in between. */
void
payment_hear_begin(struct task *t, struct hearing *h, const struct gateway_event *ev)
{
        *h = (struct hearing){ .why_not = "", .strange = is_strange(t, ev->house) };
}

void
payment_hear_put(struct task *t, struct tx *tx, struct hearing *h, const struct gateway_event *ev, bool dry)
{
        struct uuid id;
        bool charge = ev->subject == SUBJECT_CHARGE, refund = ev->subject == SUBJECT_REFUND;

        *h = (struct hearing){ .why_not = "", .strange = h->strange };
        h->dispute = ev->subject == SUBJECT_DISPUTE;
        if (h->dispute) {
                dispute_hear_put(t, tx, ev, dry);
                return;
        }
        if (!charge && !refund) {
                h->why_not = "a type that is of no use here";
                return;
        }
        if (h->strange) {
                h->why_not = "sent by another installation";
                return;
        }
        if (refund && ev->charge.n == 0 && !typeid_parse("ref", ev->reference, &id)) {
                report_put(t, tx, h, ev, dry);
                return;
        }
        if (!typeid_parse("pay", ev->reference, &id) && !(refund && typeid_parse("ref", ev->reference, &id)) &&
            !(h->by_order = is_refund_by_hand(ev, &id))) {
                h->why_not = "no reference of ours";
                return;
        }
        h->org = uuid_org(id);
        if (refund)
                refund_put(t, tx, h, h->by_order ? (struct uuid){ 0 } : id, ev, dry);
        else
                attempt_put(t, tx, h, id, ev, dry);
}

/* It decides nothing, but people are told that the two differ. */
static bool
contradicts(const struct gateway_event *ev, struct str state)
{
        bool charged = str_is(state, "succeeded") || str_is(state, "late_approved");

        return (ev->state == RECORD_DECLINED && (charged || str_is(state, "voided"))) ||
            (ev->state == RECORD_VOIDED && charged);
}

bool
payment_hear_get(struct task *t, struct tx *tx, const struct hearing *h, const struct gateway_event *ev,
    struct heard *out, struct err *e)
{
        static const struct {
                const char *verdict, *words;
                bool ignored, agrees;
        } words[] = {
                { "known",   "the books say the same: it is %.*s", false, true },
                { "other",   "the books say otherwise, and keep to it: it is %.*s", false, true },
                { "asked",   "the gateway is asked about it: it was %.*s", false, false },
                { "lost",    "there is no record of it%.*s: the gateway is asked about it", false, false },
                { "nothing", "nothing was charged, and there is no record of it%.*s", true, true },
                { "kept",    "its charge is in no book of ours%.*s: kept until it is", true, true },
        };
        struct str verdict, state, about = h->by_order ? ev->order : ev->reference.n > 0 ? ev->reference
            : ev->transaction;
        struct rows r;
        bool news;

        if (h->dispute) {
                if (!dispute_hear_get(tx, ev, &news, e))
                        return false;
                *out = (struct heard){ .agrees = !news };
                out->note = news ? STR("a dispute: its charge is looked for, and it is booked") :
                    STR("a dispute: this was said of it before");
                return true;
        }
        if (!h->asked) {
                *out = (struct heard){ .ignored = true, .agrees = true, .note = str_of(h->why_not) };
                return true;
        }
        if (!tx_get(tx, &r, e))
                return false;
        verdict = row_text(&r, 0, "verdict");
        state = row_text(&r, 0, "state");
        if (str_is(verdict, "known") && contradicts(ev, state))
                verdict = STR("other");
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
                if (!str_is(verdict, words[i].verdict))
                        continue;
                *out = (struct heard){ .ignored = words[i].ignored, .agrees = words[i].agrees };
                out->note = str_fmt(t->arena, words[i].words, STR_ARG(state));
                out->note = str_fmt(t->arena, "%.*s: %.*s", STR_ARG(about), STR_ARG(out->note));
                return true;
        }
        NEVER("a verdict of payment_heard");
}

struct judging {
        struct task *task;
        const struct gateway_event *event;
        struct heard *out;
        bool dry;
        struct hearing hearing;
};

static bool
hear_tx(struct tx *tx, void *arg, struct err *e)
{
        struct judging *w = arg;

        tx_repeatable(tx);
        payment_hear_put(w->task, tx, &w->hearing, w->event, w->dry);
        return payment_hear_get(w->task, tx, &w->hearing, w->event, w->out, e);
}

bool
payment_hear(struct task *t, const struct gateway_event *ev, bool dry, struct heard *out, struct err *e)
{
        struct gateway_event found = *ev;
        struct judging w = { .task = t, .event = &found, .out = out, .dry = dry };

        if (!payment_hear_find(t, &found, e))
                return false;
        payment_hear_begin(t, &w.hearing, &found);
        return db_tx_run(t->db, t->arena, &t->subject, hear_tx, &w, e);
}
