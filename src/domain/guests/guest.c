/* guest.c - guests made and found; what their e-mail is to limits. */
#include "base/base.h"
#include "base/arena.h"
#include "base/fold.h"
#include "domain/guests/guest.h"
#include "io/db.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/guests/guests.sql.def"

struct str
email_normal(struct arena *a, struct str email)
{
        struct str local, domain, plain, tag;
        char *z;
        size_t n = 0;

        if (!str_cut(email, '@', &local, &domain))
                return str_fold(a, email);
        domain = domain_ascii(a, domain);
        (void)str_cut(str_fold(a, local), '+', &plain, &tag);
        if (!str_is(domain, "gmail.com") && !str_is(domain, "googlemail.com"))
                return str_fmt(a, "%.*s@%.*s", STR_ARG(plain), STR_ARG(domain));
        z = arena_alloc(a, plain.n + 1);
        for (size_t i = 0; i < plain.n; i++)
                if (plain.p[i] != '.')
                        z[n++] = plain.p[i];
        return str_fmt(a, "%.*s@gmail.com", (int)n, z);
}

static struct str
or_empty(struct str s)
{
        return s.p == NULL ? STR("") : s;
}

void
guest_texts(struct arena *a, const struct guest *g, struct str client_ip, struct str client_agent,
    struct str client_device, struct str out[GUEST_TEXTS])
{
        out[0] = g->name;
        out[1] = g->email;
        out[2] = email_normal(a, g->email);
        out[3] = or_empty(g->locale);
        out[4] = or_empty(client_ip);
        out[5] = or_empty(client_agent);
        out[6] = or_empty(client_device);
}

bool
guest_create(struct task *t, struct tx *tx, struct guest *g, struct err *e)
{
        struct params p = params_in(t->arena);
        struct str texts[GUEST_TEXTS];

        g->id = uuid_new(0);
        guest_texts(t->arena, g, STR_NONE, STR_NONE, STR_NONE, texts);
        param_i64(&p, 0);
        param_uuid(&p, g->id);
        param_text_array(&p, texts, GUEST_TEXTS);
        return tx_call(tx, &stmt_guest_create, &p, NULL, e);
}

bool
guest_find(struct task *t, int32_t org, struct uuid id, struct guest *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, org);
        param_uuid(&p, id);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_guest_get, &p, &r, e))
                return false;
        if (r.n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such guest");
        *out = (struct guest){ id, row_text(&r, 0, "name"), row_text(&r, 0, "email"), row_text(&r, 0, "locale") };
        return true;
}
