/* event.c - from a row to what is told of it. */
#include "base/base.h"
#include "base/arena.h"
#include "base/secret.h"
#include "sandbox/event.h"

#include <inttypes.h>

static const struct {
        enum txn_gateway gateway;
        enum txn_kind kind;
        bool approved;
        const char *type;
} events[] = {
#define EVENT(gateway, kind, approved, type) { TXN_##gateway, TXN_##kind, approved, type },
#include "sandbox/event.def"
#undef EVENT
};

size_t
event_types(const struct txn *t, const char *type[EVENTS_A_ROW])
{
        bool approved = t->code == BOOKS_CODE_APPROVED;
        size_t n = 0;

        for (size_t i = 0; i < ARRAY_LEN(events) && n < EVENTS_A_ROW; i++)
                if (events[i].gateway == t->gateway && events[i].kind == t->kind && events[i].approved == approved)
                        type[n++] = events[i].type;
        return n;
}

int64_t
event_number(int64_t row, size_t place)
{
        return row * EVENTS_A_ROW + (int64_t)place;
}

/* NMI's are UUIDs. */
static struct str
nmi_id(struct arena *a, int64_t number)
{
        unsigned char hash[SHA256_SIZE];
        struct str h;

        sha256(str_fmt(a, "event %" PRId64, number), hash);
        hash[6] = (unsigned char)(0x40 | (hash[6] & 0x0f));
        hash[8] = (unsigned char)(0x80 | (hash[8] & 0x3f));
        h = hex_encode(a, hash, 16);
        return str_fmt(a, "%.8s-%.4s-%.4s-%.4s-%.12s", h.p, h.p + 8, h.p + 12, h.p + 16, h.p + 20);
}

struct str
event_id(struct arena *a, enum txn_gateway g, int64_t number)
{
        return g == TXN_NMI ? nmi_id(a, number) : str_fmt(a, "evt_1Sandbox%016" PRId64, number);
}

/* What later rows have made of this one is taken back. */
static void
as_entered(struct txn *t)
{
        t->status = t->code == BOOKS_CODE_APPROVED ? TXN_APPROVED : TXN_DECLINED;
        t->updated_ms = t->created_ms;
        if (t->kind != TXN_REFUND)
                t->refunded = 0;
        t->disputed = 0;
        t->captured_by = t->voided_by = t->disputed_by = t->settled_by = t->failed_by = NULL;
        t->drafted_by = t->answered_by = t->closed_by = NULL;
}

/* *out as it was just after the row `at`; rows point to rows that never change or came before. */
static bool
scene_of_charge(struct books *b, int64_t id, int64_t at, struct txn *out)
{
        struct txn now;

        if (!books_find(b, id, &now))
                return false;
        *out = now;
        if (id == at) {
                as_entered(out);
                return true;
        }
        if (out->captured_by != NULL && out->captured_by->id > at)
                out->captured_by = NULL;
        if (out->voided_by != NULL && out->voided_by->id > at) {
                out->voided_by = NULL;
                out->status = TXN_APPROVED;
        }
        if (out->settled_by != NULL && out->settled_by->id > at)
                out->settled_by = NULL;
        while (out->disputed_by != NULL && out->disputed_by->id > at)
                out->disputed_by = out->disputed_by->disputed_by;
        return true;
}

/* The dispute as it was just after the scene's row, which may be a step of it or the dispute itself. */
static bool
scene_of_dispute(struct books *b, struct event_scene *s)
{
        struct txn *d = &s->dispute;
        const struct txn *step = &s->row;

        if (!books_find(b, step->kind == TXN_DISPUTE ? step->id : step->original, d))
                return false;
        if (d->drafted_by != NULL && d->drafted_by->id > step->id)
                d->drafted_by = NULL;
        if (d->answered_by != NULL && d->answered_by->id > step->id)
                d->answered_by = NULL;
        d->closed_by = NULL;
        if (step->kind == TXN_DRAFT)
                d->drafted_by = step;
        if (step->kind == TXN_WON || step->kind == TXN_LOST)
                d->closed_by = step;
        return true;
}

bool
event_scene(struct books *b, int64_t row, struct event_scene *out)
{
        *out = (struct event_scene){ 0 };
        if (!books_find(b, row, &out->row))
                return false;
        if (out->row.kind >= TXN_DISPUTE)
                return scene_of_dispute(b, out) && scene_of_charge(b, out->dispute.original, row, &out->charge);
        if (out->row.kind == TXN_FAIL)
                return books_find(b, out->row.original, &out->refund) &&
                    scene_of_charge(b, out->refund.original, row, &out->charge);
        if (!scene_of_charge(b, out->row.original == 0 ? row : out->row.original, row, &out->charge))
                return false;
        if (out->row.kind == TXN_REFUND) {
                as_entered(&out->row);
                out->refund = out->row;
                out->charge.refunded = out->row.refunded;
        }
        if (out->row.original == 0)
                out->row = out->charge;
        return true;
}

bool
event_body(struct books *b, struct arena *a, int64_t number, struct str *body)
{
        const char *type[EVENTS_A_ROW];
        size_t place = (size_t)(number % EVENTS_A_ROW);
        struct event_scene s;
        struct str id;

        if (number < 0 || !event_scene(b, number / EVENTS_A_ROW, &s) || place >= event_types(&s.row, type))
                return false;
        id = event_id(a, s.row.gateway, number);
        *body = s.row.gateway == TXN_NMI ? nmi_event_body(a, &s, id, type[place]) :
            stripe_event_body(a, &s, id, type[place]);
        return true;
}
