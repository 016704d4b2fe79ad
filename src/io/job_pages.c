/* job_pages.c - long work planned page by page, in turns. */
#include "base/base.h"
#include "base/clock.h"
#include "io/db.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "io/job.sql.def"

#define PAGE            100
#define TURN_MS         100             /* then other jobs have theirs */
#define OLDER_MS        1000            /* until the next look: the daemon never waits for them itself */

struct paging {
        const struct job *job;
        const struct stmt *page;
        struct arena *arena;
        struct uuid last;
};

static bool
page_tx(struct tx *tx, void *arg, struct err *e)
{
        struct paging *w = arg;
        struct params p = params_in(w->arena);
        struct rows r;

        tx_repeatable(tx);
        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        param_uuid(&p, w->last);
        param_i64(&p, PAGE);
        if (!tx_call(tx, w->page, &p, &r, e))
                return false;
        w->last = row_uuid(&r, 0, "last");
        return true;
}

/* The job's progress is the mark of older_over while it waits, then the last that was planned. */
bool
job_pages(struct task *t, const struct job *j, const struct stmt *page, bool *done, struct err *e)
{
        struct paging w = { .job = j, .page = page, .arena = t->arena };
        int64_t until = clock_mono_ms() + TURN_MS;
        char text[UUID_TEXT_MAX];

        *done = false;
        if (!uuid_parse(j->progress, &w.last)) {
                struct params p = params_in(t->arena);
                struct rows r;

                w.last = (struct uuid){ { 0 } };
                param_i64(&p, j->org);
                param_text(&p, j->progress);
                if (!db_query(t->db, t->arena, &t->subject, &stmt_older_over, &p, &r, e))
                        return false;
                if (!row_bool(&r, 0, "over"))
                        return job_turn(t, j, OLDER_MS, STR("transactions that began before are under way"),
                            row_text(&r, 0, "mark"), e);
        }
        do {
                if (!db_tx_run(t->db, t->arena, &t->subject, page_tx, &w, e))
                        return false;
        } while (!uuid_is_nil(w.last) && clock_mono_ms() < until);
        *done = uuid_is_nil(w.last);
        uuid_text(w.last, text);
        return *done || job_turn(t, j, 0, STR("there are more"), str_of(text), e);
}
