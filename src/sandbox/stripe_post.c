/*
 * stripe_post.c - the calls that do something. Each only reads what is asked
 * into a posting; admitting, the Idempotency-Key, mishaps, booking and
 * answering are the same for all and stand in run().
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/secret.h"
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/idem.h"
#include "sandbox/mishap.h"
#include "sandbox/stripe.h"
#include "sandbox/testclock.h"

#define JSON            "application/json"
#define INVALID         "invalid_request_error"
#define FILE_MAX        ((size_t)5 * 1024 * 1024)

struct ask {
        struct call *call;
        struct stripe_form form;
        struct posting posting;
        struct trouble trouble;
        struct stripe_error error;      /* why it was not done */
};

typedef bool (*ask_fn)(struct ask *k);

static bool
refuse(struct ask *k, const char *code, const char *message, const char *param)
{
        k->error = (struct stripe_error){ 400, INVALID, code, message, param };
        return false;
}

static bool
missing(struct ask *k, const char *what)
{
        k->error = (struct stripe_error){ 404, INVALID, "resource_missing",
            str_fmt(k->call->arena, "No such %s", what).p, "id" };
        return false;
}

static bool
read_amount(struct ask *k, const char *name, int64_t *minor)
{
        struct str s = stripe_get(&k->form, name);

        if (!str_to_i64(s, minor) || *minor < 1 || *minor > AMOUNT_MAX)
                return refuse(k, "parameter_invalid_integer", "The amount is no integer that can be charged.", name);
        return true;
}

static bool
read_metadata(struct ask *k)
{
        struct posting *p = &k->posting;

        p->data = stripe_map(k->call->arena, &k->form, "metadata");
        p->reference = stripe_get(&k->form, "metadata[reference]");
        p->order = stripe_get(&k->form, "metadata[order]");
        p->house = stripe_get(&k->form, "metadata[house]");
        if (p->data.p == NULL || !call_text_fits(p->reference) || !call_text_fits(p->order) ||
            !call_text_fits(p->house))
                return refuse(k, NULL, "Metadata values are text without control characters.", "metadata");
        return true;
}

static bool
read_create(struct ask *k)
{
        struct posting *p = &k->posting;
        struct str capture = stripe_get(&k->form, "capture_method"), method = stripe_get(&k->form, "payment_method");
        struct str currency = stripe_get(&k->form, "currency");
        struct token token;
        char code[3];

        p->kind = str_is(capture, "manual") ? TXN_AUTH : TXN_SALE;
        if (!read_amount(k, "amount", &p->amount.minor) || !read_metadata(k))
                return false;
        for (size_t i = 0; i < sizeof code; i++)
                code[i] = currency.n == 3 && currency.p[i] >= 'a' && currency.p[i] <= 'z' ?
                    (char)(currency.p[i] - 'a' + 'A') : '-';
        if (!currency_parse((struct str){ code, sizeof code }, &p->amount.currency))
                return refuse(k, "parameter_unknown", "Invalid currency", "currency");
        if (!str_is(stripe_get(&k->form, "confirm"), "true"))
                return refuse(k, NULL, "This gateway only makes intents that are confirmed at once.", "confirm");
        if (method.n == 0)
                return refuse(k, "parameter_missing", "Missing required param: payment_method.", "payment_method");
        if (!token_find(method, &token))
                return refuse(k, "resource_missing", "No such PaymentMethod", "payment_method");
        p->brand = token.brand;
        p->last4 = token.last4;
        p->code = token.code;
        trouble_of_token(&k->trouble, &token);
        return true;
}

/* The row that the posting acts on. */
static bool
read_original(struct ask *k, struct str id, const char *prefix, const char *what)
{
        struct txn t;
        bool dispute = str_is(str_of(prefix), "dp");

        if (!stripe_id_parse(id, prefix, &k->posting.original) ||
            !books_find(k->call->box->books, k->posting.original, &t) || t.gateway != TXN_STRIPE ||
            (t.kind == TXN_DISPUTE) != dispute || (!dispute && t.kind != TXN_SALE && t.kind != TXN_AUTH))
                return missing(k, what);
        k->posting.amount.currency = t.amount.currency;
        return true;
}

static bool
read_capture(struct ask *k)
{
        k->posting.kind = TXN_CAPTURE;
        if (!read_original(k, k->call->id, "pi", "payment_intent"))
                return false;
        return stripe_get(&k->form, "amount_to_capture").p == NULL ||
            read_amount(k, "amount_to_capture", &k->posting.amount.minor);
}

static bool
read_cancel(struct ask *k)
{
        struct txn t;

        k->posting.kind = TXN_VOID;
        if (!read_original(k, k->call->id, "pi", "payment_intent"))
                return false;
        if (books_find(k->call->box->books, k->posting.original, &t) && (t.kind != TXN_AUTH || t.captured_by != NULL))
                return refuse(k, "payment_intent_unexpected_state",
                    "You cannot cancel this PaymentIntent because it has succeeded or failed.", NULL);
        return true;
}

static bool
read_refund(struct ask *k)
{
        struct str intent = stripe_get(&k->form, "payment_intent"), charge = stripe_get(&k->form, "charge");

        k->posting.kind = TXN_REFUND;
        if ((intent.p == NULL) == (charge.p == NULL))
                return refuse(k, "parameter_missing", "One of charge or payment_intent is needed.", "payment_intent");
        if (!read_metadata(k) || !(intent.p != NULL ? read_original(k, intent, "pi", "payment_intent") :
            read_original(k, charge, "ch", "charge")))
                return false;
        return stripe_get(&k->form, "amount").p == NULL || read_amount(k, "amount", &k->posting.amount.minor);
}

/* A field that is a file's must name one. */
static bool
read_file_ids(struct ask *k)
{
        for (size_t i = 0; i < k->form.n; i++) {
                struct str key = k->form.field[i].key, head = STR("evidence[");

                if (!str_starts(key, head) || !str_ends(key, STR("]")))
                        continue;
                key = (struct str){ key.p + head.n, key.n - head.n - 1 };
                if (stripe_is_file_field(key) && !stripe_file_exists(k->call->box->books, k->form.field[i].value))
                        return refuse(k, "resource_missing", "No such file upload", "evidence");
        }
        return true;
}

static bool
read_in_time(struct ask *k)
{
        struct txn dispute;

        if (books_find(k->call->box->books, k->posting.original, &dispute) &&
            testclock_now_ms() > dispute.created_ms + STRIPE_DUE_MS)
                return refuse(k, NULL, "This dispute is past due: evidence can't be submitted any more.", NULL);
        return true;
}

static bool
read_evidence(struct ask *k)
{
        struct str submit = stripe_get(&k->form, "submit");

        k->posting.kind = str_is(submit, "false") ? TXN_DRAFT : TXN_EVIDENCE;
        k->posting.data = stripe_map(k->call->arena, &k->form, "evidence");
        if (k->posting.data.p == NULL)
                return refuse(k, NULL, "The evidence is too long or has control characters.", "evidence");
        return read_file_ids(k) && read_original(k, k->call->id, "dp", "dispute") && read_in_time(k);
}

/* What is kept of a file is what it was, not its bytes. */
static bool
read_file(struct ask *k)
{
        struct posting *p = &k->posting;
        unsigned char hash[SHA256_SIZE];
        struct stripe_file f;

        p->kind = TXN_FILE;
        p->code = BOOKS_CODE_APPROVED;
        if (!stripe_file_parse(k->call, &f) || !str_is(f.purpose, "dispute_evidence"))
                return refuse(k, "parameter_missing", "A purpose and a file are needed.", "file");
        if (f.type == NULL)
                return refuse(k, NULL, "Evidence is a PDF, JPEG or PNG.", "file");
        if (f.locked)
                return refuse(k, NULL, "The PDF is locked by a password.", "file");
        if (f.content.n == 0 || f.content.n > FILE_MAX || !call_text_fits(f.name))
                return refuse(k, NULL, "The file is empty or too large, or its name can't be read.", "file");
        sha256(f.content, hash);
        p->order = f.name;
        p->data = str_of(f.type);
        p->house = hex_encode(k->call->arena, hash, sizeof hash);
        p->amount = (struct money){ (int64_t)f.content.n, CURRENCY_USD };
        return true;
}

static bool
read_close(struct ask *k)
{
        k->posting.kind = TXN_LOST;
        return read_original(k, k->call->id, "dp", "dispute");
}

/* What the books refuse, in Stripe's words. */
static bool
refuse_verdict(struct ask *k, enum posted verdict)
{
        bool refund = k->posting.kind == TXN_REFUND;

        switch (verdict) {
        case POST_NO_ORIGINAL:
                return missing(k, "object");
        case POST_DISPUTED:
                return refuse(k, "charge_disputed", "This charge has been charged back.", NULL);
        case POST_TOO_MUCH:
                return refund ? refuse(k, "charge_already_refunded", "The charge has less than this left to refund.",
                    "amount") : refuse(k, "amount_too_large", "The amount is more than can be captured.", "amount");
        case POST_WRONG_STATE:
                if (k->posting.kind > TXN_DISPUTE)
                        return refuse(k, NULL, "This dispute is already closed or its evidence was submitted.", NULL);
                return refund ? refuse(k, "charge_not_captured", "This charge was not captured.", NULL) :
                    refuse(k, "payment_intent_unexpected_state", "The intent is not in a state for this.", NULL);
        case POSTED:
        case POST_DUPLICATE:
        case POST_OTHER_CURRENCY:
                break;
        }
        NEVER("neither a duplicate check nor a currency is asked for");
}

/* The answer that the row stands for; one that is not there yet still runs. */
static void
row_reply(struct ask *k, int64_t row, struct call_reply *reply)
{
        struct call *c = k->call;
        struct event_scene s;

        reply->type = JSON;
        if (event_scene(c->box->books, row, &s)) {
                reply->body = stripe_row_body(c->arena, &s, stripe_expands(&k->form, "latest_charge"), &reply->status);
                return;
        }
        k->error = (struct stripe_error){ 409, "idempotency_error", "idempotency_key_in_use",
            "There is currently another in-progress request using this Idempotent Key.", NULL };
        reply->status = k->error.status;
        reply->body = stripe_error_body(c->arena, &k->error);
}

/* Done once: read, mishaps, book, answer. */
static void
run_fresh(struct ask *k, ask_fn read)
{
        struct call *c = k->call;
        struct call_reply reply = { 0, JSON, STR_NONE };
        bool fine, failed;
        enum posted verdict;
        struct txn row;

        fine = read(k);
        failed = k->trouble.mishap == MISHAP_FAIL_AFTER;
        if (!trouble_before(c, &k->trouble)) {
                if (k->posting.key.n > 0)
                        idem_end(c->box->idem, k->posting.key, false);
                return;
        }
        if (fine) {
                k->posting.now_ms = testclock_now_ms();
                verdict = trouble_post(c, &k->trouble, &k->posting, &row);
                fine = verdict == POSTED || refuse_verdict(k, verdict);
        }
        if (fine) {
                row_reply(k, row.id, &reply);
        } else {
                reply.status = k->error.status;
                reply.body = stripe_error_body(c->arena, &k->error);
        }
        if (k->posting.key.n > 0)
                idem_end(c->box->idem, k->posting.key, failed);
        trouble_after(c, &k->trouble, &reply);
}

static void
answer_again(struct ask *k, int64_t row, bool failed)
{
        struct call *c = k->call;
        struct call_reply reply = { 0 };

        c->headers = str_fmt(c->arena, "%.*sIdempotent-Replayed: true\r\n", STR_ARG(c->headers));
        if (failed)
                stripe_refuse(c, &(struct stripe_error){ 500, "api_error", NULL, "An error occurred.", NULL });
        else {
                row_reply(k, row, &reply);
                call_answer(c, reply.status, reply.type, reply.body);
        }
}

/* Path and body, in hex. */
static struct str
ask_hash(struct call *c)
{
        unsigned char hash[SHA256_SIZE];

        char *both = arena_alloc(c->arena, c->path.n + 1 + c->body.n);

        memcpy(both, c->path.p, c->path.n);
        both[c->path.n] = '\n';
        if (c->body.n > 0)
                memcpy(both + c->path.n + 1, c->body.p, c->body.n);
        sha256((struct str){ both, c->path.n + 1 + c->body.n }, hash);
        return hex_encode(c->arena, hash, 16);
}

static void
run_keyed(struct ask *k, ask_fn read)
{
        struct call *c = k->call;
        int64_t row;
        bool failed;

        c->headers = str_fmt(c->arena, "%.*sIdempotency-Key: %.*s\r\n", STR_ARG(c->headers),
            STR_ARG(k->posting.key));
        switch (idem_begin(c->box->idem, k->posting.key, k->posting.ask, &row, &failed)) {
        case IDEM_FRESH:
                trouble_take(c, &k->trouble);
                run_fresh(k, read);
                return;
        case IDEM_DONE:
                answer_again(k, row, failed);
                return;
        case IDEM_OTHER:
                stripe_refuse(c, &(struct stripe_error){ 400, "idempotency_error", NULL,
                    "Keys for idempotent requests can only be used with the same parameters.", NULL });
                return;
        case IDEM_RUNS:
                stripe_refuse(c, &(struct stripe_error){ 409, "idempotency_error", "idempotency_key_in_use",
                    "There is currently another in-progress request using this Idempotent Key.", NULL });
                return;
        }
}

static void
run(struct call *c, ask_fn read)
{
        struct ask *k = ARENA_NEW(c->arena, struct ask);
        struct str key = c->idempotency_key;

        if (!stripe_admit(c))
                return;
        k->call = c;
        k->posting.gateway = TXN_STRIPE;
        if (read != read_file && !stripe_form_read(c, c->body, &k->form)) {
                (void)refuse(k, NULL, "The form can't be read.", NULL);
                stripe_refuse(c, &k->error);
        } else if (key.n > 0 && !call_text_fits(key)) {
                (void)refuse(k, NULL, "An Idempotency-Key has up to 255 characters.", NULL);
                stripe_refuse(c, &k->error);
        } else if (key.n > 0) {
                k->posting.key = key;
                k->posting.ask = ask_hash(c);
                run_keyed(k, read);
        } else {
                trouble_take(c, &k->trouble);
                run_fresh(k, read);
        }
}

void
stripe_intent_create(struct call *c)
{
        run(c, read_create);
}

void
stripe_intent_capture(struct call *c)
{
        run(c, read_capture);
}

void
stripe_intent_cancel(struct call *c)
{
        run(c, read_cancel);
}

void
stripe_refund_create(struct call *c)
{
        run(c, read_refund);
}

void
stripe_dispute_update(struct call *c)
{
        run(c, read_evidence);
}

void
stripe_file_create(struct call *c)
{
        run(c, read_file);
}

void
stripe_dispute_close(struct call *c)
{
        run(c, read_close);
}
