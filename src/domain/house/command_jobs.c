/* command_jobs.c - the table of jobs, as operators look at it. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/house/command_inner.h"
#include "io/db.h"
#include "io/stmt.h"

#include "domain/house/command.sql.def"

static void
jobs_print(struct arena *a, const struct rows *r)
{
        printf("%-11s %-22s %-36s %-32s %8s  %s\n", "organizer", "kind", "object", "due", "attempts", "state");
        for (int i = 0; i < r->n; i++)
                printf("%-11lld %-22.*s %-36.*s %-32.*s %8lld  %s %.*s\n", (long long)row_i64(r, i, "org"),
                    STR_ARG(row_text(r, i, "kind")), STR_ARG(row_text(r, i, "object_id")),
                    STR_ARG(row_time(r, a, i, "due_at")), (long long)row_i64(r, i, "attempts"),
                    !row_is_null(r, i, "buried_at") ? "buried" : !row_is_null(r, i, "lease") ? "running" : "waiting",
                    STR_ARG(row_text(r, i, "last_error")));
}

int
jobs_list(const struct conf *c, const struct options *o UNUSED)
{
        return command_table(c, &stmt_jobs_list, jobs_print);
}

/* ORGANIZER KIND OBJECT, as jobs list prints them. */
static int
jobs_change(const struct conf *c, const struct options *o, const struct stmt *st, bool actor)
{
        struct task t;
        struct params p;
        struct rows r;
        struct err e = { .code = ERR_NONE };
        struct uuid object;
        int64_t org;
        bool found;

        if (!str_to_i64(str_of(o->rest[0]), &org) || !uuid_parse(str_of(o->rest[2]), &object))
                return command_usage_error("give ORGANIZER KIND OBJECT as `boxoffice jobs list` prints them");
        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        p = params_in(t.arena);
        param_i64(&p, org);
        param_z(&p, o->rest[1]);
        param_uuid(&p, object);
        if (actor)
                param_z(&p, "operator");
        if (!db_query(t.db, t.arena, &t.subject, st, &p, &r, &e))
                return command_failed(&t, &e);
        found = row_bool(&r, 0, "found");
        task_close(&t);
        if (!found)
                fprintf(stderr, "boxoffice: there is no such job\n");
        return found ? EXIT_DONE : EXIT_NOT_FOUND;
}

int
jobs_retry(const struct conf *c, const struct options *o)
{
        return jobs_change(c, o, &stmt_job_revive, false);
}

int
jobs_cancel(const struct conf *c, const struct options *o)
{
        return jobs_change(c, o, &stmt_job_cancel, true);
}
