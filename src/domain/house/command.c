/* command.c - the admin command line: its verbs, and their options by getopt_long(3). */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/money.h"
#include "domain/house/command_inner.h"
#include "io/db.h"

#include <getopt.h>
#include <limits.h>
#include <stdarg.h>

#define TABLE_ROWS      100

int
command_failed(struct task *t, const struct err *e)
{
        task_close(t);
        fprintf(stderr, "boxoffice: %s: %s\n", err_info(e->code)->code, e->detail);
        return e->code == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_REFUSED;
}

bool
command_open(struct task *t, const struct conf *c, unsigned doors)
{
        return task_open(t, c, doors, stderr);
}

int
command_usage_error(const char *why)
{
        fprintf(stderr, "boxoffice: %s\n", why);
        return EXIT_USAGE;
}

int
command_table(const struct conf *c, const struct stmt *st, void (*print)(struct arena *a, const struct rows *r))
{
        struct task t;
        struct params p;
        struct rows r;
        struct err e = { .code = ERR_NONE };

        if (!command_open(&t, c, 0))
                return EXIT_USAGE;
        p = params_in(t.arena);
        param_i64(&p, TABLE_ROWS);
        if (!db_query(t.db, t.arena, &t.subject, st, &p, &r, &e))
                return command_failed(&t, &e);
        print(t.arena, &r);
        task_close(&t);
        return EXIT_DONE;
}

const char *
command_decimal(struct task *t, struct str currency, int64_t minor)
{
        enum currency c;
        char text[MONEY_TEXT_MAX];

        if (!currency_parse(currency, &c))
                return str_z(t->arena, str_fmt(t->arena, "%lld", (long long)minor));
        money_decimal((struct money){ minor, c }, text);
        return str_z(t->arena, str_of(text));
}

bool
command_id(const char *option, const char *prefix, const char *text, struct uuid *out)
{
        if (typeid_parse(prefix, str_of(text), out))
                return true;
        fprintf(stderr, "boxoffice: %s is an id that begins with %s_\n", option, prefix);
        return false;
}

/* Above all characters, by which getopt names a short option: there are none here. */
#define OPTION_FIRST    256

static const struct {
        const char *name;
        int has_argument;
        size_t field;
} options_known[] = {
#define OPTION(name, field) { name, required_argument, offsetof(struct options, field) },
#define FLAG(name, field) { name, no_argument, offsetof(struct options, field) },
#include "domain/house/option.def"
#undef OPTION
#undef FLAG
};

/*
 * words: what it takes besides options, by name; in brackets: any number, which the command itself looks at.
 * options: those it takes, as the usage shows them: no other is.
 */
static const struct command {
        const char *noun, *verb, *words, *options, *help;
        int (*run)(const struct conf *c, const struct options *o);
} commands[] = {
        { "config", "", "", "[--show-origin]", "every setting, secrets masked", config_show },
        { "keys", "create", "", "--role admin|platform --name NAME [--scopes LIST]", "prints the new key",
            keys_create },
        { "jobs", "list", "", "", "the work that waits, buried first", jobs_list },
        { "jobs", "retry", "ORGANIZER KIND OBJECT", "", "run it now, also one that was cancelled", jobs_retry },
        { "jobs", "cancel", "ORGANIZER KIND OBJECT", "", "never run it", jobs_cancel },
        { "discrepancies", "list", "", "", "what the gateways report and the books can't explain", discrepancies_list },
        { "payments", "list", "", "", "attempts whose end is not known, and captures whose money is not back",
            payments_list },
        { "payments", "lookup", "PAYMENT", "", "asks the gateway about it now", payments_lookup },
        { "payments", "settle", "PAYMENT", "--outcome succeeded|declined [--transaction ID] --reason TEXT",
            "by evidence", payments_settle },
        { "disputes", "list", "", "[--unmatched]", "the newest 100; --unmatched: those whose charge is not known",
            disputes_list_command },
        { "disputes", "show", "DISPUTE", "", "one dispute, as JSON", disputes_show },
        { "disputes", "import", "FILE", "", "takes in a gateway's file of disputes (CSV)", disputes_import_command },
        { "disputes", "assign", "GATEWAY_DISPUTE PAYMENT", "[--gateway NAME]", "says which charge it is about",
            disputes_assign },
        { "disputes", "pack", "DISPUTE DIRECTORY", "", "writes what was submitted into a new directory, opened",
            disputes_pack },
        { "webhooks", "list", "", "[--state received|applied|ignored|buried] [--gateway NAME] [--recovered]",
            "the newest 100", webhooks_list },
        { "webhooks", "show", "EVENT", "[--gateway NAME]", "one event, opened", webhooks_show },
        { "webhooks", "replay", "EVENT", "[--gateway NAME] [--dry-run]",
            "looks at it again; --dry-run: says what would be done", webhooks_replay },
        { "promos", "generate", "", "--template PROMO --count N [--prefix TEXT] [--batch BATCH]",
            "copies of a promo code, each unique, as CSV", promos_generate },
        { "promos", "list", "", "--batch BATCH", "the codes of a batch, as CSV", promos_list },
        { "promos", "deactivate", "", "--batch BATCH", "switches all codes of a batch off", promos_deactivate },
        { "promos", "activate", "", "--batch BATCH", "switches them on again", promos_activate },
        { "promos", "usage", "[PROMO]", "| --batch BATCH | --organizer ORGANIZER [--csv]",
            "uses, discount, sales, and who paid", promos_usage },
        { "refunds", "batch list", "", "", "cancelled events and their refunds: those under way, then the newest",
            refund_batches_list },
        { "refunds", "batch show", "EVENT", "[--watch]",
            "how far one is, and what failed; --watch: until it ends", refund_batch_show },
        { "refunds", "batch pause", "EVENT", "", "no more orders are tried; refunds that were made go on",
            refund_batch_pause },
        { "refunds", "batch resume", "EVENT", "", "goes on, and tries again what failed", refund_batch_resume },
        { "risks", "list", "", "", "of whom too much is disputed, and what is done about it", risks_list },
        { "ledger", "balance", "", "[--organizer ORGANIZER] [--as-of TIME] [--clock recorded|occurred] [--csv|--json]",
            "what an organizer is owed, or all together", ledger_balance },
        { "ledger", "entries", "",
            "[--organizer ORGANIZER] [--account ACCOUNT] [--order ORDER] [--from TIME] [--to TIME] "
            "[--clock recorded|occurred]", "entries as CSV, a row a posting", ledger_entries },
        { "ledger", "verify", "", "", "derives all balances anew, compares, and asks what must hold of the ledger",
            ledger_verify },
        { "ledger", "close", "DAY", "[--by NAME]", "closes a day that is over, signed by NAME", ledger_close_day },
        { "secrets", "list", "", "", "the sealing keys, and how much stands under each", secrets_list },
        { "secrets", "rotate", "", "", "seals everything anew with the key file's first key", secrets_rotate },
        { "verify", "", "[NAME...]", "", "a line for each invariant; status 1 when one is broken", verify_books },
        { "restore", "finish", "", "[--no-hold-money]",
            "after a restore: renews the epoch; charges wait for the sweep", restore_finish },
        { "restore", "resume", "", "", "money calls answer again, without waiting for the sweep", restore_resume },
};

/* "boxoffice jobs list: ...", and the exit code. */
static int __attribute__((format(printf, 2, 3)))
command_wrong(const struct command *cmd, const char *fmt, ...)
{
        va_list ap;

        fprintf(stderr, "boxoffice %s%s%s: ", cmd->noun, *cmd->verb == '\0' ? "" : " ", cmd->verb);
        va_start(ap, fmt);
        vfprintf(stderr, fmt, ap);
        va_end(ap);
        fputc('\n', stderr);
        return EXIT_USAGE;
}

/* Whether its help has "--name" as a word. */
static bool
option_taken(const struct command *cmd, const char *name)
{
        const char *at = cmd->options;
        size_t n = strlen(name);

        while ((at = strstr(at, "--")) != NULL) {
                at += 2;
                if (strncmp(at, name, n) == 0 && strchr(" ]|", at[n]) != NULL)
                        return true;
        }
        return false;
}

static void
option_keep(struct options *o, int which, const char *value)
{
        char *field = (char *)o + options_known[which].field;

        if (options_known[which].has_argument == required_argument)
                memcpy(field, &value, sizeof value);
        else
                memcpy(field, &(bool){ true }, sizeof(bool));
}

/* What getopt did not take: `last` is the word it looked at last. */
static int
option_wrong(const struct command *cmd, int said, const char *last)
{
        if (said == ':')
                return command_wrong(cmd, "%s needs a value", last);
        if (optopt > UCHAR_MAX)
                return command_wrong(cmd, "%s: this option takes no value", last);
        if (optopt != 0)
                return command_wrong(cmd, "there is no option -%c", optopt);
        return command_wrong(cmd, "there is no option %s", last);
}

/* argv[0] is the command's last word, where getopt looks for the program's name. EXIT_DONE, or it has said why not. */
static int
options_read(const struct command *cmd, int argc, char **argv, struct options *o)
{
        struct option taken[ARRAY_LEN(options_known) + 1] = { { NULL, 0, NULL, 0 } };
        size_t n = 0;
        int c;

        for (size_t i = 0; i < ARRAY_LEN(options_known); i++)
                if (option_taken(cmd, options_known[i].name))
                        taken[n++] = (struct option){
                                options_known[i].name, options_known[i].has_argument, NULL, OPTION_FIRST + (int)i,
                        };
        *o = (struct options){ .role = NULL };
        opterr = 0;
        while ((c = getopt_long(argc, argv, ":", taken, NULL)) != -1) {
                if (c == ':' || c == '?')
                        return option_wrong(cmd, c, argv[optind - 1]);
                option_keep(o, c - OPTION_FIRST, optarg);
        }
        o->rest = argv + optind;
        o->rest_n = argc - optind;
        return EXIT_DONE;
}

/* No word more or less than it takes: what is left unread might have been meant to hold it back. */
static int
words_check(const struct command *cmd, const struct options *o)
{
        struct str rest = str_of(cmd->words), one;
        int n = 0;

        if (str_ends(rest, STR("]")))
                return EXIT_DONE;
        while (rest.n > 0) {
                (void)str_cut(rest, ' ', &one, &rest);
                n++;
        }
        if (o->rest_n < n)
                return command_wrong(cmd, "give %s", cmd->words);
        if (o->rest_n > n)
                return command_wrong(cmd, "\"%s\" is a word too many", o->rest[n]);
        return EXIT_DONE;
}

static void
command_print(const struct command *cmd, FILE *to)
{
        fprintf(to, "  boxoffice %s", cmd->noun);
        for (size_t i = 0; i < 3; i++) {
                const char *more = i == 0 ? cmd->verb : i == 1 ? cmd->words : cmd->options;

                if (*more != '\0')
                        fprintf(to, " %s", more);
        }
        fprintf(to, "\n        %s\n", cmd->help);
}

static void
usage(FILE *to)
{
        fprintf(to, "usage: boxoffice NOUN VERB [options]\n\n");
        for (size_t i = 0; i < ARRAY_LEN(commands); i++)
                command_print(&commands[i], to);
        fprintf(to, "\nSettings come from the environment as BOXOFFICE_NAME; "
            "the database role is boxoffice_owner.\n");
}

/* How many words of argv are this command's noun and verb, which may be two ("batch list"); 0: it is another. */
static int
command_named(const struct command *cmd, int argc, char **argv)
{
        struct str rest = str_of(cmd->verb), one;
        int n = 1;

        if (argc == 0 || strcmp(argv[0], cmd->noun) != 0)
                return 0;
        for (; rest.n > 0; n++) {
                (void)str_cut(rest, ' ', &one, &rest);
                if (n == argc || !str_eq(one, str_of(argv[n])))
                        return 0;
        }
        return n;
}

bool
command_help(int argc, char **argv)
{
        bool asked = argc > 0 && strcmp(argv[0], "help") == 0, named = false;

        for (int i = 0; i < argc; i++)
                asked = asked || strcmp(argv[i], "--help") == 0;
        for (size_t i = 0; asked && i < ARRAY_LEN(commands); i++) {
                bool this = command_named(&commands[i], argc, argv) > 0;

                if (this)
                        command_print(&commands[i], stdout);
                named = named || this;
        }
        if (asked && !named)
                usage(stdout);
        return asked;
}

/* Of what was said nothing is known: which word, and then what there is. */
static int
unknown(int argc, char **argv)
{
        bool noun = false, half = false;        /* half: the first of a verb's two words */

        for (size_t i = 0; argc > 0 && i < ARRAY_LEN(commands); i++) {
                struct str first, second;
                bool this = strcmp(argv[0], commands[i].noun) == 0;

                noun = noun || this;
                half = half || (this && argc > 1 && str_cut(str_of(commands[i].verb), ' ', &first, &second) &&
                    str_eq(first, str_of(argv[1])));
        }
        if (half && argc > 2)
                fprintf(stderr, "boxoffice: %s %s has no verb \"%s\"\n", argv[0], argv[1], argv[2]);
        else if (half)
                fprintf(stderr, "boxoffice: %s %s needs a verb\n", argv[0], argv[1]);
        else if (noun && argc > 1)
                fprintf(stderr, "boxoffice: %s has no verb \"%s\"\n", argv[0], argv[1]);
        else if (noun)
                fprintf(stderr, "boxoffice: %s needs a verb\n", argv[0]);
        else if (argc > 0)
                fprintf(stderr, "boxoffice: there is no noun \"%s\"\n", argv[0]);
        usage(stderr);
        return EXIT_USAGE;
}

int
command_run(const struct conf *c, int argc, char **argv)
{
        struct options o;

        for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
                const struct command *cmd = &commands[i];
                int words = command_named(cmd, argc, argv), code;

                if (words == 0)
                        continue;
                code = options_read(cmd, argc - words + 1, argv + words - 1, &o);
                if (code == EXIT_DONE)
                        code = words_check(cmd, &o);
                return code == EXIT_DONE ? cmd->run(c, &o) : code;
        }
        return unknown(argc, argv);
}
