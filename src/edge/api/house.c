/* house.c - health and the test clock. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/house/house.h"
#include "edge/api/api.h"
#include "io/json_write.h"
#include "io/kv.h"
#include "io/task.h"

#define ADVANCE_WAIT_MS         30000
#define ADVANCE_SECONDS_MAX     INT64_C(315360000)      /* ten years a step */

/* The process answers. */
bool
api_healthz(struct request *rq UNUSED, struct reply *rp, struct err *e UNUSED)
{
        return reply_json(rp, 200, STR("{\"status\":\"ok\"}"));
}

/* It could serve a payment: the database answers. Redis is told and does not decide. */
bool
api_readyz(struct request *rq, struct reply *rp, struct err *e)
{
        struct json_out o = json_out_new(rq->task->arena);
        struct house_state state;

        if (!house_state_get(rq->task, &state, e))
                return false;
        jo_object(&o, NULL);
        jo_z(&o, "status", state.recovering ? "recovering" : "ok");
        jo_z(&o, "database", "ok");
        jo_z(&o, "redis", kv_ping(rq->task->kv) ? "ok" : "down");
        jo_end_object(&o);
        return reply_json(rp, 200, json_out_str(&o));
}

static struct str
clock_view(struct arena *a, const struct house_clock *c)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_z(&o, "object", "test_clock");
        jo_text(&o, "now", c->now);
        jo_bool(&o, "quiet", c->quiet);
        jo_end_object(&o);
        return json_out_str(&o);
}

static bool
test_only(const struct request *rq, struct err *e)
{
        return conf_is_test(rq->task->conf) || err_set(e, ERR_NOT_FOUND, "a live installation has no test clock");
}

bool
api_clock_get(struct request *rq, struct reply *rp, struct err *e)
{
        struct house_clock c;

        return test_only(rq, e) && house_clock_get(rq->task, &c, e) &&
            reply_json(rp, 200, clock_view(rq->task->arena, &c));
}

static bool
advance_run(struct task *t, struct tx *tx, void *arg, struct answer *out, struct err *e)
{
        const int64_t *seconds = arg;
        struct house_clock c;

        if (!house_clock_move(t, tx, *seconds, &c, e))
                return false;
        *out = (struct answer){ .status = 200, .body = clock_view(t->arena, &c) };
        return true;
}

/* The key guards the step; what it waited for is told only to the first. */
bool
api_clock_advance(struct request *rq, struct reply *rp, struct err *e)
{
        struct json_reader r = json_reader_root(rq->task->arena, rq->json, e);
        int64_t seconds = json_get_int(&r, "seconds", REQUIRED, 0, ADVANCE_SECONDS_MAX, 0);
        struct house_clock c;
        struct answer a;

        if (!json_reader_close(&r) || !test_only(rq, e) ||
            !idem_run(rq->task, &rq->idem, advance_run, &seconds, &a, e))
                return false;
        if (a.replayed)
                return reply_answer(rp, &a);
        return house_clock_wait(rq->task, ADVANCE_WAIT_MS, &c, e) &&
            reply_json(rp, 200, clock_view(rq->task->arena, &c));
}
