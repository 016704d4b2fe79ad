/*
 * command_promos.c - promo codes by the thousand, and what they have done. A
 * batch is made and switched a thousand at a time and may be stopped after
 * each: what was done stays, and the same call (with --batch) does the rest.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/csv.h"
#include "domain/house/command_inner.h"
#include "domain/promos/promo.h"
#include "domain/promos/promo_code.h"
#include "io/db.h"
#include "io/stmt.h"

#include "domain/house/command.sql.def"

#define COUNT_MAX       10000000
#define PREFIX_MAX      (PROMO_CODE_MAX - PROMO_COPY_RANDOM)
#define AT_ONCE         1000            /* codes a transaction, and rows a page */
#define PATIENCE_MS     600000          /* for reports over all that an organizer sold */

static bool
generate_read(const struct options *o, struct promo_copying *c)
{
        struct str count = str_of(o->count);

        if (o->template == NULL || o->count == NULL) {
                (void)command_usage_error("promos generate needs --template and --count");
                return false;
        }
        if (!command_id("--template", "pro", o->template, &c->template))
                return false;
        if (!str_to_i64(count, &c->most) || c->most < 1 || c->most > COUNT_MAX) {
                fprintf(stderr, "boxoffice: --count is a whole number from 1 to %d\n", COUNT_MAX);
                return false;
        }
        if (o->batch == NULL) {
                c->batch = uuid_new(uuid_org(c->template));
        } else if (!command_id("--batch", "bat", o->batch, &c->batch)) {
                return false;
        } else if (uuid_org(c->batch) != uuid_org(c->template)) {
                (void)command_usage_error("--batch and --template are of different organizers");
                return false;
        }
        return true;
}

/* The prefix leaves room for what is random, and is made of what codes are made of. */
static bool
prefix_read(struct task *t, const struct options *o, struct str *out)
{
        *out = o->prefix == NULL ? STR("") : str_of(o->prefix);
        if (out->n == 0 || (out->n <= PREFIX_MAX && promo_code_normal(t->arena, *out).p != NULL))
                return true;
        fprintf(stderr, "boxoffice: --prefix is up to %d letters, digits, _ and -\n", PREFIX_MAX);
        return false;
}

#define ROW_MAX         512             /* bytes of CSV: an id, a code, a dozen numbers */

static void
csv_print(const struct buf *b)
{
        struct str text = buf_str(b);

        CHECK(text.p != NULL);
        (void)fwrite(text.p, 1, text.n, stdout);
}

/* False when standard output takes no more: its reader has gone, or its disk is full. */
static bool
rows_print(struct task *t, const struct promo_copied *row, size_t n)
{
        struct buf b;

        buf_init(&b, t->arena, (n + 1) * ROW_MAX);
        for (size_t i = 0; i < n; i++) {
                csv_id(&b, "pro", row[i].id);
                csv_text(&b, row[i].code);
                csv_end(&b);
        }
        csv_print(&b);
        return fflush(stdout) == 0 && !ferror(stdout);
}

/* *written false: what was made then is there, and was not told. */
static bool
generate(struct task *t, const struct promo_copying *c, struct bar *g, bool *written, struct err *e)
{
        struct promo_copied *row;
        size_t n;

        for (*written = true; *written && g->done < g->all; bar_draw(g)) {
                int64_t missing = g->all - g->done;

                if (!promo_copy(t, c, missing < AT_ONCE ? (size_t)missing : AT_ONCE, &row, &n, e))
                        return false;
                *written = rows_print(t, row, n);
                g->done += (int64_t)n;
                /* Full by somebody else's doing, or each name was taken: another run tells. */
                if (n == 0 && !promo_batch_count(t, c->batch, &g->done, e))
                        return false;
                arena_reset(t->arena);
        }
        return true;
}

/* Whether there is what to copy, and what an earlier run has made; a batch that has nothing is none. */
static bool
generate_begin(struct task *t, const struct promo_copying *c, bool again, struct bar *g, struct err *e)
{
        struct params p = params_in(t->arena);
        struct promo_copied *none;
        size_t n;
        struct rows r;
        char text[ID_TEXT_MAX];

        *g = bar_new(c->most);
        param_i64(&p, uuid_org(c->template));
        param_uuid(&p, c->template);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_promo_named, &p, &r, e))
                return false;
        if (r.n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such promo code");
        if (again && !promo_batch_count(t, c->batch, &g->done, e))
                return false;
        if (again && g->done == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such batch");
        /* None yet, but whether it may: the batch must be of this template. */
        if (again && !promo_copy(t, c, 0, &none, &n, e))
                return false;
        typeid_text("bat", c->batch, text);
        fprintf(stderr, "boxoffice: batch %s%s\n", text, again ? "" : "; if this is stopped, --batch makes the rest");
        return true;
}

int
promos_generate(const struct conf *c, const struct options *o)
{
        struct promo_copying copying = { .actor = "operator" };
        struct task t;
        struct bar g;
        struct err e = { .code = ERR_NONE };
        bool written = true;

        if (!generate_read(o, &copying) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!prefix_read(&t, o, &copying.prefix)) {
                task_close(&t);
                return EXIT_USAGE;
        }
        if (!generate_begin(&t, &copying, o->batch != NULL, &g, &e))
                return command_failed(&t, &e);
        printf("id,code\n");
        if (!generate(&t, &copying, &g, &written, &e)) {
                bar_end(&g);
                return command_failed(&t, &e);
        }
        bar_end(&g);
        task_close(&t);
        if (!written)
                fprintf(stderr, "boxoffice: standard output takes no more: `promos list --batch` has what was made\n");
        else
                fprintf(stderr, "boxoffice: the batch has %lld codes\n", (long long)g.done);
        return written ? EXIT_DONE : EXIT_REFUSED;
}

static bool
batch_print(struct task *t, struct uuid batch, bool *written, struct err *e)
{
        struct promo_copied *row;
        struct uuid after = { { 0 } };
        size_t n = 1;

        for (bool first = true; *written && n > 0; first = false) {
                if (!promo_batch_read(t, batch, after, AT_ONCE, &row, &n, e))
                        return false;
                if (first && n == 0)
                        return err_set(e, ERR_NOT_FOUND, "there is no such batch");
                if (first)
                        printf("id,code\n");
                *written = rows_print(t, row, n);
                if (n > 0)
                        after = row[n - 1].id;
                arena_reset(t->arena);
        }
        return true;
}

int
promos_list(const struct conf *c, const struct options *o)
{
        struct task t;
        struct err e = { .code = ERR_NONE };
        struct uuid batch;
        bool written = true;

        if (o->batch == NULL)
                return command_usage_error("promos list needs --batch");
        if (!command_id("--batch", "bat", o->batch, &batch) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!batch_print(&t, batch, &written, &e))
                return command_failed(&t, &e);
        task_close(&t);
        if (!written)
                fprintf(stderr, "boxoffice: standard output takes no more\n");
        return written ? EXIT_DONE : EXIT_REFUSED;
}

static bool
batch_switch(struct task *t, struct promo_switching *w, struct bar *g, struct err *e)
{
        int64_t all;
        bool more;

        if (!promo_batch_count(t, w->batch, &all, e))
                return false;
        if (all == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such batch");
        *g = bar_new(all);
        do {
                if (!promo_batch_switch(t, w, AT_ONCE, &more, e))
                        return false;
                g->done = w->seen;
                bar_draw(g);
                arena_reset(t->arena);
        } while (more);
        return true;
}

/* Stopped half-way, the same call does the rest: what is switched already is passed over. */
static int
promos_switch(const struct conf *c, const struct options *o, bool active)
{
        struct promo_switching w = { .active = active, .actor = "operator" };
        struct task t;
        struct bar g = bar_new(0);
        struct err e = { .code = ERR_NONE };

        if (o->batch == NULL)
                return command_usage_error(active ? "promos activate needs --batch" :
                    "promos deactivate needs --batch");
        if (!command_id("--batch", "bat", o->batch, &w.batch) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        if (!batch_switch(&t, &w, &g, &e)) {
                bar_end(&g);
                return command_failed(&t, &e);
        }
        bar_end(&g);
        task_close(&t);
        printf("%lld of %lld codes were switched %s\n", (long long)w.switched, (long long)w.seen,
            active ? "on" : "off");
        return EXIT_DONE;
}

int
promos_activate(const struct conf *c, const struct options *o)
{
        return promos_switch(c, o, true);
}

int
promos_deactivate(const struct conf *c, const struct options *o)
{
        return promos_switch(c, o, false);
}

/* What is asked about: one of three. */
struct asking {
        struct promo_choice choice;
        struct uuid id;
        struct str name, currency;      /* of the one code; of the organizer */
};

static bool
usage_read(const struct options *o, struct asking *a)
{
        if ((o->rest_n > 0) + (o->batch != NULL) + (o->organizer != NULL) != 1 || o->rest_n > 1) {
                (void)command_usage_error("promos usage needs one PROMO, --batch or --organizer");
                return false;
        }
        if (o->rest_n == 1 && command_id("PROMO", "pro", o->rest[0], &a->id))
                a->choice = (struct promo_choice){ .promos = &a->id, .promos_n = 1 };
        else if (o->batch != NULL && command_id("--batch", "bat", o->batch, &a->id))
                a->choice = (struct promo_choice){ .batch = a->id };
        else if (o->organizer != NULL && command_id("--organizer", "org", o->organizer, &a->id))
                a->choice = (struct promo_choice){ .each = true };
        else
                return false;
        a->choice.org = uuid_org(a->id);
        return true;
}

static bool
usage_name(struct task *t, const struct options *o, struct asking *a, struct err *e)
{
        const struct stmt *st = o->rest_n == 1 ? &stmt_promo_named : &stmt_organizer_named;
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, a->choice.org);
        if (o->rest_n == 1)
                param_uuid(&p, a->id);
        if (!db_query(t->db, t->arena, &t->subject, st, &p, &r, e))
                return false;
        if (r.n == 0 || (o->organizer != NULL && !uuid_eq(row_uuid(&r, 0, "id"), a->id)))
                return err_set(e, ERR_NOT_FOUND, "there is no such %s", o->rest_n == 1 ? "promo code" :
                    o->batch != NULL ? "batch" : "organizer");
        a->currency = row_text(&r, 0, "currency");
        a->name = o->rest_n == 1 ? row_text(&r, 0, "code") : STR_NONE;
        return true;
}

static void
usage_print(struct task *t, const struct asking *a, const struct promo_usage *u, struct str name)
{
        int64_t organizer = u->discount - u->platform;

        printf("%-40.*s %8lld %8lld %8lld %8lld %8lld %8lld %14s %14s %14s %14s\n", STR_ARG(name), (long long)u->codes,
            (long long)u->committed, (long long)u->reserved, (long long)u->returned, (long long)u->guests,
            (long long)u->flagged, command_decimal(t, a->currency, u->discount),
            command_decimal(t, a->currency, organizer),
            command_decimal(t, a->currency, u->platform), command_decimal(t, a->currency, u->revenue));
}

static void
usage_print_csv(struct task *t, const struct asking *a, const struct promo_usage *u, struct str name)
{
        const int64_t figures[] = {
                u->codes, u->committed, u->reserved, u->returned, u->guests, u->flagged, u->discount,
                u->discount - u->platform, u->platform, u->list, u->revenue,
        };
        struct buf b;

        buf_init(&b, t->arena, ROW_MAX);
        csv_text(&b, name);
        for (size_t i = 0; i < ARRAY_LEN(figures); i++)
                csv_int(&b, figures[i]);
        csv_word(&b, a->currency);
        csv_end(&b);
        csv_print(&b);
}

/* A batch and a code by its name; what is about all of them, as the total. */
static struct str
row_name(const struct asking *a, const struct promo_usage *u)
{
        if (u->batch.p != NULL)
                return u->batch;
        return u->code.p != NULL ? u->code : a->name.p != NULL ? a->name : STR("total");
}

static bool
usage_show(struct task *t, const struct options *o, struct asking *a, struct err *e)
{
        void (*print)(struct task *, const struct asking *, const struct promo_usage *, struct str) =
            o->csv ? usage_print_csv : usage_print;
        struct promo_usage *row, *total;
        size_t n, all = 0;

        if (!usage_name(t, o, a, e) || !promo_usage_ask(t, &a->choice, &row, &n, e))
                return false;
        if (n == 0 && o->organizer == NULL)
                return err_set(e, ERR_NOT_FOUND, "there is no such batch");
        a->choice.each = false;
        if (o->organizer != NULL && !promo_usage_ask(t, &a->choice, &total, &all, e))
                return false;
        if (o->csv)
                printf("promo,codes,committed,reserved,returned,guests,flagged,discount_given,organizer_funded,"
                    "platform_funded,list,revenue,currency\n");
        else
                printf("%-40s %8s %8s %8s %8s %8s %8s %14s %14s %14s %14s\n", "promo", "codes", "paid", "held",
                    "returned", "guests", "flagged", "discount", "by organizer", "by platform", str_z(t->arena,
                    str_fmt(t->arena, "sales (%.*s)", STR_ARG(a->currency))));
        for (size_t i = 0; i < n; i++)
                print(t, a, &row[i], row_name(a, &row[i]));
        if (all > 0)
                print(t, a, total, STR("total"));
        return true;
}

int
promos_usage(const struct conf *c, const struct options *o)
{
        struct asking a = { .choice = { .org = 0 } };
        struct task t;
        struct err e = { .code = ERR_NONE };

        if (!usage_read(o, &a) || !command_open(&t, c, 0))
                return EXIT_USAGE;
        db_patience(t.db, PATIENCE_MS);
        if (!usage_show(&t, o, &a, &e))
                return command_failed(&t, &e);
        task_close(&t);
        return EXIT_DONE;
}
