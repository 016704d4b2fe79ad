/*
 * gateway_dispute.c - disputes and settlement items of the one dialect that
 * has an API for them. What answers say is read as hostile text by the pure
 * functions of the first half.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "io/json_read.h"
#include "io/task.h"
#include "outside/gateway_dispute.h"
#include "outside/gateway_records.h"
#include "outside/gateway_stripe.h"

#define SETTLED_PAGE    100
#define NO_API          "this gateway has no API for it"

static enum dispute_status
status_of(struct str theirs)
{
        static const struct { const char *theirs; enum dispute_status ours; } words[] = {
#define STATUS(theirs, ours) { theirs, DISPUTE_##ours },
#include "outside/dispute.def"
#undef STATUS
        };

        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                if (str_is(theirs, words[i].theirs))
                        return words[i].ours;
        return DISPUTE_UNDECIDED;
}

/* What its balance transactions charge, in the dispute's own currency; less than nothing is nothing. */
static int64_t
fee_of(const struct json *dispute, enum currency c)
{
        const struct json *list = json_member(dispute, "balance_transactions");
        int64_t sum = 0;

        if (list == NULL || list->kind != JSON_ARRAY)
                return 0;
        for (const struct json *one = list->child; one != NULL; one = one->next) {
                enum currency theirs;
                int64_t units, fee;

                if (stripe_currency(one, &theirs) && theirs == c && stripe_int(one, "fee", &units) &&
                    stripe_amount(units, c, &fee) && !amount_add(sum, fee, &sum))
                        return 0;
        }
        return sum > 0 ? sum : 0;
}

void
stripe_dispute_read(struct arena *a, int status, struct str body, struct gateway_dispute *out)
{
        struct err ignored = { .code = ERR_NONE };
        const struct json *d;
        struct json *root;
        int64_t submissions;

        *out = (struct gateway_dispute){ .why = str_fmt(a, "http status %d", status) };
        if (!json_parse(a, body, &root, &ignored))
                return;
        if (status == 404 && str_is(stripe_text(json_member(root, "error"), "code"), "resource_missing"))
                out->asked = true;
        d = status == 200 ? stripe_as(root, "dispute") : NULL;
        if (d == NULL)
                return;
        out->id = stripe_id(d, "id");
        out->charge = stripe_charge_of(d);
        if (out->id.p == NULL || out->charge.p == NULL || !stripe_money(d, "amount", &out->amount)) {
                out->why = STR("the dispute lacks its id, charge or amount");
                return;
        }
        out->status = status_of(stripe_text(d, "status"));
        out->fee = fee_of(d, out->amount.currency);
        out->reason = stripe_text(d, "reason");
        out->due_by = stripe_time(a, json_member(d, "evidence_details"), "due_by");
        out->answered = stripe_int(json_member(d, "evidence_details"), "submission_count", &submissions) &&
            submissions > 0;
        out->asked = out->found = true;
        out->why = STR_NONE;
}

static bool
settled_read(struct arena *a, const struct json *o, struct gateway_settled *s)
{
        int64_t amount, fee, net, sum;

        *s = (struct gateway_settled){
                .id = stripe_id(o, "id"), .type = stripe_text(o, "type"), .source = stripe_id(o, "source"),
                .at = stripe_time(a, o, "created"), .available_at = stripe_time(a, o, "available_on"),
        };
        if (stripe_as(o, "balance_transaction") == NULL || s->id.p == NULL || s->type.n == 0 || s->at.p == NULL ||
            !stripe_currency(o, &s->currency) || !stripe_int(o, "amount", &amount) || !stripe_int(o, "fee", &fee) ||
            !stripe_int(o, "net", &net))
                return false;
        return amount_add(net, fee, &sum) && sum == amount && stripe_amount(amount, s->currency, &s->amount) &&
            stripe_amount(fee, s->currency, &s->fee) && stripe_amount(net, s->currency, &s->net);
}

void
stripe_settlements_read(struct arena *a, const struct json *list, struct gateway_settlements *out)
{
        bool more;
        const struct json *data = stripe_page(list, &more);

        *out = (struct gateway_settlements){ .why = STR("the answer is no list of balance transactions") };
        if (data == NULL)
                return;
        out->item = ARENA_ARRAY(a, struct gateway_settled, data->children);
        for (const struct json *one = data->child; one != NULL; one = one->next)
                if (!settled_read(a, one, &out->item[out->n++])) {
                        out->why = STR("a balance transaction can't be read");
                        return;
                }
        out->asked = true;
        out->why = STR_NONE;
        if (more)
                out->next = out->item[out->n - 1].id;
}

/* --- calls ------------------------------------------------------------- */

bool
gateway_has_disputes(struct str gateway)
{
        CHECK(gateway_known(gateway));
        return str_is(gateway, "stripe");
}

/*
 * Stripe says 5 MB a file and 150,000 characters of text; that all files
 * together may have 4.5 MB stands in its guide for answering disputes.
 */
struct gateway_evidence
gateway_evidence(struct str gateway)
{
        if (gateway_has_disputes(gateway))
                return (struct gateway_evidence){ .by_api = true, .text_most = 150000, .files_most = 4500000 };
        return (struct gateway_evidence){ .text_most = 150000, .files_most = 20 * 1024 * 1024 };
}

void
gateway_dispute_file(struct task *t, struct str gateway, struct str key, struct str name, const char *media,
    struct str content, struct gateway_file *out)
{
        *out = (struct gateway_file){ .why = STR(NO_API), .refused = true };
        if (gateway_has_disputes(gateway))
                stripe_file_send(t, key, name, media, content, out);
}

/* c->path comes as what stands behind the id. An id that is none would be another path. */
static void
ask(struct task *t, struct str gateway, struct str dispute, struct stripe_call *c, struct gateway_dispute *out)
{
        struct http_answer answer;

        *out = (struct gateway_dispute){ .why = STR(NO_API) };
        if (!gateway_has_disputes(gateway))
                return;
        out->why = STR("an id that can't be Stripe's");
        if (!gateway_is_id(dispute))
                return;
        c->path = str_fmt(t->arena, "disputes/%.*s%.*s", STR_ARG(dispute), STR_ARG(c->path));
        stripe_send(t, c, t->conf->call_deadline_ms, &answer);
        if (answer.outcome == HTTP_ANSWERED) {
                stripe_dispute_read(t->arena, answer.status, answer.body, out);
                out->spent = answer.status >= 500;
        } else
                out->why = str_dup(t->arena, str_of(answer.why));
        if (out->found && !str_eq(out->id, dispute))
                *out = (struct gateway_dispute){ .why = STR("the answer is about another dispute") };
}

void
gateway_dispute_get(struct task *t, struct str gateway, struct str dispute, struct gateway_dispute *out)
{
        ask(t, gateway, dispute, &(struct stripe_call){ .method = HTTP_GET, .path = STR("") }, out);
}

void
gateway_dispute_answer(struct task *t, struct str gateway, struct str dispute, const struct http_field *evidence,
    size_t n, struct str key, struct gateway_dispute *out)
{
        struct stripe_call c = { .method = HTTP_POST, .path = STR(""), .key = key };

        for (size_t i = 0; i < n; i++)
                stripe_put(&c, str_fmt(t->arena, "evidence[%s]", evidence[i].name).p, evidence[i].value);
        stripe_put(&c, "submit", STR("true"));
        ask(t, gateway, dispute, &c, out);
}

void
gateway_dispute_accept(struct task *t, struct str gateway, struct str dispute, struct str key,
    struct gateway_dispute *out)
{
        struct stripe_call c = { .method = HTTP_POST, .path = STR("/close"), .key = key };

        ask(t, gateway, dispute, &c, out);
}

void
gateway_settlements(struct task *t, struct str gateway, struct str since, struct str cursor,
    struct gateway_settlements *out)
{
        struct stripe_call c = { .method = HTTP_GET, .path = STR("balance_transactions") };
        const struct json *list;
        int64_t since_s;

        *out = (struct gateway_settlements){ .why = STR(NO_API) };
        if (!gateway_has_disputes(gateway))
                return;
        out->why = STR("since is no time");
        if (!stripe_seconds(since, &since_s))
                return;
        stripe_put_int(t->arena, &c, "created[gte]", since_s);
        stripe_put_int(t->arena, &c, "limit", SETTLED_PAGE);
        if (cursor.p != NULL)
                stripe_put(&c, "starting_after", cursor);
        list = stripe_ask(t, &c, "list", &out->why);
        if (list != NULL)
                stripe_settlements_read(t->arena, list, out);
}
