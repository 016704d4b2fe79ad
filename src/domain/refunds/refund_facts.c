/* refund_facts.c - an order and its tickets as a refund sees them. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/refunds/refund_facts.h"
#include "io/stmt.h"

#include "domain/refunds/refunds.sql.def"

void
refund_facts_put(struct tx *tx, struct arena *a, int32_t org, struct uuid order)
{
        struct params p = params_in(a);

        param_i64(&p, org);
        param_uuid(&p, order);
        tx_put(tx, &stmt_refund_facts, &p);
        tx_put(tx, &stmt_refund_tickets, &p);
}

static void
read_tickets(struct arena *a, const struct rows *r, struct refund_facts *out)
{
        out->tickets = (size_t)r->n;
        out->ticket = ARENA_ARRAY(a, struct giveback_ticket, out->tickets + 1);
        out->ticket_id = ARENA_ARRAY(a, struct uuid, out->tickets + 1);
        out->ticket_status = ARENA_ARRAY(a, struct str, out->tickets + 1);
        out->ticket_paid = ARENA_ARRAY(a, int64_t, out->tickets + 1);
        for (int i = 0; i < r->n; i++) {
                size_t n;
                const int64_t *holds = row_i64_array(r, a, i, "holds", &n);

                CHECK(n * sizeof *holds == sizeof out->ticket[i].holds);
                memcpy(&out->ticket[i].holds, holds, sizeof out->ticket[i].holds);
                out->ticket_id[i] = row_uuid(r, i, "id");
                out->ticket_status[i] = row_text(r, i, "status");
                out->ticket_paid[i] = row_i64(r, i, "paid");
        }
}

bool
refund_facts_get(struct tx *tx, struct arena *a, struct refund_facts *out, struct err *e)
{
        struct rows r, tickets;

        if (!tx_get(tx, &r, e) || !tx_get(tx, &tickets, e))
                return false;
        if (r.n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such order");
        *out = (struct refund_facts){
                .organizer = row_uuid(&r, 0, "organizer_id"), .guest = row_uuid(&r, 0, "guest_id"),
                .person = row_uuid(&r, 0, "person"), .status = row_text(&r, 0, "status"),
                .currency = row_text(&r, 0, "currency"), .at = row_time(&r, a, 0, "at"),
                .total = row_i64(&r, 0, "total"), .refunded = row_i64(&r, 0, "refunded"),
                .disputed = row_i64(&r, 0, "disputed"), .fees_back = row_bool(&r, 0, "fees_back"),
                .frozen = row_bool(&r, 0, "frozen"), .stands = row_bool(&r, 0, "stands"),
                .window_open = row_bool(&r, 0, "window_open"), .allow_negative = row_bool(&r, 0, "allow_negative"),
                .captured = !row_is_null(&r, 0, "capture_id"), .live_refunds = row_i64(&r, 0, "live_refunds"),
                .contested = row_i64(&r, 0, "contested"),
                .own = { .pending = row_i64(&r, 0, "own_pending"), .reserve = row_i64(&r, 0, "own_reserve") },
                .taken = {
                        .available = row_i64(&r, 0, "from_available"),
                        .came_available = row_i64(&r, 0, "came_available"),
                        .matured = row_bool(&r, 0, "matured"),
                        .reserve_released = row_bool(&r, 0, "reserve_released"),
                },
        };
        read_tickets(a, &tickets, out);
        return true;
}

static bool
gives_nothing(const struct price_parts *p)
{
        static const struct price_parts none;

        return memcmp(p, &none, sizeof none) == 0;
}

void
refund_gives_params(struct params *q, struct arena *a, const struct refund_facts *f)
{
        struct uuid *ids = ARENA_ARRAY(a, struct uuid, f->tickets + 1);
        int64_t *parts = ARENA_ARRAY(a, int64_t, f->tickets * 7 + 1);
        size_t n = 0;

        for (size_t k = 0; k < f->tickets; k++) {
                if (gives_nothing(&f->ticket[k].gives))
                        continue;
                ids[n] = f->ticket_id[k];
                memcpy(parts + 7 * n++, &f->ticket[k].gives, sizeof f->ticket[k].gives);
        }
        param_uuid_array(q, ids, n);
        param_i64_array(q, parts, n * 7);
}
