/* gate.c - admission, in the order of gate.h. */
#include "base/base.h"
#include "base/arena.h"
#include "base/secret.h"
#include "edge/gate.h"
#include "io/task.h"

static bool
body_fits(const struct request *rq, struct err *e)
{
        if (rq->route->body == BODY_NONE) {
                if (rq->body.n > 0 && !str_is(str_trim(rq->body), "{}"))
                        return err_set(e, ERR_INVALID_REQUEST, "this call takes no body");
                return true;
        }
        if ((rq->route->body == BODY_JSON || (rq->route->body == BODY_MAYBE && rq->body.n > 0)) &&
            !request_is_json(rq))
                return err_set(e, ERR_UNSUPPORTED_MEDIA_TYPE, "the body must be application/json");
        return true;
}

static bool
credential_known(struct request *rq, struct reply *rp, struct err *e)
{
        struct str scheme, secret;

        if (rq->repeated_header)
                return err_set(e, ERR_INVALID_REQUEST, "Authorization and Idempotency-Key must be sent once");
        if (!str_cut(rq->authorization, ' ', &scheme, &secret) ||
            !str_is(str_lower(rq->task->arena, scheme), "bearer") || str_trim(secret).n == 0)
                (void)err_set(e, ERR_UNAUTHENTICATED, "send Authorization: Bearer and a key or token");
        else if (access_authenticate(rq->task, str_trim(secret), &rq->who, e))
                return rq->admitted = true;
        if (e->code == ERR_UNAUTHENTICATED) {
                reply_field(rp, "WWW-Authenticate", STR("Bearer"));
                ratelimit_refused(rq, e);
        }
        return false;
}

static bool
role_fits(const struct request *rq, struct err *e)
{
        if ((rq->route->who & rq->who.role) == 0)
                return err_set(e, ERR_FORBIDDEN, "the role %s may not make this call", role_name(rq->who.role));
        if ((rq->who.scopes & 1U << rq->route->scope) == 0)
                return err_set(e, ERR_FORBIDDEN, "this credential lacks the scope %s", scope_name(rq->route->scope));
        return true;
}

/* A query (?preview=true) changes what is asked for as the body does. */
static struct str
asked(const struct request *rq)
{
        char *p = arena_alloc(rq->task->arena, rq->body.n + 1 + rq->query.n);

        if (rq->body.n > 0)
                memcpy(p, rq->body.p, rq->body.n);
        p[rq->body.n] = '?';
        if (rq->query.n > 0)
                memcpy(p + rq->body.n + 1, rq->query.p, rq->query.n);
        return (struct str){ p, rq->body.n + 1 + rq->query.n };
}

/* The key without its quotes, claimed for whoever the credential stands for. */
static bool
idempotency_read(struct request *rq, struct err *e)
{
        struct str key = str_trim(rq->idempotency_key);
        struct idem *i = &rq->idem;

        *i = (struct idem){
                .org = rq->who.org, .principal = rq->who.subject, .browser = rq->who.token,
                .method = rq->method_text, .path = rq->path, .request_id = rq->task->subject.request_id,
                .run = uuid_new(0),
        };
        if (key.n >= 2 && key.p[0] == '"' && key.p[key.n - 1] == '"')
                key = (struct str){ key.p + 1, key.n - 2 };
        if (rq->route->idem == IDEM_NONE)
                return true;
        if (key.n == 0) {
                if (rq->route->idem == IDEM_REQUIRED)
                        return err_set(e, ERR_IDEMPOTENCY_KEY_REQUIRED,
                            "send an Idempotency-Key: the same one when you repeat this request");
                return true;
        }
        for (size_t k = 0; k < key.n; k++)
                if (key.n > IDEM_KEY_MAX || key.p[k] < 0x20 ||
                    key.p[k] > 0x7e)
                        return err_field(e, "Idempotency-Key", FIELD_OUT_OF_RANGE,
                            "must be 1 to 255 printable ASCII characters");
        i->wanted = true;
        i->key = key;
        sha256(asked(rq), i->body_hash);
        return true;
}

static bool
takes_json(const struct request *rq)
{
        switch (rq->route->body) {
        case BODY_JSON:
        case BODY_MAYBE:
                return true;
        case BODY_FILE:
                return request_is_json(rq);
        case BODY_NONE:
        case BODY_RAW:
                break;
        }
        return false;
}

static bool
json_read(struct request *rq, struct err *e)
{
        struct str pointer;

        if (!takes_json(rq))
                return true;
        if (!json_parse(rq->task->arena, rq->body.n == 0 && rq->route->body == BODY_MAYBE ? STR("{}") : rq->body,
            &rq->json, e))
                return false;
        if (json_card_data(rq->task->arena, rq->json,
            &pointer))
                return err_set(e, ERR_CARD_DATA_REFUSED,
                    "%.*s holds card data; send a token of the gateway instead", STR_ARG(pointer));
        return true;
}

bool
gate_admit(struct request *rq, struct reply *rp, struct err *e)
{
        if (rq->route->who == 0)
                return body_fits(rq, e);
        return credential_known(rq, rp, e) && ratelimit_allow(rq, rp, e) && role_fits(rq, e) && body_fits(rq, e) &&
            json_read(rq, e) && idempotency_read(rq, e);
}
