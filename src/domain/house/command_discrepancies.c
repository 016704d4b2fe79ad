/* command_discrepancies.c - what the other side reports and the books can't explain, as operators look at it. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/house/command_inner.h"
#include "io/db.h"
#include "io/stmt.h"

#include "domain/house/command.sql.def"

static void
discrepancies_print(struct arena *a, const struct rows *r)
{
        printf("%-30s %-20s %12s %-3s %-30s %-24s %s\n", "discrepancy", "kind", "amount", "", "order", "since",
            "detail");
        for (int i = 0; i < r->n; i++) {
                char id[ID_TEXT_MAX], order[ID_TEXT_MAX] = "-";

                typeid_text("dis", row_uuid(r, i, "id"), id);
                if (!row_is_null(r, i, "order_id"))
                        typeid_text("ord", row_uuid(r, i, "order_id"), order);
                printf("%-30s %-20.*s %12lld %-3.*s %-30s %-24.*s %.*s\n", id, STR_ARG(row_text(r, i, "kind")),
                    (long long)row_i64(r, i, "amount"), STR_ARG(row_text(r, i, "currency")), order,
                    STR_ARG(row_time(r, a, i, "created_at")), STR_ARG(row_text(r, i, "detail")));
        }
}

int
discrepancies_list(const struct conf *c, const struct options *o UNUSED)
{
        return command_table(c, &stmt_discrepancies_list, discrepancies_print);
}
