/* hook.c - each party's signature and id, then one way in for all. */
#include "base/base.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "domain/webhooks/webhook.h"
#include "edge/hook/hook.h"
#include "io/task.h"
#include "outside/gateway_event.h"
#include "outside/signature.h"

bool
hook_secrets_ok(const struct conf *c, FILE *complain)
{
        const struct {
                const char *name, *secrets;
        } all[] = {
                { "NMI", c->webhook_secret_nmi }, { "STRIPE", c->webhook_secret_stripe },
                { "RESEND", c->webhook_secret_resend },
        };
        bool ok = true;

        for (size_t i = 0; i < ARRAY_LEN(all); i++) {
                if (signature_secrets_ok(all[i].secrets))
                        continue;
                fprintf(complain, "boxoffice: BOXOFFICE_WEBHOOK_SECRET_%s must hold one secret, or two with a space "
                    "between\n", all[i].name);
                ok = false;
        }
        return ok;
}

static int64_t
now_s(void)
{
        return clock_wall_ms() / 1000;
}

/* A field that was sent twice says two things, and none of them counts. */
static struct str
only_header(const struct request *rq, const char *name)
{
        struct str head, rest, value = STR("");
        int n = 0;

        for (char *const *p = rq->params; p != NULL && *p != NULL; p++) {
                if (!str_cut(str_of(*p), '=', &head, &rest) || !str_is(head, name))
                        continue;
                value = rest;
                n++;
        }
        return n == 1 ? value : STR("");
}

static bool
signed_well(struct request *rq, const char *party, const char *secrets, enum signature verdict, struct err *e)
{
        static int64_t refused;         /* by this worker */
        struct str why = secrets == NULL ? STR("no secret is set") : verdict != SIGNATURE_STALE ? STR("bad signature")
            : str_is(str_of(party), "stripe") ? STR("too old") : STR("too old or too new");

        if (secrets != NULL && verdict == SIGNATURE_GOOD)
                return true;
        log_warn(&rq->task->subject, "webhook.refused", { "gateway", str_of(party) }, { "address", rq->remote_addr },
            { "why", why }, { "refused", str_fmt(rq->task->arena, "%lld", (long long)++refused) });
        return err_set(e, ERR_UNAUTHENTICATED, verdict == SIGNATURE_STALE
            ? "the signature's time is not within five minutes of ours" : "the signature is not that of this body");
}

static bool
take(struct request *rq, struct reply *rp, struct webhook_ask *ask, struct err *e)
{
        ask->body = rq->body;
        return webhook_take(rq->task, ask, e) && reply_json(rp, 200, STR("{\"received\":true}"));
}

/* Its sender meant it and gives up on it now: told to people, by the hash that its sender's log may show. */
static bool
unreadable(struct request *rq, struct str party, struct err *e)
{
        struct arena *a = rq->task->arena;
        unsigned char digest[SHA256_SIZE];

        sha256(rq->body, digest);
        log_error(&rq->task->subject, "webhook.unreadable", { "gateway", party },
            { "size", str_fmt(a, "%zu", rq->body.n) }, { "sha256", hex_encode(a, digest, sizeof digest) },
            { "next", STR("look for it in the sender's own list of webhooks; the payment that it is about: "
            "`boxoffice payments lookup`") });
        return err_set(e, ERR_INVALID_JSON, "the body is no event: a JSON object with an id and a type");
}

static bool
has_head(struct request *rq, struct webhook_ask *ask, struct err *e)
{
        return gateway_event_head(rq->task->arena, ask->gateway, rq->body, &ask->event_id, &ask->type) ||
            unreadable(rq, ask->gateway, e);
}

bool
hook_nmi(struct request *rq, struct reply *rp, struct err *e)
{
        struct task *t = rq->task;
        const char *secrets = t->conf->webhook_secret_nmi;
        struct webhook_ask ask = { .gateway = STR("nmi") };

        return signed_well(rq, "nmi", secrets,
            signature_nmi(t->arena, only_header(rq, "HTTP_WEBHOOK_SIGNATURE"), rq->body, str_of(secrets)), e) &&
            has_head(rq, &ask, e) && take(rq, rp, &ask, e);
}

bool
hook_stripe(struct request *rq, struct reply *rp, struct err *e)
{
        struct task *t = rq->task;
        const char *secrets = t->conf->webhook_secret_stripe;
        struct webhook_ask ask = { .gateway = STR("stripe") };

        return signed_well(rq, "stripe", secrets,
            signature_stripe(t->arena, only_header(rq, "HTTP_STRIPE_SIGNATURE"), rq->body, str_of(secrets), now_s()),
            e) &&
            has_head(rq, &ask, e) && take(rq, rp, &ask, e);
}

/* Standard Webhooks, under the names of Svix that this party uses, or the standard's own. */
bool
hook_resend(struct request *rq, struct reply *rp, struct err *e)
{
        struct task *t = rq->task;
        const char *secrets = t->conf->webhook_secret_resend;
        bool svix = request_header(rq, "HTTP_SVIX_ID").n > 0;
        struct str id = only_header(rq, svix ? "HTTP_SVIX_ID" : "HTTP_WEBHOOK_ID");
        struct str time = only_header(rq, svix ? "HTTP_SVIX_TIMESTAMP" : "HTTP_WEBHOOK_TIMESTAMP");
        struct str signature = only_header(rq, svix ? "HTTP_SVIX_SIGNATURE" : "HTTP_WEBHOOK_SIGNATURE");
        struct webhook_ask ask = { .gateway = STR("resend") };

        if (!signed_well(rq, "resend", secrets,
            signature_standard(t->arena, id, time, signature, rq->body, str_of(secrets), now_s()), e) ||
            !has_head(rq, &ask, e))
                return false;
        if (!gateway_event_is_id(id))
                return unreadable(rq, ask.gateway, e);
        ask.event_id = id;              /* the signed one; bodies have none */
        return take(rq, rp, &ask, e);
}
