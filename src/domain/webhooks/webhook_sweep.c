/*
 * webhook_sweep.c - each gateway's own list, page by page, against what we
 * have. It writes nothing but events that never arrived: applying them is the
 * same as for those that did.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "domain/house/house.h"
#include "domain/payments/payment_hear.h"
#include "domain/webhooks/webhook.h"
#include "io/db.h"
#include "io/fence.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/webhooks/webhooks.sql.def"

#define RECENT_S        (INT64_C(3) * 3600)
#define DAILY_S         (INT64_C(3) * 86400)
#define DAY_MS          (INT64_C(86400) * 1000)
#define RESTORE_RETRY_MS 1000
#define CURSOR_MAX      256
#define PAGE_ARENA_CAP  ((size_t)64 * 1024 * 1024)

struct sweep {
        struct task *task;
        const struct job *job;
        struct str gateway, since;
        int64_t seen, recovered;
};

static bool
is_known(const struct rows *missing, struct str id)
{
        for (int i = 0; i < missing->n; i++)
                if (str_eq(row_text(missing, i, "event_id"), id))
                        return false;
        return true;
}

static bool
take(struct sweep *s, const struct gateway_event *ev, struct err *e)
{
        struct task *t = s->task;
        struct webhook_ask ask = {
                .gateway = s->gateway, .event_id = ev->id, .type = ev->type, .body = ev->body, .recovered = true,
        };

        if (!webhook_take(t, &ask, e))
                return false;
        s->recovered++;
        log_warn(&t->subject, "webhook.recovered", { "gateway", s->gateway }, { "webhook", ev->id },
            { "type", ev->type });
        return true;
}

/*
 * One made from the list is of interest where the books differ. If it was
 * taken in before and they still do, the gateway is asked again.
 */
static bool
made_heard(struct sweep *s, const struct gateway_event *ev, bool known, struct err *e)
{
        struct heard heard;

        if (!payment_hear(s->task, ev, true, &heard, e))
                return false;
        if (heard.agrees)
                return true;
        return known ? payment_hear(s->task, ev, false, &heard, e) : take(s, ev, e);
}

static bool
page_compare(struct sweep *s, const struct gateway_events *page, struct err *e)
{
        struct task *t = s->task;
        struct str *ids = ARENA_ARRAY(t->arena, struct str, page->n + 1);
        struct params p = params_in(t->arena);
        struct rows missing;

        for (size_t i = 0; i < page->n; i++)
                ids[i] = page->event[i].id;
        param_text(&p, s->gateway);
        param_text_array(&p, ids, page->n);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_webhooks_missing, &p, &missing, e))
                return false;
        for (size_t i = 0; i < page->n; i++) {
                const struct gateway_event *ev = &page->event[i];
                bool known = is_known(&missing, ev->id);

                if (ev->made ? !made_heard(s, ev, known, e) : !known && !take(s, ev, e))
                        return false;
        }
        s->seen += (int64_t)page->n;
        return true;
}

/* A long list takes long: the lease and the fence go on with every page. */
static bool
still_ours(struct sweep *s, struct err *e)
{
        fence_arm(s->task->fence, s->task->conf->fence_ms);
        return job_extend(s->task, s->job, s->task->conf->fence_ms + JOB_LEASE_OVER_FENCE_MS, e);
}

static bool
gateway_compare(struct sweep *s, struct err *e)
{
        struct gateway_events page;
        char kept[CURSOR_MAX];
        struct str cursor = STR_NONE;

        do {
                if (!still_ours(s, e))
                        return false;
                gateway_events(s->task, s->gateway, s->since, cursor, &page);
                if (!page.asked)
                        return err_set(e, ERR_UNAVAILABLE, "the gateway %.*s does not tell its list: %.*s",
                            STR_ARG(s->gateway), STR_ARG(page.why));
                if (!page_compare(s, &page, e))
                        return false;
                if (page.next.n >= sizeof kept)
                        return err_set(e, ERR_INTERNAL, "a cursor of the gateway's list is too long");
                (void)snprintf(kept, sizeof kept, "%.*s", STR_ARG(page.next));
                cursor = page.next.p == NULL ? STR_NONE : str_of(kept);
                arena_reset(s->task->arena);    /* a page's memory goes with it: lists are long */
        } while (cursor.p != NULL);
        return true;
}

static bool
since_read(struct task *t, int64_t span_s, struct str *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64_or_null(&p, span_s > 0, span_s);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_sweep_since, &p, &r, e))
                return false;
        *out = row_time(&r, t->arena, 0, "since");
        return true;
}

static bool
all_compare(struct task *t, const struct job *j, int64_t span_s, struct err *e)
{
        /* Pages have an arena of their own: the job and what it began with stand in the task's. */
        struct task paged = *t;
        struct sweep s = { .task = &paged, .job = j };
        bool ok = true;

        if (!since_read(t, span_s, &s.since, e))
                return false;
        paged.arena = arena_new(PAGE_ARENA_CAP);
        for (size_t g = 0; ok && gateway_names[g] != NULL; g++) {
                s.gateway = str_of(gateway_names[g]);
                s.seen = s.recovered = 0;
                if (!gateway_usable(t->conf, s.gateway))
                        continue;
                ok = gateway_compare(&s, e);
                if (ok)
                        log_info(&t->subject, "webhooks.swept", { "gateway", s.gateway }, { "since", s.since },
                            { "seen", str_fmt(t->arena, "%lld", (long long)s.seen) },
                            { "recovered", str_fmt(t->arena, "%lld", (long long)s.recovered) });
        }
        arena_free(paged.arena);
        return ok;
}

/* It comes round whatever happened: a failure is logged, and never buries it. */
static bool
come_round(struct task *t, const struct job *j, int64_t span_s, int64_t period_ms, struct err *e)
{
        struct err why = { .code = ERR_NONE };
        bool ok = all_compare(t, j, span_s, &why);

        if (!ok)
                log_error(&t->subject, "webhooks.not_swept", { "detail", str_of(why.detail) },
                    { "next", STR("none if it passes: it comes round again; else see why the gateway tells no list") });
        return job_again(t, j, period_ms, ok ? STR_NONE : str_dup(t->arena, str_of(why.detail)), false, e);
}

bool
webhooks_sweep(struct task *t, const struct job *j, struct err *e)
{
        return come_round(t, j, RECENT_S, t->conf->sweep_seconds * 1000, e);
}

bool
webhooks_sweep_daily(struct task *t, const struct job *j, struct err *e)
{
        return come_round(t, j, DAILY_S, DAY_MS, e);
}

/*
 * What is taken in is not yet in the books: until it is, a guest could pay for
 * what is paid. So the list is compared again until nothing of it is left.
 */
bool
webhooks_sweep_restore(struct task *t, const struct job *j, struct err *e)
{
        struct err why = { .code = ERR_NONE };
        struct house_state began;
        struct uuid epoch;
        int64_t rest;

        if (!house_state_get(t, &began, e))
                return false;
        CHECK(uuid_parse(str_of(began.epoch), &epoch));
        if (!all_compare(t, j, 0, &why)) {
                log_error(&t->subject, "webhooks.not_swept", { "detail", str_of(why.detail) },
                    { "next", STR("charges wait for it: why does it not answer? or `boxoffice restore resume`") });
                return job_again(t, j, RESTORE_RETRY_MS, str_dup(t->arena, str_of(why.detail)), false, e);
        }
        if (!house_recovery_rest(t, &rest, e))
                return false;
        if (rest > 0)
                return job_again(t, j, RESTORE_RETRY_MS, STR("what was lost is being booked"), false, e);
        return house_recovery_end(t, "jobs", epoch, e) && job_finish(t, j, e);
}
