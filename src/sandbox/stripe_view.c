/* stripe_view.c - rows as Stripe's objects. Pure functions. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "sandbox/stripe.h"

#define DAY_MS          INT64_C(86400000)
#define AVAILABLE_DAYS  2

struct decline {
        int issuer_code;
        const char *code, *decline_code, *message;
};

static const struct decline declines[] = {
#define DECLINE(issuer_code, code, decline_code, message) { issuer_code, code, decline_code, message },
#include "sandbox/stripe_decline.def"
#undef DECLINE
};

static const struct decline *
decline_of(int issuer_code)
{
        for (size_t i = 0; i < ARRAY_LEN(declines); i++)
                if (declines[i].issuer_code == issuer_code)
                        return &declines[i];
        return &declines[0];
}

static void
put_currency(struct json_out *o, struct arena *a, const struct txn *t)
{
        jo_text(o, "currency", str_lower(a, str_of(currency_code(t->amount.currency))));
}

static void
put_metadata(struct json_out *o, const struct txn *t)
{
        jo_raw(o, "metadata", t->data.n == 0 ? STR("{}") : t->data);
}

static bool
is_captured(const struct txn *charge)
{
        return charge->kind == TXN_SALE || charge->captured_by != NULL;
}

/* What was taken: of an auth, what its capture took. */
static int64_t
taken(const struct txn *charge)
{
        if (charge->status == TXN_DECLINED || !is_captured(charge))
                return 0;
        return charge->captured_by == NULL ? charge->amount.minor : charge->captured_by->amount.minor;
}

static const char *
intent_status(const struct txn *charge)
{
        switch (charge->status) {
        case TXN_DECLINED:
                return "requires_payment_method";
        case TXN_VOIDED:
                return "canceled";
        case TXN_APPROVED:
        case TXN_STATUSES:
                break;
        }
        return is_captured(charge) ? "succeeded" : "requires_capture";
}

static void
put_decline(struct json_out *o, const struct txn *charge)
{
        const struct decline *d = decline_of(charge->code);

        jo_z(o, "type", "card_error");
        jo_z(o, "code", d->code);
        jo_z(o, "decline_code", d->decline_code);
        jo_z(o, "message", d->message);
}

void
stripe_put_charge(struct json_out *o, const char *key, struct arena *a, const struct txn *charge)
{
        bool declined = charge->status == TXN_DECLINED;

        jo_object(o, key);
        jo_text(o, "id", stripe_id(a, "ch", charge->id));
        jo_z(o, "object", "charge");
        jo_int(o, "amount", charge->amount.minor);
        jo_int(o, "amount_captured", taken(charge));
        jo_int(o, "amount_refunded", charge->refunded);
        jo_text(o, "balance_transaction", taken(charge) == 0 ? STR_NONE :
            stripe_id(a, "txn", charge->captured_by == NULL ? charge->id : charge->captured_by->id));
        jo_bool(o, "captured", taken(charge) > 0);
        jo_int(o, "created", charge->created_ms / 1000);
        put_currency(o, a, charge);
        jo_bool(o, "disputed", charge->disputed_by != NULL);
        jo_z(o, "failure_code", declined ? decline_of(charge->code)->code : NULL);
        jo_bool(o, "livemode", false);
        put_metadata(o, charge);
        jo_bool(o, "paid", !declined);
        jo_text(o, "payment_intent", stripe_id(a, "pi", charge->id));
        jo_object(o, "payment_method_details");
        jo_z(o, "type", "card");
        jo_object(o, "card");
        jo_z(o, "brand", card_brand_word(charge->brand));
        jo_int(o, "exp_month", 10);
        jo_int(o, "exp_year", 2030);
        jo_text(o, "fingerprint", card_fingerprint(a, charge, 16));
        jo_text(o, "last4", str_fmt(a, "%04d", charge->last4));
        jo_end_object(o);
        jo_end_object(o);
        jo_bool(o, "refunded", taken(charge) > 0 && charge->refunded >= taken(charge));
        jo_z(o, "status", declined ? "failed" : "succeeded");
        jo_end_object(o);
}

void
stripe_put_intent(struct json_out *o, const char *key, struct arena *a, const struct txn *charge, bool expand)
{
        bool capturable = charge->status == TXN_APPROVED && !is_captured(charge);

        jo_object(o, key);
        jo_text(o, "id", stripe_id(a, "pi", charge->id));
        jo_z(o, "object", "payment_intent");
        jo_int(o, "amount", charge->amount.minor);
        jo_int(o, "amount_capturable", capturable ? charge->amount.minor : 0);
        jo_int(o, "amount_received", taken(charge));
        if (charge->voided_by != NULL)
                jo_int(o, "canceled_at", charge->voided_by->created_ms / 1000);
        else
                jo_null(o, "canceled_at");
        jo_z(o, "capture_method", charge->kind == TXN_AUTH ? "manual" : "automatic");
        jo_int(o, "created", charge->created_ms / 1000);
        put_currency(o, a, charge);
        if (charge->status == TXN_DECLINED) {
                jo_object(o, "last_payment_error");
                put_decline(o, charge);
                jo_end_object(o);
        } else {
                jo_null(o, "last_payment_error");
        }
        if (expand)
                stripe_put_charge(o, "latest_charge", a, charge);
        else
                jo_text(o, "latest_charge", stripe_id(a, "ch", charge->id));
        jo_bool(o, "livemode", false);
        put_metadata(o, charge);
        jo_text(o, "payment_method", charge->status == TXN_DECLINED ? STR_NONE : stripe_id(a, "pm", charge->id));
        jo_z(o, "status", intent_status(charge));
        jo_end_object(o);
}

void
stripe_put_refund(struct json_out *o, const char *key, struct arena *a, const struct txn *refund)
{
        bool failed = refund->status == TXN_DECLINED;

        jo_object(o, key);
        jo_text(o, "id", stripe_id(a, "re", refund->id));
        jo_z(o, "object", "refund");
        jo_int(o, "amount", refund->amount.minor);
        jo_text(o, "balance_transaction", stripe_id(a, "txn", refund->id));
        jo_text(o, "charge", stripe_id(a, "ch", refund->original));
        jo_int(o, "created", refund->created_ms / 1000);
        put_currency(o, a, refund);
        if (failed) {
                jo_text(o, "failure_balance_transaction", stripe_id(a, "txn", refund->failed_by->id));
                jo_z(o, "failure_reason", "lost_or_stolen_card");
        }
        put_metadata(o, refund);
        jo_text(o, "payment_intent", stripe_id(a, "pi", refund->original));
        jo_null(o, "reason");
        jo_z(o, "status", failed ? "failed" : "succeeded");
        jo_end_object(o);
}

/* What a row moved on the balance; false: nothing. */
static bool
movement(const struct txn *row, int64_t *amount, int64_t *fee)
{
        *fee = 0;
        *amount = row->amount.minor;
        switch (row->kind) {
        case TXN_SALE:
        case TXN_CAPTURE:
                *fee = amount_ratio(*amount, 290, 10000) + 30;
                return row->code == BOOKS_CODE_APPROVED;
        case TXN_REFUND:
                *amount = -*amount;
                return true;
        case TXN_DISPUTE:
                *amount = -*amount;
                *fee = row->fee;
                return true;
        case TXN_FAIL:
        case TXN_WON:
                return true;
        case TXN_AUTH:
        case TXN_VOID:
        case TXN_SETTLE:
        case TXN_FILE:
        case TXN_DRAFT:
        case TXN_EVIDENCE:
        case TXN_LOST:
        case TXN_KINDS:
                break;
        }
        return false;
}

static const char *
category(const struct txn *row)
{
        if (row->kind == TXN_DISPUTE)
                return "dispute";
        if (row->kind == TXN_WON)
                return "dispute_reversal";
        if (row->kind == TXN_FAIL)
                return "refund_failure";
        return row->kind == TXN_REFUND ? "refund" : "charge";
}

static struct str
source(struct arena *a, const struct txn *row)
{
        if (row->kind == TXN_DISPUTE || row->kind == TXN_WON)
                return stripe_id(a, "dp", row->kind == TXN_WON ? row->original : row->id);
        if (row->kind == TXN_REFUND || row->kind == TXN_FAIL)
                return stripe_id(a, "re", row->kind == TXN_FAIL ? row->original : row->id);
        return stripe_id(a, "ch", row->kind == TXN_CAPTURE ? row->original : row->id);
}

bool
stripe_has_balance(const struct txn *row)
{
        int64_t amount, fee;

        return row->gateway == TXN_STRIPE && movement(row, &amount, &fee);
}

void
stripe_put_balance(struct json_out *o, const char *key, struct arena *a, const struct txn *row)
{
        bool dispute = row->kind == TXN_DISPUTE || row->kind == TXN_WON;
        int64_t amount, fee;

        CHECK(movement(row, &amount, &fee));
        jo_object(o, key);
        jo_text(o, "id", stripe_id(a, "txn", row->id));
        jo_z(o, "object", "balance_transaction");
        jo_int(o, "amount", amount);
        jo_int(o, "available_on", (row->created_ms + AVAILABLE_DAYS * DAY_MS) / 1000);
        jo_int(o, "created", row->created_ms / 1000);
        put_currency(o, a, row);
        jo_int(o, "fee", fee);
        jo_int(o, "net", amount - fee);
        jo_z(o, "reporting_category", category(row));
        jo_text(o, "source", source(a, row));
        jo_z(o, "status", "pending");
        jo_z(o, "type", dispute ? "adjustment" : category(row));
        jo_end_object(o);
}

static const char *
dispute_status(const struct txn *dispute)
{
        if (dispute->closed_by != NULL)
                return dispute->closed_by->kind == TXN_WON ? "won" : "lost";
        return dispute->answered_by == NULL ? "needs_response" : "under_review";
}

void
stripe_put_dispute(struct json_out *o, const char *key, struct arena *a, const struct txn *dispute)
{
        const struct txn *evidence = dispute->answered_by != NULL ? dispute->answered_by : dispute->drafted_by;

        jo_object(o, key);
        jo_text(o, "id", stripe_id(a, "dp", dispute->id));
        jo_z(o, "object", "dispute");
        jo_int(o, "amount", dispute->amount.minor);
        jo_array(o, "balance_transactions");
        stripe_put_balance(o, NULL, a, dispute);
        if (dispute->closed_by != NULL && dispute->closed_by->kind == TXN_WON)
                stripe_put_balance(o, NULL, a, dispute->closed_by);
        jo_end_array(o);
        jo_text(o, "charge", stripe_id(a, "ch", dispute->original));
        jo_int(o, "created", dispute->created_ms / 1000);
        put_currency(o, a, dispute);
        jo_raw(o, "evidence", evidence == NULL || evidence->data.n == 0 ? STR("{}") : evidence->data);
        jo_object(o, "evidence_details");
        jo_int(o, "due_by", (dispute->created_ms + STRIPE_DUE_MS) / 1000);
        jo_bool(o, "has_evidence", evidence != NULL);
        jo_bool(o, "past_due", false);
        jo_int(o, "submission_count", dispute->answered_by == NULL ? 0 : 1);
        jo_end_object(o);
        jo_bool(o, "is_charge_refundable", false);
        jo_bool(o, "livemode", false);
        jo_object(o, "metadata");
        jo_end_object(o);
        jo_text(o, "payment_intent", stripe_id(a, "pi", dispute->original));
        jo_text(o, "reason", dispute->data);
        jo_z(o, "status", dispute_status(dispute));
        jo_end_object(o);
}

void
stripe_put_file(struct json_out *o, const char *key, struct arena *a, const struct txn *file)
{
        jo_object(o, key);
        jo_text(o, "id", stripe_id(a, "file", file->id));
        jo_z(o, "object", "file");
        jo_int(o, "created", file->created_ms / 1000);
        jo_text(o, "filename", file->order);
        jo_z(o, "purpose", "dispute_evidence");
        jo_int(o, "size", file->amount.minor);
        jo_text(o, "type", file->data);
        jo_end_object(o);
}

static struct str
decline_body(struct arena *a, const struct txn *charge, bool expand)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_object(&o, "error");
        put_decline(&o, charge);
        jo_text(&o, "charge", stripe_id(a, "ch", charge->id));
        stripe_put_intent(&o, "payment_intent", a, charge, expand);
        jo_end_object(&o);
        jo_end_object(&o);
        return json_out_str(&o);
}

struct str
stripe_row_body(struct arena *a, const struct event_scene *s, bool expand, int *status)
{
        struct json_out o = json_out_new(a);

        *status = s->row.code == BOOKS_CODE_APPROVED ? 200 : 402;
        if (*status == 402)
                return decline_body(a, &s->charge, expand);
        if (s->row.kind >= TXN_DISPUTE)
                stripe_put_dispute(&o, NULL, a, &s->dispute);
        else if (s->row.kind == TXN_FILE)
                stripe_put_file(&o, NULL, a, &s->row);
        else if (s->row.kind == TXN_REFUND)
                stripe_put_refund(&o, NULL, a, &s->refund);
        else
                stripe_put_intent(&o, NULL, a, &s->charge, expand);
        return json_out_str(&o);
}
