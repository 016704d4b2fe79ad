/* house.c - asking and moving the house's own state. */
#include "base/base.h"
#include "base/clock.h"
#include "domain/house/house.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/house/house.sql.def"

#define QUIET_POLL_MS   50

bool
house_clock_get(struct task *t, struct house_clock *out, struct err *e)
{
        struct rows r;

        if (!db_query(t->db, t->arena, &t->subject, &stmt_clock_get, NULL, &r, e))
                return false;
        out->now = row_time(&r, t->arena, 0, "at");
        out->quiet = row_bool(&r, 0, "quiet");
        return true;
}

static bool
advance_tx(struct tx *tx, void *arg, struct err *e)
{
        return tx_call(tx, &stmt_clock_advance, arg, NULL, e);
}

bool
house_clock_advance(struct task *t, int64_t seconds, int64_t wait_ms, struct house_clock *out, struct err *e)
{
        struct params p = params_in(t->arena);
        int64_t until = clock_mono_ms() + wait_ms;

        param_i64(&p, seconds);
        if (!db_tx_run(t->db, t->arena, &t->subject, advance_tx, &p, e))
                return false;
        for (;;) {
                if (!house_clock_get(t, out, e))
                        return false;
                if (out->quiet || clock_mono_ms() >= until)
                        return true;
                clock_sleep_ms(QUIET_POLL_MS);
        }
}

bool
house_epoch_get(struct task *t, struct house_epoch *out, struct err *e)
{
        struct rows r;

        if (!db_query(t->db, t->arena, &t->subject, &stmt_epoch_get, NULL, &r, e))
                return false;
        out->epoch = row_uuid(&r, 0, "epoch");
        out->recovering = row_bool(&r, 0, "recovering");
        return true;
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
        return true;
}

bool
house_recovery_end(struct task *t, struct err *e)
{
        return db_query(t->db, t->arena, &t->subject, &stmt_recovery_end, NULL, NULL, e);
}
