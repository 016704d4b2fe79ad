/*
 * gateway_nmi_query.c - NMI's Query API: what became of a reference.
 *
 * A transaction's truth is its condition and its actions: pendingsettlement
 * and complete are approved, failed and abandoned declined, canceled voided,
 * everything else undecided. A refund is a transaction of its own, under its
 * own reference and with a negative amount; a void only cancels the charge's,
 * whose actions still tell whether its money had been taken.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "io/http.h"
#include "io/task.h"
#include "outside/gateway_nmi_xml.h"
#include "outside/gateway_records.h"

#define TOLD_AT_ONCE    50              /* ids in one question */

static bool
is_wanted(struct arena *a, const xmlNode *transaction, const struct nmi_wanted *w)
{
        return (w->reference.p == NULL || str_eq(nmi_xml_text(a, transaction, "order_id"), w->reference)) &&
            (w->transaction.p == NULL || str_eq(nmi_xml_text(a, transaction, "transaction_id"), w->transaction));
}

/* A canceled one had been if it was a sale, or an authorisation with a capture. */
static bool
was_captured(struct arena *a, const xmlNode *transaction, enum gateway_record_state state)
{
        return state == RECORD_APPROVED || (state == RECORD_VOIDED &&
            (nmi_xml_done(a, transaction, "sale") != NULL || nmi_xml_done(a, transaction, "capture") != NULL));
}

static struct str
voided_at(struct arena *a, const xmlNode *transaction, enum gateway_record_state state)
{
        const xmlNode *done = state == RECORD_VOIDED ? nmi_xml_done(a, transaction, "void") : NULL;

        return done == NULL ? STR_NONE : nmi_xml_time(a, nmi_xml_text(a, done, "date"));
}

/*
 * false: it is a wanted one and can't be read: then nothing is known. One
 * without an action of its kind yet is undecided, not absent.
 */
static bool
record_read(struct arena *a, const xmlNode *transaction, const struct nmi_wanted *w, struct gateway_records *out)
{
        const xmlNode *action = nmi_xml_action(a, transaction, w->kind);
        struct gateway_record *r = &out->record[out->n];

        if (!is_wanted(a, transaction, w))
                return true;
        if (out->n == GATEWAY_RECORDS_MAX)
                return false;
        out->n++;
        *r = (struct gateway_record){ .state = RECORD_UNDECIDED };
        if (action == NULL)
                return true;
        r->state = nmi_xml_state(nmi_xml_text(a, transaction, "condition"), nmi_xml_text(a, action, "success"));
        r->captured = w->kind == NMI_CHARGE && was_captured(a, transaction, r->state);
        r->voided_at = voided_at(a, transaction, r->state);
        r->transaction = nmi_xml_text(a, transaction, "transaction_id");
        r->code = nmi_xml_text(a, action, "response_code");
        r->occurred_at = nmi_xml_time(a, nmi_xml_text(a, action, "date"));
        r->charge = nmi_xml_text(a, transaction, "original_transaction_id");
        r->reference = nmi_xml_text(a, transaction, "order_id");
        r->order = nmi_xml_merchant_field(a, transaction, "1");
        r->house = nmi_xml_merchant_field(a, transaction, "2");
        r->card_last4 = nmi_card_last4(nmi_xml_text(a, transaction, "cc_number"));
        r->card_brand = nmi_card_brand(nmi_xml_text(a, transaction, "cc_type"),
            nmi_xml_text(a, transaction, "cc_number"));
        /* cc_hash is left where it is: nothing says that it is keyed, and a plain hash of a card number is one. */
        return gateway_is_id(r->transaction) && nmi_xml_amount(a, transaction, action, w->kind, &r->amount);
}

void
nmi_records_read(struct arena *a, struct str body, const struct nmi_wanted *w, struct gateway_records *out)
{
        const xmlNode *root;

        memset(out, 0, sizeof *out);
        root = nmi_xml_root(a, body, &out->why);
        if (root == NULL)
                return;
        for (const xmlNode *c = root->children; c != NULL; c = c->next) {
                if (nmi_xml_is(c, "transaction") && !record_read(a, c, w, out)) {
                        out->n = 0;
                        out->why = STR("a record can't be read");
                        return;
                }
        }
        out->asked = true;
        out->why = STR_NONE;
        gateway_records_sort(out);
}

bool
nmi_query(struct task *t, const struct nmi_question *q, struct str *body, struct str *why)
{
        int64_t left = q->until_ms == 0 ? t->conf->call_deadline_ms : q->until_ms - clock_mono_ms();
        struct http_field *form = ARENA_ARRAY(t->arena, struct http_field, q->filter_n + 1);
        struct http_ask ask = {
                .url = str_fmt(t->arena, "%s/api/query.php", t->conf->gateway_url).p,
                .form = form,
                .form_n = q->filter_n + 1,
                .deadline_ms = left,
                .connect_ms = nmi_connect_ms(left),
        };
        struct http_answer answer;

        if (left <= 0) {
                *why = STR("out of time between two calls");
                return false;
        }
        form[0] = (struct http_field){ "security_key", str_of(t->conf->gateway_security_key) };
        memcpy(form + 1, q->filter, q->filter_n * sizeof *form);
        http_call(t->http, t->arena, &ask, &answer);
        *body = answer.body;
        *why = answer.outcome == HTTP_ANSWERED ? str_fmt(t->arena, "http status %d", answer.status)
            : str_dup(t->arena, str_of(answer.why));
        return answer.outcome == HTTP_ANSWERED && answer.status == 200;
}

static void
query(struct task *t, struct http_field filter, int64_t until_ms, const struct nmi_wanted *w,
    struct gateway_records *out)
{
        struct nmi_question q = { &filter, 1, until_ms };
        struct str body, why;

        memset(out, 0, sizeof *out);
        if (nmi_query(t, &q, &body, &why))
                nmi_records_read(t->arena, body, w, out);
        else
                out->why = why;
}

void
nmi_lookup(struct task *t, struct str reference, struct gateway_records *out)
{
        query(t, (struct http_field){ "order_id", reference }, 0,
            &(struct nmi_wanted){ NMI_CHARGE, reference, STR_NONE }, out);
}

/*
 * The refund's own record first; where the charge may have been voided
 * instead, whether it is. A void has no id of its own, so the record has none;
 * the money went back when it was voided, not when it was taken.
 */
void
nmi_lookup_refund(struct task *t, const struct gateway_step *s, struct gateway_records *out)
{
        int64_t until_ms = clock_mono_ms() + t->conf->call_deadline_ms;
        struct gateway_records *charge;

        query(t, (struct http_field){ "order_id", s->reference }, until_ms,
            &(struct nmi_wanted){ NMI_REFUND, s->reference, STR_NONE }, out);
        if (!s->whole || !out->asked || gateway_records_approved(out))
                return;
        charge = ARENA_NEW(t->arena, struct gateway_records);
        query(t, (struct http_field){ "transaction_id", s->transaction }, until_ms,
            &(struct nmi_wanted){ NMI_CHARGE, STR_NONE, s->transaction }, charge);
        if (!charge->asked) {
                *out = *charge;
        } else if (charge->n == 1 && charge->record[0].state == RECORD_VOIDED) {
                *out = *charge;
                out->record[0].state = RECORD_APPROVED;
                out->record[0].transaction = STR_NONE;
                out->record[0].occurred_at = out->record[0].voided_at;
        }
}

/* One that was voided gave nothing back. */
void
nmi_find_refund(struct task *t, struct str transaction, struct gateway_records *out)
{
        query(t, (struct http_field){ "transaction_id", transaction }, 0,
            &(struct nmi_wanted){ NMI_REFUND, STR_NONE, transaction }, out);
        for (int i = 0; i < out->n; i++)
                if (out->record[i].state == RECORD_VOIDED)
                        out->record[i].state = RECORD_DECLINED;
}

/* --- given back -------------------------------------------------------- */

/* A refund that was voided gave nothing back; a charge counts when it was voided, by its own id. */
static bool
given_add(struct arena *a, const xmlNode *transaction, struct str charge, struct gateway_given *out)
{
        struct nmi_wanted w = { NMI_REFUND, STR_NONE, STR_NONE };
        struct str original = nmi_xml_text(a, transaction, "original_transaction_id");
        struct gateway_records *one = ARENA_NEW(a, struct gateway_records);
        struct gateway_record *r = &one->record[0];

        if (nmi_xml_action(a, transaction, NMI_CHARGE) != NULL) {
                if (!str_eq(nmi_xml_text(a, transaction, "transaction_id"), charge))
                        return true;
                w.kind = NMI_CHARGE;
        } else if (original.n > 0 && !str_eq(original, charge)) {
                return true;
        }
        if (!record_read(a, transaction, &w, one))
                return false;
        if (w.kind == NMI_CHARGE) {
                if (r->state != RECORD_VOIDED || !r->captured)
                        return true;
                r->state = RECORD_APPROVED;
                r->occurred_at = r->voided_at;
        } else if (r->state == RECORD_VOIDED) {
                r->state = RECORD_DECLINED;
        }
        out->record[out->n++] = *r;
        return true;
}

bool
nmi_given_read(struct arena *a, struct str body, struct str charge, struct gateway_given *out)
{
        const xmlNode *root = nmi_xml_root(a, body, &out->why);
        size_t seen = 0;

        if (root == NULL)
                return false;
        for (const xmlNode *c = root->children; c != NULL; c = c->next)
                seen += nmi_xml_is(c, "transaction");
        gateway_given_grow(a, out, seen);
        for (const xmlNode *c = root->children; c != NULL; c = c->next) {
                if (nmi_xml_is(c, "transaction") && !given_add(a, c, charge, out)) {
                        out->why = STR("a record can't be read");
                        return false;
                }
        }
        return true;
}

static bool
given_ask(struct task *t, struct http_field filter, int64_t until_ms, struct str charge, struct gateway_given *out)
{
        struct nmi_question q = { &filter, 1, until_ms };
        struct str body;

        return nmi_query(t, &q, &body, &out->why) && nmi_given_read(t->arena, body, charge, out);
}

/* The charge by its id, and with it those that were told of; then those under the charge's reference. */
void
nmi_given_back(struct task *t, const struct gateway_given_ask *ask, struct gateway_given *out)
{
        int64_t until_ms = clock_mono_ms() + t->conf->call_deadline_ms;
        size_t at = 0;

        do {
                struct str ids = at == 0 ? ask->charge : STR("");

                for (size_t i = 0; i < TOLD_AT_ONCE && at < ask->told_n; i++, at++)
                        if (!str_eq(ask->told[at], ask->charge))
                                ids = str_fmt(t->arena, "%.*s%s%.*s", STR_ARG(ids), ids.n > 0 ? "," : "",
                                    STR_ARG(ask->told[at]));
                if (ids.n > 0 && !given_ask(t, (struct http_field){ "transaction_id", ids }, until_ms, ask->charge,
                    out))
                        return;
        } while (at < ask->told_n);
        out->asked = given_ask(t, (struct http_field){ "order_id", ask->reference }, until_ms, ask->charge, out);
}
