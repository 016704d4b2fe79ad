/* command_batches.c - the refunds of cancelled events, as operators see and steer them. */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "domain/batches/batch.h"
#include "domain/house/command_inner.h"

#define BATCHES_SHOWN   100
#define FAILURES_SHOWN  100
#define WATCH_MS        500

int
refund_batches_list(const struct conf *c, const struct options *o UNUSED)
{
        struct task t;
        struct batch *b;
        struct err e = { .code = ERR_NONE };
        char id[ID_TEXT_MAX];
        size_t n;

        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!batches_list(&t, BATCHES_SHOWN, &b, &n, &e))
                return command_failed(&t, &e);
        printf("%-30s %-9s %8s %8s %8s %8s %8s %8s %14s %-4s %s\n", "event", "status", "orders", "done", "pending",
            "waiting", "disputed", "failed", "refunded", "", "cancelled");
        for (size_t i = 0; i < n; i++) {
                typeid_text("evt", b[i].event, id);
                printf("%-30s %-9.*s %8lld %8lld %8lld %8lld %8lld %8lld %14s %-4.*s %.*s\n", id, STR_ARG(b[i].status),
                    (long long)b[i].total, (long long)b[i].done, (long long)b[i].pending, (long long)b[i].waiting,
                    (long long)b[i].disputed, (long long)b[i].failed, command_decimal(&t, b[i].currency, b[i].amount),
                    STR_ARG(b[i].currency), STR_ARG(b[i].created_at));
        }
        task_close(&t);
        return EXIT_DONE;
}

static void
batch_print(struct task *t, const struct batch *b)
{
        char id[ID_TEXT_MAX];

        typeid_text("evt", b->event, id);
        printf("event      %s\nstatus     %.*s\n", id, STR_ARG(b->status));
        if (b->reason.p != NULL)
                printf("reason     %.*s\n", STR_ARG(b->reason));
        printf("orders     %lld: %lld done, %lld pending, %lld waiting, %lld disputed, %lld failed\n",
            (long long)b->total, (long long)b->done, (long long)b->pending, (long long)b->waiting,
            (long long)b->disputed, (long long)b->failed);
        printf("refunded   %s %.*s\ncancelled  %.*s\n", command_decimal(t, b->currency, b->amount),
            STR_ARG(b->currency), STR_ARG(b->created_at));
        if (b->ended_at.p != NULL)
                printf("ended      %.*s\n", STR_ARG(b->ended_at));
}

static bool
failures_print(struct task *t, const struct batch *b, struct err *e)
{
        struct batch_failure *f;
        char order[ID_TEXT_MAX], refund[ID_TEXT_MAX];
        size_t n;

        if (!batch_failures(t, b, FAILURES_SHOWN, &f, &n, e))
                return false;
        if (n > 0)
                printf("\n%-30s %-30s %s\n", "order", "refund", "why it failed");
        for (size_t i = 0; i < n; i++) {
                typeid_text("ord", f[i].order, order);
                typeid_text("ref", f[i].refund, refund);
                printf("%-30s %-30s %.*s\n", order, uuid_is_nil(f[i].refund) ? "-" : refund, STR_ARG(f[i].detail));
        }
        return true;
}

/* Until nothing moves any more. */
static bool
batch_watch(struct task *t, struct uuid event, struct batch *b, struct err *e)
{
        struct bar g = bar_new(0);
        bool ok = true;

        while ((ok = batch_find(t, event, b, e))) {
                g.all = b->total;
                g.done = b->total - b->waiting - b->pending;
                bar_draw(&g);
                if (str_is(b->status, "done") || str_is(b->status, "paused"))
                        break;
                arena_reset(t->arena);
                clock_sleep_ms(WATCH_MS);
        }
        bar_end(&g);
        return ok;
}

int
refund_batch_show(const struct conf *c, const struct options *o)
{
        struct task t;
        struct batch b;
        struct uuid event;
        struct err e = { .code = ERR_NONE };

        if (!command_id("EVENT", "evt", o->rest[0], &event) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!(o->watch ? batch_watch(&t, event, &b, &e) : batch_find(&t, event, &b, &e)))
                return command_failed(&t, &e);
        batch_print(&t, &b);
        if (!failures_print(&t, &b, &e))
                return command_failed(&t, &e);
        task_close(&t);
        return EXIT_DONE;
}

int
refund_batch_pause(const struct conf *c, const struct options *o)
{
        struct task t;
        struct uuid event;
        struct err e = { .code = ERR_NONE };

        if (!command_id("EVENT", "evt", o->rest[0], &event) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!batch_pause(&t, event, "operator", &e))
                return command_failed(&t, &e);
        task_close(&t);
        return EXIT_DONE;
}

int
refund_batch_resume(const struct conf *c, const struct options *o)
{
        struct task t;
        struct uuid event;
        struct err e = { .code = ERR_NONE };
        int64_t again;

        if (!command_id("EVENT", "evt", o->rest[0], &event) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!batch_resume(&t, event, "operator", &again, &e))
                return command_failed(&t, &e);
        task_close(&t);
        printf("%lld orders that had failed are tried again\n", (long long)again);
        return EXIT_DONE;
}
