/* command_risks.c - of whom too much is disputed, and what is done about it. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/house/command_inner.h"
#include "io/db.h"
#include "io/stmt.h"

#include "domain/house/command.sql.def"

#define RISKS_SHOWN 100

int
risks_list(const struct conf *c, const struct options *o UNUSED)
{
        struct task t;
        struct params p;
        struct rows r;
        struct err e = { .code = ERR_NONE };
        char organizer[ID_TEXT_MAX], event[ID_TEXT_MAX];

        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        p = params_in(t.arena);
        param_i64(&p, RISKS_SHOWN);
        if (!db_query(t.db, t.arena, &t.subject, &stmt_risks_all, &p, &r, &e))
                return command_failed(&t, &e);
        printf("%-30s %-30s %-7s %11s  %-27s %s\n", "organizer", "event", "level", "reserve_bps", "since", "reason");
        for (int i = 0; i < r.n; i++) {
                typeid_text("org", row_uuid(&r, i, "organizer_id"), organizer);
                typeid_text("evt", row_uuid(&r, i, "event_id"), event);
                printf("%-30s %-30s %-7.*s %11lld  %-27.*s %.*s\n", organizer,
                    row_is_null(&r, i, "event_id") ? "all" : event, STR_ARG(row_text(&r, i, "level")),
                    (long long)row_i64(&r, i, "reserve_bps"), STR_ARG(row_time(&r, t.arena, i, "since")),
                    STR_ARG(row_text(&r, i, "reason")));
        }
        task_close(&t);
        return EXIT_DONE;
}
