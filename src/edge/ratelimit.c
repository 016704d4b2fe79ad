/*
 * ratelimit.c - GCRA in one Lua script. A class is a quota per window; the
 * script keeps one number per caller (the theoretical arrival time). Redis is
 * a helper here: when it is down the call is allowed.
 */
#include "base/base.h"
#include "base/address.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/secret.h"
#include "domain/house/house.h"
#include "domain/orders/order_promo.h"
#include "edge/gate.h"
#include "io/kv.h"
#include "io/task.h"

/* KEYS[1]; ARGV: interval (us), burst, 1 (0: only look). -> allowed, remaining, reset (s), retry after (s). */
static struct kv_script gcra = {
        .lua = "local t = redis.call('TIME') "
               "local now = t[1] * 1000000 + t[2] "
               "local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]) "
               "local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) "
               "local new = tat + interval "
               "local room = now - (new - interval * burst) "
               "local wait = math.ceil(-room / 1000000) "
               "if room < 0 then return {0, 0, wait, wait} end "
               "if ARGV[3] == '0' then return {1, math.floor(room / interval) + 1, 0, 0} end "
               "redis.call('SET', KEYS[1], string.format('%.0f', new), 'PX', math.ceil((new - now) / 1000) + 1) "
               "return {1, math.floor(room / interval), math.ceil((new - now) / 1000000), 0}",
};

struct policy {
        const char *name;
        int64_t quota, window_seconds;
};

static struct policy
policy_of(const struct request *rq)
{
        const struct conf *c = rq->task->conf;

        if (!rq->who.token)
                return (struct policy){ "server", c->rate_server_per_s, 1 };
        if (rq->route->limit == LIMIT_PAY)
                return (struct policy){ "pay", c->rate_pay_per_minute, 60 };
        return (struct policy){ "token", c->rate_token_per_s, 1 };
}

/*
 * The epoch names Redis keys: a restore makes all of them strangers. A
 * database that can't say leaves one name for all.
 */
static struct str
epoch_text(struct task *t)
{
        const struct house_state *s = house_state(t);

        return s == NULL ? STR("none") : str_of(s->epoch);
}

static bool
ask(struct task *t, const struct policy *p, struct str who, bool take, int64_t out[4])
{
        struct str key = str_fmt(t->arena, "rl:%.*s:%s:%.*s", STR_ARG(epoch_text(t)), p->name, STR_ARG(who));
        struct str args[] = {
                str_fmt(t->arena, "%lld", (long long)(p->window_seconds * 1000000 / p->quota)),
                str_fmt(t->arena, "%lld", (long long)p->quota),
                take ? STR("1") : STR("0"),
        };

        return kv_eval(t->kv, &gcra, &key, 1, args, ARRAY_LEN(args), out, 4);
}

static bool
count(struct task *t, const struct policy *p, struct str who, int64_t out[4])
{
        return ask(t, p, who, true, out);
}

bool
ratelimit_allow(struct request *rq, struct reply *rp, struct err *e)
{
        struct task *t = rq->task;
        struct policy p = policy_of(rq);
        int64_t n[4];

        if (rq->route->limit == LIMIT_NONE || !count(t, &p, str_of(rq->who.actor), n))
                return true;
        reply_field(rp, "RateLimit-Policy", str_fmt(t->arena, "\"%s\";q=%lld;w=%lld", p.name, (long long)p.quota,
            (long long)p.window_seconds));
        reply_field(rp, "RateLimit", str_fmt(t->arena, "\"%s\";r=%lld;t=%lld", p.name, (long long)n[1],
            (long long)n[2]));
        if (n[0] == 1)
                return true;
        e->retry_after_seconds = (int)n[3];
        return err_set(e, ERR_RATE_LIMITED, "at most %lld calls in %lld s", (long long)p.quota,
            (long long)p.window_seconds);
}

void
ratelimit_refused(struct request *rq, struct err *e)
{
        struct task *t = rq->task;
        struct policy p = { "refused", t->conf->rate_auth_per_minute, 60 };
        int64_t n[4];

        if (!count(t, &p, rq->remote_addr, n) || n[0] == 1)
                return;
        err_clear(e);
        e->retry_after_seconds = (int)n[3];
        (void)err_set(e, ERR_RATE_LIMITED, "too many refused credentials from this address");
}

/* A guest as what it is to limits: no address in Redis. */
static struct str
guest_key_text(struct arena *arena, struct str email)
{
        unsigned char key[GUEST_KEY_SIZE];

        promo_guest_key(arena, 0, email, key);
        return hex_encode(arena, key, sizeof key);
}

/*
 * The guest that a token is for, however many it has; the customer of a
 * server, by the client's network that it names, else by the guest; else the
 * credential itself.
 */
static struct str
guesser(struct request *rq, const struct order_ask *a)
{
        struct arena *arena = rq->task->arena;

        if (a->person_email.p != NULL)
                return guest_key_text(arena, a->person_email);
        if (rq->who.token)
                return str_of(rq->who.actor);
        return str_fmt(arena, "%s:%.*s", rq->who.actor, STR_ARG(a->client_ip.p != NULL ?
            address_network(arena, a->client_ip) : a->guest_email.p != NULL ? guest_key_text(arena, a->guest_email) :
            STR("")));
}

/* Who guesses, and for which event. -> the seconds until there may be another guess; 0: now. */
static int
guesses(struct request *rq, const struct order_ask *a, bool take)
{
        struct task *t = rq->task;
        const struct policy policies[] = {
                { "promo", t->conf->rate_promo_per_minute, 60 },
                { "promo-event", t->conf->rate_promo_event_per_minute, 60 },
        };
        char event[ID_TEXT_MAX];
        struct str who[2] = { guesser(rq, a), STR_NONE };
        int64_t n[4];

        typeid_text("evt", a->event, event);
        who[1] = str_of(event);
        for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
                if (ask(t, &policies[i], who[i], take, n) && n[0] == 0)
                        return n[3] > 0 ? (int)n[3] : 1;
        }
        return 0;
}

void
ratelimit_guesser(struct request *rq, struct order_ask *a)
{
        a->barred_seconds = order_names_codes(a) ? guesses(rq, a, false) : 0;
}

void
ratelimit_guessed(struct request *rq, const struct order_ask *a, size_t misses)
{
        for (size_t i = 0; i < misses; i++)
                (void)guesses(rq, a, true);
}

static bool
origin_allowed(const struct conf *c, struct str origin)
{
        struct str rest = str_of(c->allowed_origins), one;

        while (rest.n > 0) {
                (void)str_cut(rest, ' ', &one, &rest);
                if (one.n > 0 && str_eq(one, origin))
                        return true;
        }
        return false;
}

void
cors_fields(struct request *rq, struct reply *rp)
{
        if (rq->origin.n == 0 || !str_starts(rq->authorization, STR("Bearer at_")) ||
            !origin_allowed(rq->task->conf, rq->origin))
                return;
        reply_field(rp, "Access-Control-Allow-Origin", rq->origin);
        reply_field(rp, "Access-Control-Expose-Headers",
            STR("Request-Id, ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After"));
        reply_field(rp, "Vary", STR("Origin"));
}
