/* command_risks.c - of whom too much is disputed, and what is done about it. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/house/command_inner.h"
#include "io/db.h"
#include "io/stmt.h"

#include "domain/house/command.sql.def"

static void
risks_print(struct arena *a, const struct rows *r)
{
        char organizer[ID_TEXT_MAX], event[ID_TEXT_MAX];

        printf("%-30s %-30s %-7s %11s  %-27s %s\n", "organizer", "event", "level", "reserve_bps", "since", "reason");
        for (int i = 0; i < r->n; i++) {
                typeid_text("org", row_uuid(r, i, "organizer_id"), organizer);
                typeid_text("evt", row_uuid(r, i, "event_id"), event);
                printf("%-30s %-30s %-7.*s %11lld  %-27.*s %.*s\n", organizer,
                    row_is_null(r, i, "event_id") ? "all" : event, STR_ARG(row_text(r, i, "level")),
                    (long long)row_i64(r, i, "reserve_bps"), STR_ARG(row_time(r, a, i, "since")),
                    STR_ARG(row_text(r, i, "reason")));
        }
}

int
risks_list(const struct conf *c, const struct options *o UNUSED)
{
        return command_table(c, &stmt_risks_all, risks_print);
}
