/*
 * problem.c - struct err to the bytes that a caller sees. It decides nothing:
 * code, status, title and retryability stand in err.def, the words in the
 * detail are those of whoever failed. No Retry-After here: that is a header.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "io/json_write.h"
#include "io/problem.h"

#define PROBLEM_MAX     ((size_t)1024 * 1024)

/*
 * Details are cut to fixed sizes and may quote another system's words. A
 * problem is the last thing that may fail, so that what is not UTF-8 becomes
 * '?' instead of json_out_str()'s CHECK.
 */
static struct str
clean(struct arena *a, struct str s)
{
        char *z;

        if (str_is_utf8(s))
                return s;
        z = str_z(a, s);
        for (size_t i = 0; i < s.n; i++)
                if ((z[i] & 0x80) != 0)
                        z[i] = '?';
        return (struct str){ z, s.n };
}

static struct str
detail_of(struct arena *a, const struct err *e)
{
        if (e->code != ERR_INVALID_REQUEST || e->fields_n < 2)
                return e->detail[0] == '\0' ? str_of(err_info(e->code)->title) : clean(a, str_of(e->detail));
        if (e->fields_n <= ERR_FIELDS_MAX)
                return str_fmt(a, "%d fields can't be accepted", e->fields_n);
        return str_fmt(a, "%d fields can't be accepted; the first %d are listed", e->fields_n, ERR_FIELDS_MAX);
}

static void
put_fields(struct json_out *o, struct arena *a, const struct err *e)
{
        jo_array(o, "errors");
        for (int i = 0; i < e->fields_n && i < ERR_FIELDS_MAX; i++) {
                const struct err_field *f = &e->fields[i];

                jo_object(o, NULL);
                jo_text(o, "pointer", clean(a, str_of(f->pointer)));
                jo_z(o, "code", field_code_text(f->code));
                jo_text(o, "detail", clean(a, str_of(f->detail)));
                jo_end_object(o);
        }
        jo_end_array(o);
}

struct str
problem_json(struct arena *a, const struct err *e, const char *public_url, struct str request_id)
{
        const struct err_info *info = err_info(e->code);
        struct json_out o = json_out_new(a);
        struct str whole;
        struct buf b;

        CHECK(e->code != ERR_NONE);
        jo_object(&o, NULL);
        jo_text(&o, "type", str_fmt(a, "%s/problems#%s", public_url, info->code));
        jo_z(&o, "title", info->title);
        jo_int(&o, "status", info->status);
        jo_text(&o, "detail", detail_of(a, e));
        jo_z(&o, "code", info->code);
        jo_text(&o, "request_id", clean(a, request_id));
        jo_bool(&o, "retryable", info->retryable);
        if (e->code == ERR_INVALID_REQUEST && e->fields_n > 0)
                put_fields(&o, a, e);
        jo_end_object(&o);
        whole = json_out_str(&o);
        if (e->extra.n == 0)
                return whole;

        /* extra is members, not a value, which a generator can't take: they go in before the closing brace. */
        buf_init(&b, a, PROBLEM_MAX);
        buf_put(&b, (struct str){ whole.p, whole.n - 1 });
        buf_putc(&b, ',');
        buf_put(&b, e->extra);
        buf_putc(&b, '}');
        whole = buf_str(&b);
        CHECK(whole.p != NULL);
        return whole;
}
