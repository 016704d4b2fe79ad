/* command.c - the admin command line: its verbs, and their options by getopt_long(3). */
#include "base/base.h"
#include "base/check.h"
#include "domain/house/command_inner.h"

#include <getopt.h>
#include <limits.h>
#include <stdarg.h>

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

/*
 * Which options a command takes, as bits. They lie above all characters, by
 * which getopt names a short option: there are none here.
 */
enum {
        OPT_ROLE = 1 << 8, OPT_NAME = 1 << 9, OPT_SCOPES = 1 << 10, OPT_ORIGIN = 1 << 11, OPT_NO_HOLD = 1 << 12,
        OPT_STATE = 1 << 13, OPT_GATEWAY = 1 << 14, OPT_OUTCOME = 1 << 15, OPT_TRANSACTION = 1 << 16,
        OPT_REASON = 1 << 17, OPT_RECOVERED = 1 << 18, OPT_DRY_RUN = 1 << 19,
        OPT_TEMPLATE = 1 << 20, OPT_COUNT = 1 << 21, OPT_PREFIX = 1 << 22, OPT_BATCH = 1 << 23,
        OPT_ORGANIZER = 1 << 24, OPT_CSV = 1 << 25
};

static const struct option options_known[] = {
        { "role", required_argument, NULL, OPT_ROLE },
        { "name", required_argument, NULL, OPT_NAME },
        { "scopes", required_argument, NULL, OPT_SCOPES },
        { "show-origin", no_argument, NULL, OPT_ORIGIN },
        { "no-hold-money", no_argument, NULL, OPT_NO_HOLD },
        { "state", required_argument, NULL, OPT_STATE },
        { "gateway", required_argument, NULL, OPT_GATEWAY },
        { "outcome", required_argument, NULL, OPT_OUTCOME },
        { "transaction", required_argument, NULL, OPT_TRANSACTION },
        { "reason", required_argument, NULL, OPT_REASON },
        { "recovered", no_argument, NULL, OPT_RECOVERED },
        { "dry-run", no_argument, NULL, OPT_DRY_RUN },
        { "template", required_argument, NULL, OPT_TEMPLATE },
        { "count", required_argument, NULL, OPT_COUNT },
        { "prefix", required_argument, NULL, OPT_PREFIX },
        { "batch", required_argument, NULL, OPT_BATCH },
        { "organizer", required_argument, NULL, OPT_ORGANIZER },
        { "csv", no_argument, NULL, OPT_CSV },
};

/* words: what it takes besides options, by name; "[NAME...]": any number. */
static const struct command {
        const char *noun, *verb, *words;
        int options;
        const char *options_help, *help;
        int (*run)(const struct conf *c, const struct options *o);
} commands[] = {
        { "config", "", "", OPT_ORIGIN, "[--show-origin]", "every setting, secrets masked", config_show },
        { "keys", "create", "", OPT_ROLE | OPT_NAME | OPT_SCOPES,
            "--role admin|platform --name NAME [--scopes LIST]", "prints the new key", keys_create },
        { "jobs", "list", "", 0, "", "the work that waits, buried first", jobs_list },
        { "jobs", "retry", "ORGANIZER KIND OBJECT", 0, "", "run it now", jobs_retry },
        { "jobs", "cancel", "ORGANIZER KIND OBJECT", 0, "", "never run it", jobs_cancel },
        { "payments", "list", "", 0, "", "attempts whose end is not known, and captures whose money is not back",
            payments_list },
        { "payments", "lookup", "PAYMENT", 0, "", "asks the gateway about it now", payments_lookup },
        { "payments", "settle", "PAYMENT", OPT_OUTCOME | OPT_TRANSACTION | OPT_REASON,
            "--outcome succeeded|declined [--transaction ID] --reason TEXT", "by evidence", payments_settle },
        { "webhooks", "list", "", OPT_STATE | OPT_GATEWAY | OPT_RECOVERED,
            "[--state received|applied|ignored|buried] [--gateway NAME] [--recovered]", "the newest 100",
            webhooks_list },
        { "webhooks", "show", "EVENT", OPT_GATEWAY, "[--gateway NAME]", "one event, opened", webhooks_show },
        { "webhooks", "replay", "EVENT", OPT_GATEWAY | OPT_DRY_RUN, "[--gateway NAME] [--dry-run]",
            "looks at it again; --dry-run: says what would be done", webhooks_replay },
        { "promos", "generate", "", OPT_TEMPLATE | OPT_COUNT | OPT_PREFIX | OPT_BATCH,
            "--template PROMO --count N [--prefix TEXT] [--batch BATCH]", "copies of a promo code, each unique, as CSV",
            promos_generate },
        { "promos", "list", "", OPT_BATCH, "--batch BATCH", "the codes of a batch, as CSV", promos_list },
        { "promos", "usage", "[PROMO...]", OPT_BATCH | OPT_ORGANIZER | OPT_CSV,
            "| --batch BATCH | --organizer ORGANIZER [--csv]", "uses, discount, sales, and who paid", promos_usage },
        { "secrets", "list", "", 0, "", "the sealing keys, and how much stands under each", secrets_list },
        { "secrets", "rotate", "", 0, "", "seals everything anew with the key file's first key", secrets_rotate },
        { "verify", "", "[NAME...]", 0, "", "a line for each invariant; status 1 when one is broken", verify_books },
        { "restore", "finish", "", OPT_NO_HOLD, "[--no-hold-money]",
            "after a restore: renews the epoch; charges wait for the sweep", restore_finish },
        { "restore", "resume", "", 0, "", "money calls answer again, without waiting for the sweep", restore_resume },
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

static void
option_keep(struct options *o, int which, const char *value)
{
        switch (which) {
        case OPT_ROLE:          o->role = value; break;
        case OPT_NAME:          o->name = value; break;
        case OPT_SCOPES:        o->scopes = value; break;
        case OPT_ORIGIN:        o->origin = true; break;
        case OPT_NO_HOLD:       o->no_hold_money = true; break;
        case OPT_STATE:         o->state = value; break;
        case OPT_GATEWAY:       o->gateway = value; break;
        case OPT_OUTCOME:       o->outcome = value; break;
        case OPT_TRANSACTION:   o->transaction = value; break;
        case OPT_REASON:        o->reason = value; break;
        case OPT_RECOVERED:     o->recovered = true; break;
        case OPT_DRY_RUN:       o->dry_run = true; break;
        case OPT_TEMPLATE:      o->template = value; break;
        case OPT_COUNT:         o->count = value; break;
        case OPT_PREFIX:        o->prefix = value; break;
        case OPT_BATCH:         o->batch = value; break;
        case OPT_ORGANIZER:     o->organizer = value; break;
        case OPT_CSV:           o->csv = true; break;
        default:                NEVER("an option of the table");
        }
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
                if (cmd->options & options_known[i].val)
                        taken[n++] = options_known[i];
        *o = (struct options){ .role = NULL };
        opterr = 0;
        while ((c = getopt_long(argc, argv, ":", taken, NULL)) != -1) {
                if (c == ':' || c == '?')
                        return option_wrong(cmd, c, argv[optind - 1]);
                option_keep(o, c, optarg);
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

        if (str_ends(rest, STR("...]")))
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

void
command_usage(void)
{
        fprintf(stderr, "usage: boxoffice NOUN VERB [options]\n\n");
        for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
                const struct command *cmd = &commands[i];
                bool words = *cmd->words != '\0', options = *cmd->options_help != '\0';

                fprintf(stderr, "  boxoffice %-9s%-8s%s%s%s%s%s\n", cmd->noun, cmd->verb, cmd->words,
                    words && options ? " " : "", cmd->options_help, words || options ? "  " : "", cmd->help);
        }
        fprintf(stderr, "\nSettings come from the environment as BOXOFFICE_NAME; "
            "the database role is boxoffice_owner.\n");
}

/* Of what was said nothing is known: which word, and then what there is. */
static int
unknown(int argc, char **argv)
{
        bool noun = false;

        for (size_t i = 0; argc > 0 && i < ARRAY_LEN(commands); i++)
                noun = noun || strcmp(argv[0], commands[i].noun) == 0;
        if (noun && argc > 1)
                fprintf(stderr, "boxoffice: %s has no verb \"%s\"\n", argv[0], argv[1]);
        else if (noun)
                fprintf(stderr, "boxoffice: %s needs a verb\n", argv[0]);
        else if (argc > 0)
                fprintf(stderr, "boxoffice: there is no noun \"%s\"\n", argv[0]);
        command_usage();
        return EXIT_USAGE;
}

int
command_run(const struct conf *c, int argc, char **argv)
{
        struct options o;

        for (size_t i = 0; argc > 0 && i < ARRAY_LEN(commands); i++) {
                const struct command *cmd = &commands[i];
                int words = *cmd->verb == '\0' ? 1 : 2, code;

                if (argc < words || strcmp(argv[0], cmd->noun) != 0 || (words == 2 && strcmp(argv[1], cmd->verb) != 0))
                        continue;
                code = options_read(cmd, argc - words + 1, argv + words - 1, &o);
                if (code == EXIT_DONE)
                        code = words_check(cmd, &o);
                return code == EXIT_DONE ? cmd->run(c, &o) : code;
        }
        return unknown(argc, argv);
}
