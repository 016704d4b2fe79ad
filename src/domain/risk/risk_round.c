/*
 * risk_round.c - the job that counts disputes, organizer after organizer. It
 * calls nobody outside, but runs apart: it reads ninety days of orders.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "domain/risk/risk_inner.h"
#include "io/fence.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/risk/risk.sql.def"

#define PATIENCE_MS     60000
#define MOST_MS         (INT64_C(300) * 1000)   /* by then its process is killed, and the job is anybody's */

static const char *const level_words[] = {
        [RISK_NORMAL] = "normal", [RISK_WARNED] = "warned", [RISK_RAISED] = "raised",
};

const char *
risk_level_word(enum risk_level level)
{
        return level_words[level];
}

enum risk_level
risk_level_of(struct str word)
{
        return str_is(word, "raised") ? RISK_RAISED : str_is(word, "warned") ? RISK_WARNED : RISK_NORMAL;
}

void
risk_windows_of(const struct rows *r, struct arena *a, int row, struct risk_window w[RISK_WINDOWS])
{
        size_t n;
        const int64_t *f = row_i64_array(r, a, row, "figures", &n);

        CHECK(n == RISK_WINDOWS * 4);
        for (int i = 0; i < RISK_WINDOWS; i++, f += 4)
                w[i] = (struct risk_window){ .disputes = f[0], .charges = f[1], .disputed = f[2], .charged = f[3] };
}

static void
tell(struct task *t, int32_t org, struct str kind, struct uuid object, const struct risk_verdict *v)
{
        char id[ID_TEXT_MAX];

        typeid_text(str_is(kind, "event") ? "evt" : "org", object, id);
        log_warn(&t->subject, "risk.changed", { "organizer", str_fmt(t->arena, "%d", org) }, { "object", str_of(id) },
            { "level", str_of(risk_level_word(v->level)) },
            { "reason", v->level == RISK_NORMAL ? STR("no ratio reaches a limit any more") : v->reason });
}

static bool
set_one(struct task *t, int32_t org, const struct rows *r, int i, const struct risk_rules *rules, struct err *e)
{
        struct uuid object = row_uuid(r, i, "object_id");
        struct str kind = row_text(r, i, "kind");
        struct params p = params_in(t->arena);
        struct risk_window w[RISK_WINDOWS];
        struct risk_verdict v;
        struct rows set;
        size_t n;

        risk_windows_of(r, t->arena, i, w);
        v = risk_judge(t->arena, w, risk_level_of(row_text(r, i, "level")), rules);
        param_i64(&p, org);
        param_uuid(&p, object);
        param_text(&p, kind);
        param_i64_array(&p, row_i64_array(r, t->arena, i, "figures", &n), RISK_WINDOWS * 4);
        param_z(&p, risk_level_word(v.level));
        param_i64(&p, v.level == RISK_RAISED ? rules->reserve_bps : 0);
        param_i64(&p, v.level == RISK_RAISED ? rules->reserve_days : 0);
        param_text(&p, v.reason);
        param_text(&p, t->subject.request_id);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_risk_set, &p, &set, e))
                return false;
        if (row_bool(&set, 0, "moved"))
                tell(t, org, kind, object, &v);
        return true;
}

static bool
count_org(struct task *t, int32_t org, const struct risk_rules *rules, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, org);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_risk_facts, &p, &r, e))
                return false;
        for (int i = 0; i < r.n; i++)
                if (!set_one(t, org, &r, i, rules, e))
                        return false;
        return true;
}

/* One that can't be counted keeps its level, and does not hold up the others. */
static bool
count_all(struct task *t, struct err *e)
{
        struct risk_rules rules = risk_rules_of(t->conf);
        struct rows r;

        if (!db_query(t->db, t->arena, &t->subject, &stmt_risk_orgs, NULL, &r, e))
                return false;
        for (int i = 0; i < r.n; i++) {
                struct err why = { .code = ERR_NONE };

                if (!count_org(t, (int32_t)row_i64(&r, i, "org"), &rules, &why))
                        log_error(&t->subject, "risk.not_counted",
                            { "organizer", str_fmt(t->arena, "%lld", (long long)row_i64(&r, i, "org")) },
                            { "detail", str_of(why.detail) }, { "next", STR("none if it passes within some hours") });
        }
        return true;
}

bool
risk_round(struct task *t, const struct job *j, struct err *e)
{
        struct params p = params_in(t->arena);

        fence_arm(t->fence, MOST_MS);
        db_patience(t->db, PATIENCE_MS);
        if (!job_extend(t, j, MOST_MS + JOB_LEASE_OVER_FENCE_MS, e) || !count_all(t, e))
                return false;
        param_i64(&p, j->org);
        param_text(&p, j->kind);
        param_uuid(&p, j->object);
        param_uuid(&p, j->lease);
        return db_query(t->db, t->arena, &t->subject, &stmt_risk_next, &p, NULL, e);
}
