/*
 * nmi_transact.c - POST /api/transact.php: a charge or what is done to one.
 *
 * Read the form, book, answer. What a fault or a token lets go wrong happens
 * around that (mishap.h).
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/money.h"
#include "base/secret.h"
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/mishap.h"
#include "sandbox/nmi.h"
#include "sandbox/testclock.h"

#include <inttypes.h>

#define ANSWER_MAX              8192
#define TYPE_ECHO_MAX           16
#define DUP_SECONDS_DEFAULT     1200
#define DUP_SECONDS_MAX         7862400
#define REFID_FIRST             INT64_C(3000000000)

struct transact {
        struct call *call;
        struct str type;                /* as asked, echoed */
        struct posting posting;
        struct trouble trouble;
};

static struct str
field(struct transact *t, const char *name)
{
        return call_field(t->call, t->call->body, name);
}

/*
 * A decimal in major units, "10.00" also where the currency has no minor
 * unit: zeros behind the currency's exponent say nothing and are passed over.
 */
static bool
read_amount(struct str s, enum currency c, int64_t *minor)
{
        struct str whole, fraction;
        struct money m;

        if (str_cut(s, '.', &whole, &fraction)) {
                while (fraction.n > (size_t)currency_exponent(c) && fraction.p[fraction.n - 1] == '0') {
                        fraction.n--;
                        s.n--;
                }
                if (fraction.n == 0)
                        s = whole;
        }
        if (!money_parse_decimal(s, c, &m) || m.minor > AMOUNT_MAX)
                return false;
        *minor = m.minor;
        return true;
}

/* The readers give a reason in the gateway's words, or NULL when all is well. */
static const char *
read_charge(struct transact *t)
{
        struct posting *p = &t->posting;
        struct str currency = field(t, "currency"), dup = field(t, "dup_seconds");
        struct token token;

        p->amount.currency = CURRENCY_USD;
        if (currency.p != NULL && !currency_parse(currency, &p->amount.currency))
                return "Invalid currency";
        if (!read_amount(field(t, "amount"), p->amount.currency, &p->amount.minor) || p->amount.minor == 0)
                return "Invalid amount";
        p->dup_seconds = DUP_SECONDS_DEFAULT;
        if (dup.p != NULL &&
            (!str_to_i64(dup, &p->dup_seconds) || p->dup_seconds < 0 || p->dup_seconds > DUP_SECONDS_MAX))
                return "Invalid dup_seconds";
        if (!token_find(field(t, "payment_token"), &token))
                return "Invalid Payment Token";
        p->brand = token.brand;
        p->last4 = token.last4;
        p->code = token.code;
        trouble_of_token(&t->trouble, &token);
        return NULL;
}

static const char *
read_follow_up(struct transact *t)
{
        struct posting *p = &t->posting;
        struct str currency = field(t, "currency"), amount = field(t, "amount");
        struct txn original;

        if (!str_to_i64(field(t, "transactionid"), &p->original) ||
            !books_find(t->call->box->books, p->original, &original) || original.gateway != TXN_NMI)
                return "Transaction not found";
        p->amount.currency = original.amount.currency;
        if (currency.p != NULL && !currency_parse(currency, &p->amount.currency))
                return "Invalid currency";
        if (amount.p != NULL && !read_amount(amount, p->amount.currency, &p->amount.minor))
                return "Invalid amount";
        return NULL;
}

static const char *
transact_read(struct transact *t)
{
        struct posting *p = &t->posting;
        struct str reference = field(t, "orderid"), order = field(t, "merchant_defined_field_1");
        struct str house = field(t, "merchant_defined_field_2");

        t->type = field(t, "type");
        if (!call_key_is(field(t, "security_key"), t->call->box->security_key))
                return "Invalid Security Key";
        if (!call_text_fits(reference) || !call_text_fits(order) || !call_text_fits(house))
                return "Invalid orderid or merchant_defined_field";
        p->reference = reference;
        p->order = order;
        p->house = house;
        for (int k = 0; k <= TXN_VOID; k++) {
                if (!str_is(t->type, txn_kind_word((enum txn_kind)k)))
                        continue;
                p->kind = (enum txn_kind)k;
                return p->kind == TXN_SALE || p->kind == TXN_AUTH ? read_charge(t) : read_follow_up(t);
        }
        return "Invalid Transaction Type";
}

/* done is the row that the answer is about, or NULL. */
static struct str
render(struct transact *t, int response, const char *text, int code, const struct txn *done)
{
        struct call *c = t->call;
        struct str reference = t->posting.reference;
        bool approved = done != NULL && done->code == BOOKS_CODE_APPROVED;
        bool charge = done != NULL && (done->kind == TXN_SALE || done->kind == TXN_AUTH);
        int64_t id = done == NULL ? 0 : charge || done->kind == TXN_REFUND ? done->id : done->original;
        char authcode[NMI_AUTHCODE_MAX] = "";
        struct buf b;

        if (approved && done->kind != TXN_REFUND)
                nmi_authcode(id, authcode);
        buf_init(&b, c->arena, ANSWER_MAX);
        nmi_put_field(&b, "response", str_fmt(c->arena, "%d", response));
        nmi_put_field(&b, "responsetext", str_of(text));
        nmi_put_field(&b, "authcode", str_of(authcode));
        nmi_put_field(&b, "transactionid", id == 0 ? STR("") : str_fmt(c->arena, "%" PRId64, id));
        nmi_put_field(&b, "avsresponse", STR(""));
        nmi_put_field(&b, "cvvresponse", approved && charge ? STR("M") : STR(""));
        nmi_put_field(&b, "orderid", reference);
        nmi_put_field(&b, "type", t->type.n <= TYPE_ECHO_MAX && call_text_fits(t->type) ? t->type : STR(""));
        nmi_put_field(&b, "response_code", str_fmt(c->arena, "%d", code));
        if (done != NULL) {
                nmi_put_field(&b, "cc_number", nmi_cc_number(c->arena, done));
                nmi_put_field(&b, "cc_type", str_of(card_brand_word(done->brand)));
        }
        return buf_str(&b);
}

/* A refusal; refid 0: some number of the gateway's own. */
static struct str
refuse(struct transact *t, const char *text, int code, int64_t refid)
{
        uint32_t r;

        random_bytes(&r, sizeof r);
        text = str_fmt(t->call->arena, "%s REFID:%" PRId64, text, refid != 0 ? refid : REFID_FIRST + r).p;
        return render(t, 3, text, code, NULL);
}

static struct str
reject(struct transact *t, const char *text)
{
        return refuse(t, text, NMI_REJECTED, 0);
}

static const char *
wrong_state_text(enum txn_kind k)
{
        switch (k) {
        case TXN_CAPTURE:
                return "Only authorizations that are neither captured nor voided can be captured";
        case TXN_REFUND:
                return "Only sales and captures that were not voided can be refunded";
        case TXN_VOID:
                return "Only transactions pending settlement can be voided";
        case TXN_SALE:
        case TXN_AUTH:
        case TXN_SETTLE:
        case TXN_FAIL:
        case TXN_FILE:
        case TXN_DISPUTE:
        case TXN_DRAFT:
        case TXN_EVIDENCE:
        case TXN_WON:
        case TXN_LOST:
        case TXN_KINDS:
                break;
        }
        NEVER("a new charge has no state to be in");
}

/* Books what was read, and says so. */
static struct str
transact_post(struct transact *t)
{
        struct txn row;

        if (t->posting.code >= NMI_REJECTED)
                return refuse(t, token_text(t->posting.code), t->posting.code, 0);
        t->posting.now_ms = testclock_now_ms();
        switch (trouble_post(t->call, &t->trouble, &t->posting, &row)) {
        case POSTED:
                return render(t, row.code == BOOKS_CODE_APPROVED ? 1 : 2, nmi_answer_text(&row), row.code, &row);
        case POST_DUPLICATE:
                return refuse(t, "Duplicate transaction", NMI_REJECTED, row.id);
        case POST_NO_ORIGINAL:
                return reject(t, "Transaction not found");
        case POST_WRONG_STATE:
                return reject(t, wrong_state_text(t->posting.kind));
        case POST_TOO_MUCH:
                return reject(t, t->posting.kind == TXN_CAPTURE ?
                    "The amount is more than was authorized" : "Refund amount may not exceed the transaction balance");
        case POST_DISPUTED:
        case POST_OTHER_CURRENCY:
                return reject(t, "The currency differs from the transaction's");
        }
        NEVER("books_post has no other verdict");
}

void
nmi_transact(struct call *c)
{
        struct transact t = { .call = c, .posting.gateway = TXN_NMI };
        struct call_reply reply = { 200, "text/html; charset=UTF-8", STR_NONE };
        const char *why;

        trouble_take(c, &t.trouble);
        why = transact_read(&t);
        if (!trouble_before(c, &t.trouble))
                return;
        reply.body = why == NULL ? transact_post(&t) : reject(&t, why);
        trouble_after(c, &t.trouble, &reply);
}
