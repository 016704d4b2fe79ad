/*
 * command_inner.h - what the verbs of the command line share. A verb takes the
 * settings and its options, says what it has to say, and returns the exit code.
 */
#ifndef DOMAIN_HOUSE_COMMAND_INNER_H
#define DOMAIN_HOUSE_COMMAND_INNER_H

#include "base/conf.h"
#include "base/err.h"
#include "base/id.h"
#include "domain/house/command.h"
#include "io/task.h"

/* Every option that any verb has. A verb is run only with those that its row of the table (command.c) takes. */
struct options {
#define OPTION(name, field) const char *field;
#define FLAG(name, field) bool field;
#include "domain/house/option.def"
#undef OPTION
#undef FLAG
        char **rest;                    /* what is no option: as many words as the row takes */
        int rest_n;
};

/* The database, and what `doors` names (task.h); complains by itself. */
bool command_open(struct task *t, const struct conf *c, unsigned doors) MUSTCHECK;
/* Closes it and says why; the exit code. */
int command_failed(struct task *t, const struct err *e);
int command_usage_error(const char *why);
/* The value of an option that is an id of this kind; false when it has said what is wrong. */
bool command_id(const char *option, const char *prefix, const char *text, struct uuid *out) MUSTCHECK;

/* A table that a statement gives, (most) -> rows: opened, asked for the first hundred, handed to print. */
struct rows;
struct stmt;
int command_table(const struct conf *c, const struct stmt *st, void (*print)(struct arena *a, const struct rows *r));

/* An amount as people write it, without its currency: 10.05. */
const char *command_decimal(struct task *t, struct str currency, int64_t minor);

/* How far long work is, as a bar on standard error; nothing is drawn where nobody looks. */
struct bar {
        int64_t done, all;
        bool seen;
};
struct bar bar_new(int64_t all);
void bar_draw(const struct bar *g);
/* Before anything else is said there. */
void bar_end(const struct bar *g);

int config_show(const struct conf *c, const struct options *o);
int keys_create(const struct conf *c, const struct options *o);
int restore_finish(const struct conf *c, const struct options *o);
int restore_resume(const struct conf *c, const struct options *o);
int jobs_list(const struct conf *c, const struct options *o);
int jobs_retry(const struct conf *c, const struct options *o);
int jobs_cancel(const struct conf *c, const struct options *o);
int discrepancies_list(const struct conf *c, const struct options *o);
int payments_list(const struct conf *c, const struct options *o);
int payments_lookup(const struct conf *c, const struct options *o);
int payments_settle(const struct conf *c, const struct options *o);
int disputes_list_command(const struct conf *c, const struct options *o);
int disputes_show(const struct conf *c, const struct options *o);
int disputes_import_command(const struct conf *c, const struct options *o);
int disputes_assign(const struct conf *c, const struct options *o);
int disputes_pack(const struct conf *c, const struct options *o);
int webhooks_list(const struct conf *c, const struct options *o);
int webhooks_show(const struct conf *c, const struct options *o);
int webhooks_replay(const struct conf *c, const struct options *o);
int promos_generate(const struct conf *c, const struct options *o);
int promos_list(const struct conf *c, const struct options *o);
int promos_activate(const struct conf *c, const struct options *o);
int promos_deactivate(const struct conf *c, const struct options *o);
int promos_usage(const struct conf *c, const struct options *o);
int refund_batches_list(const struct conf *c, const struct options *o);
int refund_batch_show(const struct conf *c, const struct options *o);
int refund_batch_pause(const struct conf *c, const struct options *o);
int refund_batch_resume(const struct conf *c, const struct options *o);
int risks_list(const struct conf *c, const struct options *o);
int ledger_balance(const struct conf *c, const struct options *o);
int ledger_entries(const struct conf *c, const struct options *o);
int ledger_verify(const struct conf *c, const struct options *o);
int ledger_close_day(const struct conf *c, const struct options *o);
int verify_books(const struct conf *c, const struct options *o);
int secrets_list(const struct conf *c, const struct options *o);
int secrets_rotate(const struct conf *c, const struct options *o);

#endif
