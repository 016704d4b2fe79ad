/* call.c - answers as CGI headers and bytes. A peer that has left is no failure here: the books are what counts. */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/secret.h"
#include "io/http.h"
#include "io/json_write.h"
#include "sandbox/call.h"

#include <fcgiapp.h>
#include <limits.h>
#include <stdatomic.h>

#define PAUSE_STEP_MS   50
#define FIELD_MAX       255

static atomic_bool pauses_ended;

void
call_put(struct call *c, struct str piece)
{
        if (piece.n > 0 && piece.n <= INT_MAX)
                (void)FCGX_PutStr(piece.p, (int)piece.n, c->out);
}

bool
call_flush(struct call *c)
{
        return FCGX_FFlush(c->out) == 0;
}

static void
put_head(struct call *c, int status, const char *type)
{
        call_put(c, str_fmt(c->arena, "Status: %d\r\nContent-Type: %s\r\n", status, type));
        call_put(c, c->headers);
        if (c->unbuffered)
                call_put(c, STR("X-Accel-Buffering: no\r\n"));
}

void
call_begin(struct call *c, int status, const char *type)
{
        put_head(c, status, type);
        call_put(c, STR("\r\n"));
}

void
call_answer(struct call *c, int status, const char *type, struct str body)
{
        put_head(c, status, type);
        call_put(c, str_fmt(c->arena, "Content-Length: %zu\r\n\r\n", body.n));
        call_put(c, body);
}

void
call_refuse(struct call *c, int status, const char *detail)
{
        struct json_out o = json_out_new(c->arena);

        jo_object(&o, NULL);
        jo_z(&o, "error", detail);
        jo_end_object(&o);
        call_answer(c, status, "application/json", json_out_str(&o));
}

void
call_drop(struct call *c)
{
        call_put(c, STR("X-Accel-Redirect: /_drop\r\n\r\n"));
}

void
call_pause(int64_t ms)
{
        int64_t until = clock_mono_ms() + ms;

        for (;;) {
                int64_t left = until - clock_mono_ms();

                if (left <= 0 || atomic_load(&pauses_ended))
                        return;
                clock_sleep_ms(left < PAUSE_STEP_MS ? left : PAUSE_STEP_MS);
        }
}

void
call_pauses_end(void)
{
        atomic_store(&pauses_ended, true);
}

static bool
form_names(struct str form, const char *name)
{
        struct str pair, key, value;

        for (bool more = true; more;) {
                more = str_cut(form, '&', &pair, &form);
                (void)str_cut(pair, '=', &key, &value);
                if (str_is(key, name))
                        return true;
        }
        return false;
}

struct str
call_field(struct call *c, struct str form, const char *name)
{
        struct str value;

        if (form_value(c->arena, form, name, &value))
                return value.n > 0 ? value : STR_NONE;
        return form_names(form, name) ? CALL_UNREADABLE : STR_NONE;
}

bool
call_key_is(struct str given, struct str right)
{
        return right.n > 0 && given.n == right.n && secret_eq(given.p, right.p, right.n);
}

bool
call_text_is(struct str s, size_t max)
{
        if (s.n > max || !str_is_utf8(s))
                return false;
        for (size_t i = 0; i < s.n; i++) {
                unsigned char ch = (unsigned char)s.p[i];
                bool c1 = ch == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0;       /* U+0080..U+009F */

                if ((ch < 0x20 && ch != '\n' && ch != '\r' && ch != '\t') || ch == 0x7f || c1)
                        return false;
        }
        return true;
}

bool
call_text_fits(struct str s)
{
        if (!call_text_is(s, FIELD_MAX))
                return false;
        for (size_t i = 0; i < s.n; i++)
                if ((unsigned char)s.p[i] < 0x20)
                        return false;
        return true;
}
