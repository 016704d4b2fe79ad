/* access.c - credentials made, found and revoked. Which call needs which role is the route table's. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/conf.h"
#include "base/secret.h"
#include "domain/access/access.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/access/access.sql.def"

#define SECRET_BYTES    32

static const struct {
        enum role role;
        const char *name;
} roles[] = {
        { ROLE_ADMIN, "admin" }, { ROLE_PLATFORM, "platform" }, { ROLE_ORGANIZER, "organizer" }, { ROLE_GUEST,
            "guest" },
};

static const char *const scopes[SCOPE_COUNT] = {
        [SCOPE_CATALOG] = "catalog", [SCOPE_ORDERS] = "orders", [SCOPE_LEDGER] = "ledger",
        [SCOPE_ACCESS] = "access", [SCOPE_OPERATIONS] = "operations",
};

const char *
role_name(enum role r)
{
        for (size_t i = 0; i < ARRAY_LEN(roles); i++)
                if (roles[i].role == r)
                        return roles[i].name;
        NEVER("role");
}

bool
role_parse(struct str s, enum role *out)
{
        for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
                if (str_is(s, roles[i].name)) {
                        *out = roles[i].role;
                        return true;
                }
        }
        return false;
}

const char *
scope_name(enum scope s)
{
        CHECK(s < SCOPE_COUNT);
        return scopes[s];
}

static unsigned
scopes_of_row(const struct rows *r, struct arena *a)
{
        size_t n;
        struct str *text = row_text_array(r, a, 0, "scopes", &n);
        unsigned bits = 0;

        if (row_is_null(r, 0, "scopes"))
                return ~0U;
        for (size_t i = 0; i < n; i++)
                for (int s = 0; s < SCOPE_COUNT; s++)
                        if (str_is(text[i], scopes[s]))
                                bits |= 1U << s;
        return bits;
}

/* The prefix alone tells a key of the other mode, and saves the database the look-up. */
static bool
secret_shape_ok(const struct task *t, struct str secret)
{
        if (str_starts(secret, STR("at_")))
                return secret.n < 100;
        return secret.n < 100 &&
            str_starts(secret, conf_is_test(t->conf) ? STR("sk_test_") : STR("sk_live_"));
}

bool
access_authenticate(struct task *t, struct str secret, struct principal *out, struct err *e)
{
        unsigned char hash[SHA256_SIZE];
        struct params p = params_in(t->arena);
        struct rows r;

        if (!secret_shape_ok(t, secret))
                return err_set(e, ERR_UNAUTHENTICATED, "the credential is not one of this %s installation",
                    t->conf->mode);
        sha256(secret, hash);
        param_bytes(&p, (struct str){ (char *)hash, sizeof hash });
        if (!db_query(t->db, t->arena, &t->subject, &stmt_credential_find, &p, &r, e))
                return false;
        if (r.n == 0)
                return err_set(e, ERR_UNAUTHENTICATED, "the credential is unknown, expired or revoked");
        memset(out, 0, sizeof *out);
        CHECK(role_parse(row_text(&r, 0, "role"), &out->role));
        out->token = str_is(row_text(&r, 0, "kind"), "token");
        out->org = (int32_t)row_i64(&r, 0, "org");
        out->subject = row_uuid(&r, 0, "subject");
        out->credential = row_uuid(&r, 0, "id");
        out->scopes = scopes_of_row(&r, t->arena);
        typeid_text(out->token ? "att" : "key", out->credential, out->actor);
        return true;
}

static struct str
secret_new(struct task *t, bool token)
{
        const char *prefix = token ? "at_" : conf_is_test(t->conf) ? "sk_test_" : "sk_live_";
        struct str random = random_text(t->arena, SECRET_BYTES);

        return str_fmt(t->arena, "%s%.*s", prefix, STR_ARG(random));
}

static void
param_scopes(struct params *p, unsigned bits)
{
        struct str text[SCOPE_COUNT];
        size_t n = 0;

        for (int s = 0; s < SCOPE_COUNT; s++)
                if (bits & 1U << s)
                        text[n++] = str_of(scopes[s]);
        if (bits == 0)
                param_null(p);
        else
                param_text_array(p, text, n);
}

bool
access_create(struct task *t, struct tx *tx, const struct credential_ask *ask, struct credential *out, struct err *e)
{
        unsigned char hash[SHA256_SIZE];
        struct params p = params_in(t->arena);
        struct rows r;

        out->id = uuid_new(ask->org);
        out->secret = secret_new(t, ask->token);
        sha256(out->secret, hash);
        param_bytes(&p, (struct str){ (char *)hash, sizeof hash });
        param_uuid(&p, out->id);
        param_z(&p, ask->token ? "token" : "key");
        param_z(&p, role_name(ask->role));
        param_i64(&p, ask->org);
        param_uuid_or_null(&p, ask->subject);
        param_text(&p, ask->name);
        param_scopes(&p, ask->scopes);
        param_i64_or_null(&p, ask->ttl_seconds > 0, ask->ttl_seconds);
        param_text(&p, ask->expires_at);
        param_z(&p, ask->actor);
        param_text(&p, ask->request_id);
        if (!tx_call(tx, &stmt_credential_create, &p, &r, e))
                return false;
        out->created_at = row_time(&r, t->arena, 0, "created_at");
        out->expires_at = row_time(&r, t->arena, 0, "expires_at");
        return true;
}

bool
access_revoke(struct task *t, const struct principal *by, struct uuid id, bool token, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;
        struct str hash;

        param_uuid(&p, id);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_credential_by_id, &p, &r, e))
                return false;
        if (r.n == 0 || str_is(row_text(&r, 0, "kind"), "token") != token ||
            (by->role != ROLE_ADMIN && !token))
                return err_set(e, ERR_NOT_FOUND, "there is no such live credential");
        hash = row_bytes(&r, t->arena, 0, "hash");
        p = params_in(t->arena);
        param_bytes(&p, hash);
        param_z(&p, by->actor);
        param_text(&p, t->subject.request_id);
        return db_query(t->db, t->arena, &t->subject, &stmt_credential_revoke, &p, &r, e);
}
