/* jobs.c - jobs.def expanded, and the retry of what failed. */
#include "base/base.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/secret.h"
#include "domain/batches/batch.h"
#include "domain/catalog/catalog.h"
#include "domain/disputes/dispute.h"
#include "domain/evidence/evidence.h"
#include "domain/jobs/jobs.h"
#include "domain/ledger/balance.h"
#include "domain/orders/order.h"
#include "domain/payments/payment.h"
#include "domain/refunds/refund.h"
#include "domain/risk/risk.h"
#include "domain/verify/verify.h"
#include "domain/webhooks/webhook.h"
#include "io/task.h"

#define RETRY_FIRST_MS  1000
#define RETRY_MOST_MS   300000

static const struct {
        const char *kind;
        bool (*run)(struct task *t, const struct job *j, struct err *e);
        bool calls_out;
} kinds[] = {
#define JOB(kind, function, calls_out) { kind, function, calls_out },
#include "domain/jobs/jobs.def"
#undef JOB
};

static int
kind_of(const struct job *j)
{
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                if (str_is(j->kind, kinds[i].kind))
                        return (int)i;
        return -1;
}

bool
jobs_calls_out(const struct job *j)
{
        int k = kind_of(j);

        return k >= 0 && kinds[k].calls_out;
}

/* Doubling from a second, half of it by chance. */
static int64_t
retry_delay_ms(int64_t attempts)
{
        int64_t ms = job_backoff_ms(attempts, RETRY_FIRST_MS, RETRY_MOST_MS);
        unsigned char r;

        random_bytes(&r, 1);
        return ms / 2 + ms / 2 * r / 255;
}

void
jobs_run(struct task *t, const struct job *j)
{
        struct err e = { .code = ERR_NONE }, again = { .code = ERR_NONE };
        int k = kind_of(j);
        struct str why;
        char object[UUID_TEXT_MAX];

        t->subject.request_id = j->request_id;
        if (k >= 0 && kinds[k].run(t, j, &e))
                return;
        if (k < 0)
                (void)err_set(&e, ERR_INTERNAL, "this daemon knows no such kind of job");
        uuid_text(j->object, object);
        log_warn(&t->subject, "job.failed", { "kind", j->kind }, { "object", str_of(object) },
            { "code", str_of(err_info(e.code)->code) }, { "detail", str_of(e.detail) });
        why = str_fmt(t->arena, "%s: %s", err_info(e.code)->code, e.detail);
        if (!job_again(t, j, retry_delay_ms(j->attempts), why,
            e.code != ERR_UNAVAILABLE && e.code != ERR_RECOVERING, &again))
                log_error(&t->subject, "job.not_rescheduled", { "kind", j->kind }, { "detail", str_of(again.detail) },
                    { "next", STR("none: it runs again when its lease has ended") });
}
