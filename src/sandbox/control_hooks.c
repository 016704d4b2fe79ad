/* control_hooks.c - what became of the webhooks, and sending them again. */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "io/json_read.h"
#include "io/json_write.h"
#include "sandbox/call.h"
#include "sandbox/control.h"
#include "sandbox/hook.h"
#include "sandbox/nmi.h"

#define ROW_ARENA_MAX   ((size_t)64 * 1024)
#define COUNT_MAX       1000

static struct str
hook_view(struct arena *a, const struct hook_event *v)
{
        struct json_out o = json_out_new(a);
        char at[RFC3339_MAX];

        clock_rfc3339(v->created_ms, at);
        jo_object(&o, NULL);
        jo_text(&o, "id", event_id(a, v->gateway, v->number));
        jo_z(&o, "type", v->type);
        jo_z(&o, "gateway", txn_gateway_word(v->gateway));
        jo_z(&o, "created_at", at);
        jo_int(&o, "attempts", v->attempts);
        jo_bool(&o, "delivered", v->state == HOOK_DELIVERED);
        jo_bool(&o, "dropped", v->state == HOOK_DROPPED);
        jo_int(&o, "last_status", v->last_status);
        jo_end_object(&o);
        return json_out_str(&o);
}

void
control_webhooks(struct call *c)
{
        struct arena *a = arena_new(ROW_ARENA_MAX);
        size_t n, pending;
        const struct hook_event *v = hooks_list(c->box->hooks, c->arena, &n, &pending);

        call_begin(c, 200, "application/json");
        call_put(c, str_fmt(c->arena, "{\"pending\":%zu,\"data\":[", pending));
        for (size_t i = 0; i < n; i++) {
                call_put(c, i == 0 ? STR("") : STR(","));
                call_put(c, hook_view(a, &v[i]));
                arena_reset(a);
        }
        call_put(c, STR("]}"));
        arena_free(a);
}

/* "2026-11-24T22:50:39..." in UTC, to the second, as NMI's form of a time. */
static bool
since_parse(struct arena *a, struct str s, int64_t *ms)
{
        const char *p = s.p;

        return s.n >= 20 && s.p[s.n - 1] == 'Z' && nmi_time_parse(
            str_fmt(a, "%.4s%.2s%.2s%.2s%.2s%.2s", p, p + 5, p + 8, p + 11, p + 14, p + 17), ms);
}

void
control_webhooks_replay(struct call *c)
{
        struct err e = { 0 };
        struct json_reader r;
        struct json *root;
        int64_t count, since_ms = INT64_MIN, events, sent;
        struct str since;
        bool shuffle;

        if (!json_parse(c->arena, c->body.n == 0 ? STR("{}") : c->body, &root, &e)) {
                control_refuse(c, &e);
                return;
        }
        r = json_reader_root(c->arena, root, &e);
        count = json_get_int(&r, "count", OPTIONAL, 1, COUNT_MAX, 1);
        shuffle = json_get_bool(&r, "shuffle", OPTIONAL, false);
        since = json_get_time(&r, "since", OPTIONAL);
        if (since.p != NULL && !since_parse(c->arena, since, &since_ms))
                json_complain(&r, "since", FIELD_OUT_OF_RANGE, "is not a time in UTC");
        if (!json_reader_close(&r)) {
                control_refuse(c, &e);
                return;
        }
        hooks_replay(c->box->hooks, since_ms, count, shuffle, &events, &sent);
        struct json_out o = json_out_new(c->arena);

        jo_object(&o, NULL);
        jo_int(&o, "events", events);
        jo_int(&o, "sent", sent);
        jo_end_object(&o);
        call_answer(c, 200, "application/json", json_out_str(&o));
}
