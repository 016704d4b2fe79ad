/* stripe_file.c - files of evidence: read from multipart/form-data (RFC 7578), and shown. */
#include "base/base.h"
#include "base/arena.h"
#include "io/json_write.h"
#include "sandbox/books.h"
#include "sandbox/call.h"
#include "sandbox/control.h"
#include "sandbox/stripe.h"

/* Where a text stands in another, by its first byte; false: nowhere. */
static bool
find(struct str in, struct str text, size_t *at)
{
        for (const char *p = in.p; text.n <= in.n - (size_t)(p - in.p); p++) {
                p = memchr(p, text.p[0], in.n - (size_t)(p - in.p));
                if (p == NULL || text.n > in.n - (size_t)(p - in.p))
                        return false;
                if (memcmp(p, text.p, text.n) == 0) {
                        *at = (size_t)(p - in.p);
                        return true;
                }
        }
        return false;
}

/* What stands between a word and the next quote; absent: the word is not there. */
static struct str
quoted(struct str head, struct str word)
{
        struct str value, rest;
        size_t at;

        if (!find(head, word, &at))
                return STR_NONE;
        head = (struct str){ head.p + at + word.n, head.n - at - word.n };
        return str_cut(head, '"', &value, &rest) ? value : STR_NONE;
}

/* One part off the front of what stands behind a boundary: its head and its content, up to the next boundary. */
static bool
take_part(struct str *rest, struct str boundary, struct str *head, struct str *content)
{
        size_t end;

        if (!str_starts(*rest, STR("\r\n")) || !find(*rest, STR("\r\n\r\n"), &end))
                return false;
        *head = (struct str){ rest->p, end };
        *rest = (struct str){ rest->p + end + 4, rest->n - end - 4 };
        if (!find(*rest, boundary, &end))
                return false;
        *content = (struct str){ rest->p, end };
        *rest = (struct str){ rest->p + end + boundary.n, rest->n - end - boundary.n };
        return true;
}

static const char *
type_of(struct str content)
{
        if (str_starts(content, STR("%PDF-")))
                return "pdf";
        if (str_starts(content, STR("\xff\xd8\xff")))
                return "jpg";
        return str_starts(content, STR("\x89PNG\r\n\x1a\n")) ? "png" : NULL;
}

bool
stripe_file_parse(struct call *c, struct stripe_file *f)
{
        struct str type = STR("multipart/form-data; boundary="), mark, head, content, rest = c->body;

        *f = (struct stripe_file){ .purpose = STR_NONE };
        if (!str_starts(c->content_type, type))
                return false;
        mark = str_fmt(c->arena, "\r\n--%.*s", (int)(c->content_type.n - type.n), c->content_type.p + type.n);
        if (!str_starts(rest, (struct str){ mark.p + 2, mark.n - 2 }))
                return false;
        rest = (struct str){ rest.p + mark.n - 2, rest.n - mark.n + 2 };
        while (take_part(&rest, mark, &head, &content)) {
                struct str name = quoted(head, STR(" name=\""));

                if (str_is(name, "purpose"))
                        f->purpose = content;
                if (!str_is(name, "file"))
                        continue;
                f->name = quoted(head, STR(" filename=\""));
                f->content = content;
                f->type = type_of(content);
                f->locked = str_starts(content, STR("%PDF-")) && memmem(content.p, content.n, "/Encrypt", 8) != NULL;
        }
        return str_starts(rest, STR("--")) && f->purpose.p != NULL && f->name.p != NULL;
}

bool
stripe_is_file_field(struct str field)
{
        static const char *const fields[] = {
                "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation",
                "receipt", "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
        };

        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
                if (str_is(field, fields[i]))
                        return true;
        return false;
}

static bool
file_find(struct books *b, struct str id, struct txn *t)
{
        int64_t row;

        return stripe_id_parse(id, "file", &row) && books_find(b, row, t) && t->kind == TXN_FILE;
}

bool
stripe_file_exists(struct books *b, struct str id)
{
        struct txn t;

        return file_find(b, id, &t);
}

void
stripe_file_get(struct call *c)
{
        struct json_out o = json_out_new(c->arena);
        struct txn t;

        if (!stripe_admit(c))
                return;
        if (!file_find(c->box->books, c->id, &t)) {
                stripe_refuse(c, &(struct stripe_error){ 404, "invalid_request_error", "resource_missing",
                    "No such file upload", "id" });
                return;
        }
        stripe_put_file(&o, NULL, c->arena, &t);
        call_answer(c, 200, "application/json", json_out_str(&o));
}

void
control_files(struct call *c)
{
        size_t n;
        const struct txn *t = books_select(c->box->books, &(struct txn_filter){ 0 }, c->arena, &n);
        struct json_out o = json_out_new(c->arena);

        jo_object(&o, NULL);
        jo_array(&o, "data");
        for (size_t i = 0; i < n; i++) {
                if (t[i].kind != TXN_FILE)
                        continue;
                jo_object(&o, NULL);
                jo_text(&o, "id", gateway_txn_id(c->arena, &t[i]));
                jo_text(&o, "filename", t[i].order);
                jo_text(&o, "type", t[i].data);
                jo_int(&o, "size", t[i].amount.minor);
                jo_text(&o, "sha256", t[i].house);
                jo_text(&o, "key", t[i].key);
                jo_end_object(&o);
        }
        jo_end_array(&o);
        jo_end_object(&o);
        call_answer(c, 200, "application/json", json_out_str(&o));
}
