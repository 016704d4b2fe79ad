/* risk_show.c - what is known of an organizer's disputes, as it may read it. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/risk/risk_inner.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/risk/risk.sql.def"

#define EVENTS_SHOWN 100

static void
put_window(struct json_out *j, int days, const struct risk_window *w)
{
        jo_object(j, NULL);
        jo_int(j, "days", days);
        jo_int(j, "disputes", w->disputes);
        jo_int(j, "charges", w->charges);
        jo_int(j, "ratio_bps", risk_ratio_bps(w->disputes, w->charges));
        jo_int(j, "disputed", w->disputed);
        jo_int(j, "charged", w->charged);
        jo_int(j, "amount_ratio_bps", risk_ratio_bps(w->disputed, w->charged));
        jo_end_object(j);
}

/* Without a row (-1): nothing was disputed in ninety days, and nothing counted. */
static void
put_row(struct json_out *j, struct arena *a, const struct rows *r, int i)
{
        struct risk_window w[RISK_WINDOWS];

        jo_text(j, "level", i < 0 ? STR("normal") : row_text(r, i, "level"));
        jo_int(j, "reserve_bps", i < 0 ? 0 : row_i64(r, i, "reserve_bps"));
        jo_int(j, "reserve_days", i < 0 ? 0 : row_i64(r, i, "reserve_days"));
        jo_text(j, "reason", i < 0 ? STR_NONE : row_text(r, i, "reason"));
        jo_text(j, "since", i < 0 ? STR_NONE : row_time(r, a, i, "since"));
        jo_text(j, "computed_at", i < 0 ? STR_NONE : row_time(r, a, i, "computed_at"));
        jo_array(j, "windows");
        if (i >= 0) {
                risk_windows_of(r, a, i, w);
                put_window(j, 30, &w[0]);
                put_window(j, 90, &w[1]);
        }
        jo_end_array(j);
}

static void
put_limits(struct json_out *j, const struct risk_rules *r)
{
        jo_object(j, "limits");
        jo_int(j, "warn_bps", r->warn_bps);
        jo_int(j, "act_bps", r->act_bps);
        jo_int(j, "least_disputes", r->least);
        jo_int(j, "reserve_bps", r->reserve_bps);
        jo_int(j, "reserve_days", r->reserve_days);
        jo_end_object(j);
}

static struct str
risk_view(struct task *t, struct uuid organizer, const struct rows *r)
{
        struct json_out j = json_out_new(t->arena);
        struct risk_rules rules = risk_rules_of(t->conf);
        int first = r->n > 0 && str_is(row_text(r, 0, "kind"), "organizer") ? 1 : 0, most = first + EVENTS_SHOWN;

        jo_object(&j, NULL);
        jo_z(&j, "object", "risk");
        jo_id(&j, "organizer", "org", organizer);
        put_row(&j, t->arena, r, first - 1);
        put_limits(&j, &rules);
        jo_array(&j, "events");
        for (int i = first; i < r->n && i < most; i++) {
                jo_object(&j, NULL);
                jo_id(&j, "event", "evt", row_uuid(r, i, "object_id"));
                put_row(&j, t->arena, r, i);
                jo_end_object(&j);
        }
        jo_end_array(&j);
        jo_end_object(&j);
        return json_out_str(&j);
}

bool
risk_show(struct task *t, int32_t org, struct uuid organizer, struct str *view, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, org);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_risk_list, &p, &r, e))
                return false;
        *view = risk_view(t, organizer, &r);
        return true;
}
