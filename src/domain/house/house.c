/* house.c - asking and moving the house's own state. */
#include "base/base.h"
#include "base/clock.h"
#include "domain/house/house.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/house/house.sql.def"

#define QUIET_POLL_MS   50

static void
clock_of_row(struct task *t, const struct rows *r, struct house_clock *out)
{
        out->now = row_time(r, t->arena, 0, "at");
        out->quiet = row_bool(r, 0, "quiet");
}

bool
house_clock_get(struct task *t, struct house_clock *out, struct err *e)
{
        struct rows r;

        if (!db_query(t->db, t->arena, &t->subject, &stmt_clock_get, NULL, &r, e))
                return false;
        clock_of_row(t, &r, out);
        return true;
}

bool
house_clock_move(struct task *t, struct tx *tx, int64_t seconds, struct house_clock *out, struct err *e)
{
        struct params p = params_in(t->arena), none = params_in(t->arena);
        struct rows r;

        param_i64(&p, seconds);
        if (!tx_call(tx, &stmt_clock_advance, &p, NULL, e) || !tx_call(tx, &stmt_clock_get, &none, &r, e))
                return false;
        clock_of_row(t, &r, out);
        return true;
}

bool
house_clock_wait(struct task *t, int64_t wait_ms, struct house_clock *out, struct err *e)
{
        int64_t until = clock_mono_ms() + wait_ms;

        for (;;) {
                if (!house_clock_get(t, out, e))
                        return false;
                if (out->quiet || clock_mono_ms() >= until)
                        return true;
                clock_sleep_ms(QUIET_POLL_MS);
        }
}

bool
house_state_get(struct task *t, struct house_state *out, struct err *e)
{
        struct rows r;

        if (!db_query(t->db, t->arena, &t->subject, &stmt_house_get, NULL, &r, e))
                return false;
        uuid_text(row_uuid(&r, 0, "epoch"), out->epoch);
        uuid_text(row_uuid(&r, 0, "house"), out->house);
        out->recovering = row_bool(&r, 0, "recovering");
        return true;
}

const struct house_state *
house_state(struct task *t)
{
        static struct {
                struct house_state state;
                int64_t until_ms;
        } cached;                       /* the process's own; all of a host's see a change within HOUSE_FRESH_MS */
        struct err e = { .code = ERR_NONE };
        int64_t now = clock_mono_ms();

        if (now < cached.until_ms)
                return &cached.state;
        if (!house_state_get(t, &cached.state, &e))
                return NULL;
        cached.until_ms = now + HOUSE_FRESH_MS; /* from before it was asked */
        return &cached.state;
}

bool
house_epoch_renew(struct task *t, bool recovering, struct uuid *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_bool(&p, recovering);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_epoch_renew, &p, &r, e))
                return false;
        *out = row_uuid(&r, 0, "epoch");
        clock_sleep_ms(2 * (int64_t)HOUSE_FRESH_MS);
        return true;
}

bool
house_recovery_rest(struct task *t, int64_t *rest, struct err *e)
{
        struct rows r;

        if (!db_query(t->db, t->arena, &t->subject, &stmt_recovery_rest, NULL, &r, e))
                return false;
        *rest = row_i64(&r, 0, "rest");
        return true;
}

bool
house_recovery_end(struct task *t, const char *actor, struct uuid epoch, struct err *e)
{
        struct params p = params_in(t->arena);

        param_z(&p, actor);
        param_uuid_or_null(&p, epoch);
        return db_query(t->db, t->arena, &t->subject, &stmt_recovery_end, &p, NULL, e);
}
