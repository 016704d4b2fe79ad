/*
 * command_secrets.c - the sealing keys: what stands under each, and all of it
 * sealed anew under the first. It runs beside the working house: a row that
 * changes meanwhile is left, and found by the next run.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/keyring.h"
#include "domain/evidence/evidence.h"
#include "domain/house/command_inner.h"
#include "domain/idem/idem.h"
#include "domain/webhooks/webhook.h"
#include "io/db.h"
#include "io/stmt.h"

#include "domain/house/command.sql.def"

#define BATCH           50
#define FILES_BATCH     2               /* of 5 MiB each */

struct evidence_at {
        int32_t org;
        struct uuid id;
};

static int
key_place(const struct keyring *k, struct str id)
{
        for (size_t i = 0; i < k->n; i++)
                if (id.n == KEY_ID_SIZE && memcmp(id.p, k->key[i].id, KEY_ID_SIZE) == 0)
                        return (int)i;
        return -1;
}

static void
keys_print(struct task *t, const struct rows *r)
{
        const struct keyring *k = t->keyring;
        bool used[KEYRING_MAX] = { false };

        printf("%-10s %-9s %10s %10s %10s\n", "key", "", "webhooks", "answers", "evidence");
        for (int i = 0; i < r->n; i++) {
                struct str id = row_bytes(r, t->arena, i, "key_id");
                int place = key_place(k, id);

                if (place >= 0)
                        used[place] = true;
                printf("%-10.*s %-9s %10lld %10lld %10lld\n", STR_ARG(hex_encode(t->arena, id.p, id.n)),
                    place < 0 ? "MISSING" : place == 0 ? "writes" : "reads", (long long)row_i64(r, i, "webhooks"),
                    (long long)row_i64(r, i, "answers"), (long long)row_i64(r, i, "evidence"));
        }
        for (size_t i = 0; i < k->n; i++)
                if (!used[i])
                        printf("%-10.*s %-9s %10d %10d %10d\n",
                            STR_ARG(hex_encode(t->arena, k->key[i].id, KEY_ID_SIZE)), i == 0 ? "writes" : "reads",
                            0, 0, 0);
}

int
secrets_list(const struct conf *c, const struct options *o UNUSED)
{
        struct task t;
        struct rows r;
        struct err e = { .code = ERR_NONE };

        if (!command_open(&t, c, TASK_KEY))
                return EXIT_USAGE;
        if (!db_query(t.db, t.arena, &t.subject, &stmt_sealed_by, NULL, &r, &e))
                return command_failed(&t, &e);
        keys_print(&t, &r);
        task_close(&t);
        return EXIT_DONE;
}

struct resealing {
        struct bar bar;
        int64_t unreadable;
};

/* One row's bytes under the writing key; false leaves it as it is. */
static bool
reseal(struct task *t, struct resealing *g, struct str place, struct str sealed, struct str *out)
{
        struct str plain;

        g->bar.done++;
        if (!keyring_unseal(t->arena, t->keyring, place, sealed, &plain)) {
                g->unreadable++;
                return false;
        }
        *out = keyring_seal(t->arena, t->keyring, place, plain);
        return true;
}

/* *last: where the next batch begins. n 0: there are no more. */
static bool
webhooks_batch(struct task *t, struct resealing *g, struct str *last, int *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_bytes(&p, keyring_writing(t->keyring));
        param_text(&p, *last);
        param_i64(&p, BATCH);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_webhooks_sealed, &p, &r, e))
                return false;
        for (*n = 0; *n < r.n; ++*n) {
                struct str id = row_text(&r, *n, "event_id"), gateway = row_text(&r, *n, "gateway"), out;
                struct str sealed = row_bytes(&r, t->arena, *n, "payload");

                *last = id;
                if (!reseal(t, g, webhook_place(t->arena, gateway, id), sealed, &out))
                        continue;
                p = params_in(t->arena);
                param_text(&p, id);
                param_text(&p, gateway);
                param_bytes(&p, sealed);
                param_bytes(&p, out);
                if (!db_query(t->db, t->arena, &t->subject, &stmt_webhook_reseal, &p, NULL, e))
                        return false;
        }
        return true;
}

static bool
answers_batch(struct task *t, struct resealing *g, struct idem *last, int *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_bytes(&p, keyring_writing(t->keyring));
        param_i64(&p, last->org);
        param_uuid(&p, last->principal);
        param_text(&p, last->key);
        param_i64(&p, BATCH);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_answers_sealed, &p, &r, e))
                return false;
        for (*n = 0; *n < r.n; ++*n) {
                struct str sealed = row_bytes(&r, t->arena, *n, "answer"), out;

                last->org = (int32_t)row_i64(&r, *n, "org");
                last->principal = row_uuid(&r, *n, "principal");
                last->key = row_text(&r, *n, "key");
                if (!reseal(t, g, idem_place(t->arena, last), sealed, &out))
                        continue;
                p = params_in(t->arena);
                param_i64(&p, last->org);
                param_uuid(&p, last->principal);
                param_text(&p, last->key);
                param_bytes(&p, sealed);
                param_bytes(&p, out);
                if (!db_query(t->db, t->arena, &t->subject, &stmt_answer_reseal, &p, NULL, e))
                        return false;
        }
        return true;
}

static bool
evidence_batch(struct task *t, struct resealing *g, struct evidence_at *last, int *n, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_bytes(&p, keyring_writing(t->keyring));
        param_i64(&p, last->org);
        param_uuid(&p, last->id);
        param_i64(&p, FILES_BATCH);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_evidence_sealed, &p, &r, e))
                return false;
        for (*n = 0; *n < r.n; ++*n) {
                struct str sealed = row_bytes(&r, t->arena, *n, "body"), out;

                *last = (struct evidence_at){ (int32_t)row_i64(&r, *n, "org"), row_uuid(&r, *n, "id") };
                if (!reseal(t, g, evidence_place(t->arena, last->id), sealed, &out))
                        continue;
                p = params_in(t->arena);
                param_i64(&p, last->org);
                param_uuid(&p, last->id);
                param_bytes(&p, out);
                if (!db_query(t->db, t->arena, &t->subject, &stmt_evidence_reseal, &p, NULL, e))
                        return false;
        }
        return true;
}

/* Where a batch ended must outlive the arena that it stood in. */
static struct str
keep(char *to, size_t size, struct str s)
{
        (void)snprintf(to, size, "%.*s", STR_ARG(s));
        return str_of(to);
}

static bool
rotate(struct task *t, struct resealing *g, struct err *e)
{
        char text[GATEWAY_EVENT_ID_MAX + IDEM_KEY_MAX + 1];
        struct str event = STR("");
        struct idem key = { .org = INT32_MIN, .key = STR("") };
        struct evidence_at at = { .org = INT32_MIN };
        int n;

        do {
                if (!webhooks_batch(t, g, &event, &n, e))
                        return false;
                event = keep(text, sizeof text, event);
                bar_draw(&g->bar);
                arena_reset(t->arena);
        } while (n > 0);
        do {
                if (!answers_batch(t, g, &key, &n, e))
                        return false;
                key.key = keep(text, sizeof text, key.key);
                bar_draw(&g->bar);
                arena_reset(t->arena);
        } while (n > 0);
        do {
                if (!evidence_batch(t, g, &at, &n, e))
                        return false;
                bar_draw(&g->bar);
                arena_reset(t->arena);
        } while (n > 0);
        return true;
}

static bool
count(struct task *t, struct resealing *g, struct err *e)
{
        struct str writing = keyring_writing(t->keyring);
        struct rows r;

        if (!db_query(t->db, t->arena, &t->subject, &stmt_sealed_by, NULL, &r, e))
                return false;
        for (int i = 0; i < r.n; i++)
                if (!str_eq(row_bytes(&r, t->arena, i, "key_id"), writing))
                        g->bar.all += row_i64(&r, i, "webhooks") + row_i64(&r, i, "answers") +
                            row_i64(&r, i, "evidence");
        return true;
}

int
secrets_rotate(const struct conf *c, const struct options *o UNUSED)
{
        struct task t;
        struct resealing g = { .bar = bar_new(0) };
        struct err e = { .code = ERR_NONE };

        if (!command_open(&t, c, TASK_KEY))
                return EXIT_USAGE;
        if (!count(&t, &g, &e) || !rotate(&t, &g, &e)) {
                bar_end(&g.bar);
                return command_failed(&t, &e);
        }
        bar_end(&g.bar);
        fprintf(stderr, "boxoffice: %lld sealed anew", (long long)(g.bar.done - g.unreadable));
        if (g.unreadable > 0)
                fprintf(stderr, ", %lld left: no key of the key file opens them (`boxoffice secrets list`)",
                    (long long)g.unreadable);
        fprintf(stderr, "\n");
        task_close(&t);
        return g.unreadable > 0 ? EXIT_REFUSED : EXIT_DONE;
}
