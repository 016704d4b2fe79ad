/*
 * nmi_query.c - POST /api/query.php: what the gateway knows, as XML, written
 * out one <transaction> at a time, because the whole books may be asked for.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/faults.h"
#include "sandbox/nmi.h"

#include <inttypes.h>

#define TRANSACTION_MAX 16384           /* three texts of 255 bytes, each five times as long when escaped */
#define IDS_MAX         1000
#define PAGE_MAX        1000000
#define TYPE            "text/xml; charset=UTF-8"
#define HEAD            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<nm_response>\n"

struct query {
        struct txn_filter filter;
        int64_t limit;                  /* 0 is all */
        int64_t page;
};

static int
by_value(const void *a, const void *b)
{
        const int64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* transaction_id=1,2,3; false when it is not such a list. */
static bool
read_ids(struct call *c, struct str list, struct txn_filter *f)
{
        int64_t *ids = ARENA_ARRAY(c->arena, int64_t, IDS_MAX);
        struct str one, rest = list;
        bool more = true;

        while (more) {
                more = str_cut(rest, ',', &one, &rest);
                if (f->ids_n == IDS_MAX || !str_to_i64(str_trim(one), &ids[f->ids_n++]))
                        return false;
        }
        qsort(ids, f->ids_n, sizeof ids[0], by_value);
        f->ids = ids;
        return true;
}

static bool
read_number(struct call *c, const char *name, int64_t *out)
{
        struct str s = call_field(c, c->body, name);

        return s.p == NULL || (str_to_i64(s, out) && *out >= 0 && *out <= PAGE_MAX);
}

/* NULL when all is well, or what the gateway says. */
static const char *
query_read(struct call *c, struct query *q)
{
        struct str key = call_field(c, c->body, "security_key");
        struct str ids = call_field(c, c->body, "transaction_id");
        struct str from = call_field(c, c->body, "start_date"), to = call_field(c, c->body, "end_date");

        if (!call_key_is(key, c->box->security_key))
                return "Invalid Security Key";
        q->filter.reference = call_field(c, c->body, "order_id");
        q->filter.lookup = q->filter.reference.p != NULL;
        if (!call_text_fits(q->filter.reference))
                return "Invalid order_id";
        if (ids.p != NULL && !read_ids(c, ids, &q->filter))
                return "Invalid transaction_id";
        if (from.p != NULL && !nmi_time_parse(from, &q->filter.from_ms))
                return "Invalid start_date";
        if (to.p != NULL && !nmi_time_parse(to, &q->filter.to_ms))
                return "Invalid end_date";
        if (to.p != NULL)
                q->filter.to_ms += 999;         /* the whole last second */
        if (!read_number(c, "result_limit", &q->limit) || !read_number(c, "page_number", &q->page))
                return "Invalid result_limit or page_number";
        return NULL;
}

const char *
nmi_condition(const struct txn *t)
{
        switch (t->status) {
        case TXN_DECLINED:
                return "failed";
        case TXN_VOIDED:
                return "canceled";
        case TXN_APPROVED:
        case TXN_STATUSES:
                break;
        }
        if (t->settled_by != NULL)
                return "complete";
        return t->kind == TXN_AUTH && t->captured_by == NULL ? "pending" : "pendingsettlement";
}

static void
put_action(struct buf *b, const struct txn *t)
{
        char amount[MONEY_TEXT_MAX], date[NMI_TIME_MAX];

        money_decimal(t->amount, amount);
        nmi_time(t->created_ms, date);
        buf_fmt(b, "<action>\n<amount>%s%s</amount>\n", t->kind == TXN_REFUND ? "-" : "", amount);
        nmi_put_element(b, "action_type", str_of(txn_kind_word(t->kind)));
        nmi_put_element(b, "date", str_of(date));
        nmi_put_element(b, "success", t->status == TXN_DECLINED ? STR("0") : STR("1"));
        buf_puts(b, "<ip_address></ip_address>\n<source>api</source>\n<api_method>nvp</api_method>\n");
        nmi_put_element(b, "response_text", str_of(nmi_answer_text(t)));
        buf_puts(b, "<batch_id>0</batch_id>\n<processor_batch_id></processor_batch_id>\n");
        buf_fmt(b, "<response_code>%d</response_code>\n</action>\n", t->code);
}

static void
put_merchant_field(struct buf *b, int id, struct str value)
{
        if (value.n == 0)
                return;
        buf_fmt(b, "<merchant_defined_field id=\"%d\">", id);
        nmi_put_xml_text(b, value);
        buf_puts(b, "</merchant_defined_field>\n");
}

static struct str
render(struct arena *a, const struct txn *t)
{
        char authcode[NMI_AUTHCODE_MAX] = "";
        struct buf b;

        if (t->status != TXN_DECLINED && t->kind != TXN_REFUND)
                nmi_authcode(t->id, authcode);
        buf_init(&b, a, TRANSACTION_MAX);
        buf_fmt(&b, "<transaction>\n<transaction_id>%" PRId64 "</transaction_id>\n", t->id);
        buf_puts(&b, "<partial_payment_id></partial_payment_id>\n<platform_id></platform_id>\n"
            "<transaction_type>cc</transaction_type>\n");
        nmi_put_element(&b, "condition", str_of(nmi_condition(t)));
        nmi_put_element(&b, "order_id", t->reference);
        nmi_put_element(&b, "authorization_code", str_of(authcode));
        nmi_put_element(&b, "cc_number", nmi_cc_number(a, t));
        nmi_put_element(&b, "cc_hash", card_fingerprint(a, t, 32));
        nmi_put_element(&b, "cc_type", str_of(card_brand_word(t->brand)));
        nmi_put_element(&b, "currency", str_of(currency_code(t->amount.currency)));
        if (t->original != 0)
                buf_fmt(&b, "<original_transaction_id>%" PRId64 "</original_transaction_id>\n", t->original);
        else
                buf_puts(&b, "<original_transaction_id></original_transaction_id>\n");
        put_merchant_field(&b, 1, t->order);
        put_merchant_field(&b, 2, t->house);
        put_action(&b, t);
        if (t->captured_by != NULL)
                put_action(&b, t->captured_by);
        if (t->settled_by != NULL)
                put_action(&b, t->settled_by);
        if (t->voided_by != NULL)
                put_action(&b, t->voided_by);
        buf_puts(&b, "</transaction>\n");
        return buf_str(&b);
}

static bool
has_transaction(enum txn_kind k)
{
        return k == TXN_SALE || k == TXN_AUTH || k == TXN_REFUND;
}

/* The page that was asked for. The rows are copies: no lock is held while the caller reads. */
static void
put_page(struct call *c, const struct query *q)
{
        struct arena *a = arena_new(TRANSACTION_MAX * 8);
        size_t n, skip = (size_t)(q->limit * q->page);
        const struct txn *t = books_select(c->box->books, &q->filter, c->arena, &n);
        size_t left = q->limit == 0 ? n : (size_t)q->limit;

        for (size_t i = 0; i < n && left > 0; i++) {
                if (t[i].gateway != TXN_NMI || !has_transaction(t[i].kind))
                        continue;
                if (skip > 0) {
                        skip--;
                        continue;
                }
                call_put(c, render(a, &t[i]));
                arena_reset(a);
                left--;
        }
        arena_free(a);
}

void
nmi_query(struct call *c)
{
        struct query q = { .filter.reference = STR_NONE };
        const char *why = query_read(c, &q);
        int64_t delay_ms;

        if (q.filter.reference.p != NULL && str_starts(q.filter.reference, STR("ref_")) &&
            faults_take(c->box->faults, TARGET_REFUND_QUERIES, &delay_ms) != MISHAP_NONE) {
                call_answer(c, 429, "text/plain", STR("Too Many Requests"));
                return;
        }
        call_begin(c, 200, TYPE);
        call_put(c, STR(HEAD));
        if (why == NULL)
                put_page(c, &q);
        else
                call_put(c, str_fmt(c->arena, "<error_response>%s</error_response>\n", why));
        call_put(c, STR("</nm_response>\n"));
}
