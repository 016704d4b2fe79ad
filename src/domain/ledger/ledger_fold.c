/*
 * ledger_fold.c - entries are taken into checkpoints: of one organizer when a
 * reader has seen a long tail, and of those that nobody reads, once a minute.
 * Neither calls the outside; the round runs apart, because it looks at every
 * organizer.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/log.h"
#include "domain/ledger/balance.h"
#include "io/db.h"
#include "io/fence.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/ledger/balance.sql.def"

#define AT_ONCE         10000                   /* entries a fold: some tens of milliseconds */
#define HELD_UP_MS      1000                    /* until a transaction that is open may have ended */
#define ROUND_MS        60000
#define ROUND_ORGS      1000
#define ROUND_MOST_MS   (INT64_C(300) * 1000)   /* by then its process is killed, and the job is anybody's */

static bool
tail_is_long(struct task *t, int32_t org, bool *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, org);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_tail, &p, &r, e))
                return false;
        *out = row_i64(&r, 0, "tail") > LEDGER_TAIL_LONG;
        return true;
}

bool
ledger_fold(struct task *t, const struct job *j, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;
        bool more = true;

        param_i64(&p, j->org);
        param_i64(&p, AT_ONCE);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_fold, &p, &r, e))
                return false;
        if (row_i64(&r, 0, "folded") >= AT_ONCE)
                return job_again(t, j, 0, STR("there is more"), false, e);
        /* While the job is there, readers don't ask again: what holds the horizon is waited for here. */
        if (!tail_is_long(t, j->org, &more, e))
                return false;
        return more ? job_again(t, j, HELD_UP_MS, STR("an older transaction is still open"), false, e)
            : job_finish(t, j, e);
}

static bool
folds_ask(struct task *t, int *asked, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, LEDGER_TAIL_LONG);
        param_i64(&p, ROUND_ORGS);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_folds_due, &p, &r, e))
                return false;
        for (*asked = 0; *asked < r.n; ++*asked) {
                struct params org = params_in(t->arena);

                param_i64(&org, row_i64(&r, *asked, "org"));
                if (!db_query(t->db, t->arena, &t->subject, &stmt_fold_ask, &org, NULL, e))
                        return false;
        }
        return true;
}

bool
ledger_fold_round(struct task *t, const struct job *j, struct err *e)
{
        int asked;

        fence_arm(t->fence, ROUND_MOST_MS);
        db_patience(t->db, ROUND_MS);
        if (!job_extend(t, j, ROUND_MOST_MS + JOB_LEASE_OVER_FENCE_MS, e) || !folds_ask(t, &asked, e))
                return false;
        if (asked > 0)
                log_info(&t->subject, "ledger.folds_asked", { "organizers", str_fmt(t->arena, "%d", asked) });
        return job_again(t, j, ROUND_MS, STR_NONE, false, e);
}
