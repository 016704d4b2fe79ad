/*
 * evidence_words.c - what the system knows, in sentences that a bank's clerk
 * reads. Pure: rows in, text out.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/money.h"
#include "domain/evidence/evidence_inner.h"
#include "domain/orders/order.h"
#include "io/json_read.h"

#define WORDS_MAX       ((size_t)20000) /* bytes, so that no field of theirs is too long */
#define LINES_MAX       150             /* tickets that are told one by one */

static struct str
said(const struct buf *b)
{
        struct str s = buf_str(b);

        CHECK(s.p != NULL);
        return s.n == 0 ? STR_NONE : evidence_cut(s, WORDS_MAX);
}

static struct str
text_of(const struct evidence_facts *f, const char *column)
{
        return row_text(&f->facts, 0, column);
}

/* To the second: who reads it counts no parts of one. */
static struct str
when(struct arena *a, const struct rows *r, int row, const char *column)
{
        struct str at = row_time(r, a, row, column);

        return at.n < 20 ? at : str_fmt(a, "%.19sZ", at.p);
}

static struct str
amount_of(struct arena *a, int64_t minor, struct str currency)
{
        struct money m = { .minor = minor };
        char text[MONEY_TEXT_MAX];

        CHECK(currency_parse(currency, &m.currency));
        money_decimal(m, text);
        return str_fmt(a, "%s %.*s", text, STR_ARG(currency));
}

/* "2 x Floor, 1 x Balcony": in the order in which they stand. */
static void
put_types(struct buf *b, const struct rows *tickets)
{
        for (int i = 0; i < tickets->n;) {
                struct str type = row_text(tickets, i, "type_name");
                int k = i;

                while (k < tickets->n && str_eq(row_text(tickets, k, "type_name"), type))
                        k++;
                buf_fmt(b, "%s%d x %.*s", i > 0 ? ", " : "", k - i, STR_ARG(type));
                i = k;
        }
}

static struct str
product(struct arena *a, const struct evidence_facts *f)
{
        struct str venue = text_of(f, "venue_name"), name = text_of(f, "event_name");
        struct str starts = when(a, &f->facts, 0, "starts_at");
        struct buf b;

        buf_init(&b, a, WORDS_MAX * 4);
        buf_puts(&b, "Tickets: ");
        put_types(&b, &f->tickets);
        buf_fmt(&b, ". Event: %.*s", STR_ARG(name));
        if (venue.n > 0)
                buf_fmt(&b, ", %.*s", STR_ARG(venue));
        buf_fmt(&b, ", on %.*s. Sold by %.*s. Tickets are delivered electronically when they are paid.",
            STR_ARG(starts), STR_ARG(text_of(f, "organizer_name")));
        return said(&b);
}

static struct str
receipt(struct arena *a, const struct evidence_facts *f)
{
        const struct order *o = f->order;
        char id[ID_TEXT_MAX];
        struct buf b;

        typeid_text("ord", o->id, id);
        buf_init(&b, a, WORDS_MAX * 4);
        buf_fmt(&b, "Order %s of %.*s\n", id, STR_ARG(when(a, &f->facts, 0, "ordered_at")));
        buf_fmt(&b, "Sold by %.*s to %.*s <%.*s>\n", STR_ARG(text_of(f, "organizer_name")), STR_ARG(o->guest_name),
            STR_ARG(o->guest_email));
        put_types(&b, &f->tickets);
        buf_fmt(&b, "\nTickets %.*s", STR_ARG(amount_of(a, o->list, o->currency)));
        if (o->discount > 0)
                buf_fmt(&b, ", discount %.*s", STR_ARG(amount_of(a, o->discount, o->currency)));
        buf_fmt(&b, ", fee %.*s, tax %.*s\n", STR_ARG(amount_of(a, o->guest_fee, o->currency)),
            STR_ARG(amount_of(a, o->tax, o->currency)));
        buf_fmt(&b, "Total %.*s, paid %.*s", STR_ARG(amount_of(a, o->total, o->currency)),
            STR_ARG(when(a, &f->facts, 0, "charged_at")));
        if (text_of(f, "card_last4").n > 0)
                buf_fmt(&b, " with %.*s ending %.*s", STR_ARG(text_of(f, "card_brand")),
                    STR_ARG(text_of(f, "card_last4")));
        buf_puts(&b, "\n");
        return said(&b);
}

static struct str
refund_policy(struct arena *a, const struct evidence_facts *f)
{
        struct err ignored = { .code = ERR_NONE };
        const struct json *hours, *fees;
        struct json *policy;
        struct buf b;

        if (!json_parse(a, text_of(f, "policy"), &policy, &ignored))
                return STR_NONE;
        hours = json_member(policy, "refund_until_hours");
        fees = json_member(policy, "refund_fees");
        if (hours == NULL)
                return STR_NONE;
        buf_init(&b, a, WORDS_MAX * 4);
        buf_fmt(&b, "Refund policy in force when the order was placed: the buyer may ask for a refund until %.*s hours "
            "before the event begins; the booking fee is %s. This was part of the terms of the purchase.",
            STR_ARG(hours->text), fees != NULL && fees->boolean ? "refunded too" : "not refunded");
        return said(&b);
}

static struct str
named(struct arena *a, const char *what, struct str name)
{
        return name.n == 0 ? STR("") : str_fmt(a, ", %s %.*s", what, STR_ARG(name));
}

/* The one scan that let this ticket in. */
static void
put_admitted(struct buf *b, struct arena *a, const struct rows *r, struct uuid ticket, const char *id)
{
        for (int i = 0; i < r->n; i++)
                if (str_is(row_text(r, i, "status"), "valid") && uuid_eq(row_uuid(r, i, "ticket_id"), ticket))
                        buf_fmt(b, "%.*s ticket %s scanned at the door%.*s%.*s: admitted\n",
                            STR_ARG(when(a, r, i, "scanned_at")), id,
                            STR_ARG(named(a, "gate", row_text(r, i, "gate"))),
                            STR_ARG(named(a, "device", row_text(r, i, "device"))));
}

/* When tickets were delivered, and when the door let them in. */
static struct str
access_log(struct arena *a, const struct evidence_facts *f)
{
        const struct rows *r = &f->tickets;
        struct buf b;

        buf_init(&b, a, WORDS_MAX * 4);
        for (int i = 0; i < r->n && i < LINES_MAX; i++) {
                char id[ID_TEXT_MAX];

                typeid_text("tix", row_uuid(r, i, "id"), id);
                buf_fmt(&b, "%.*s ticket %s issued to the buyer\n", STR_ARG(when(a, r, i, "issued_at")), id);
                put_admitted(&b, a, &f->scans, row_uuid(r, i, "id"), id);
        }
        return said(&b);
}

static void
put_purchase(struct buf *b, const struct evidence_facts *f)
{
        static const struct { const char *column, *word; } known[] = {
                { "client_ip", "IP address" }, { "client_agent", "browser" }, { "client_device", "device" },
        };
        bool any = false;

        for (size_t i = 0; i < ARRAY_LEN(known); i++) {
                struct str value = text_of(f, known[i].column);

                if (value.n == 0)
                        continue;
                buf_fmt(b, "%s%s %.*s", any ? ", " : "Recorded at the purchase: ", known[i].word, STR_ARG(value));
                any = true;
        }
        if (any)
                buf_puts(b, ".\n");
}

/* What has no field of its own: device, what was given back, what the guest bought before. */
static struct str
rest(struct arena *a, const struct evidence_facts *f)
{
        struct buf b;

        buf_init(&b, a, WORDS_MAX * 4);
        put_purchase(&b, f);
        for (int i = 0; i < f->refunds.n; i++) {
                struct str amount = amount_of(a, row_i64(&f->refunds, i, "amount"), f->order->currency);

                buf_fmt(&b, "Refund of %.*s on %.*s: %.*s.\n", STR_ARG(amount),
                    STR_ARG(when(a, &f->refunds, i, "created_at")), STR_ARG(row_text(&f->refunds, i, "status")));
        }
        for (int i = 0; i < f->orders.n; i++) {
                const struct rows *r = &f->orders;
                struct str amount = amount_of(a, row_i64(r, i, "amount"), row_text(r, i, "currency"));

                buf_fmt(&b, "Earlier undisputed order of %.*s for %.*s, %.*s%s%s%s.\n",
                    STR_ARG(when(a, r, i, "paid_at")), STR_ARG(row_text(r, i, "event_name")), STR_ARG(amount),
                    row_bool(r, i, "same_card") ? ", same card" : "",
                    row_bool(r, i, "same_ip") ? ", same IP address" : "",
                    row_bool(r, i, "same_device") ? ", same device" : "");
        }
        return said(&b);
}

struct evidence_words
evidence_words_of(struct arena *a, const struct evidence_facts *f)
{
        struct evidence_words w = { .customer_name = STR_NONE };
        struct str starts, terms;

        if (f->order == NULL)
                return w;
        starts = when(a, &f->facts, 0, "starts_at");
        terms = text_of(f, "terms");
        w.customer_name = f->order->guest_name;
        w.customer_email_address = f->order->guest_email;
        w.customer_purchase_ip = text_of(f, "client_ip");
        w.product_description = product(a, f);
        w.service_date = starts.n > 10 ? (struct str){ starts.p, 10 } : STR_NONE;
        w.refund_policy_disclosure = refund_policy(a, f);
        w.cancellation_policy_disclosure = terms.n > 0 ? evidence_cut(terms, WORDS_MAX) : STR_NONE;
        w.access_activity_log = access_log(a, f);
        w.uncategorized_text = rest(a, f);
        w.receipt = receipt(a, f);
        return w;
}
