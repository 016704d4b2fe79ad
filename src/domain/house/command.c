/* command.c - the admin command line: its verbs, and their options by getopt_long(3). */
#include "base/base.h"
#include "domain/house/command_inner.h"

#include <getopt.h>

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

static bool
options_read(int argc, char **argv, struct options *o)
{
        static const struct option known[] = {
                { "role", required_argument, NULL, 'r' },
                { "name", required_argument, NULL, 'n' },
                { "scopes", required_argument, NULL, 's' },
                { "show-origin", no_argument, NULL, 'o' },
                { "no-hold-money", no_argument, NULL, 'h' },
                { "state", required_argument, NULL, 't' },
                { "gateway", required_argument, NULL, 'g' },
                { "outcome", required_argument, NULL, 'u' },
                { "transaction", required_argument, NULL, 'x' },
                { "reason", required_argument, NULL, 'w' },
                { "recovered", no_argument, NULL, 'v' },
                { "dry-run", no_argument, NULL, 'd' },
                { NULL, 0, NULL, 0 },
        };
        int c;

        *o = (struct options){ .role = NULL };
        while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
                switch (c) {
                case 'r': o->role = optarg; break;
                case 'n': o->name = optarg; break;
                case 's': o->scopes = optarg; break;
                case 'o': o->origin = true; break;
                case 'h': o->no_hold_money = true; break;
                case 't': o->state = optarg; break;
                case 'g': o->gateway = optarg; break;
                case 'u': o->outcome = optarg; break;
                case 'x': o->transaction = optarg; break;
                case 'w': o->reason = optarg; break;
                case 'v': o->recovered = true; break;
                case 'd': o->dry_run = true; break;
                default:  return false;         /* getopt has said why */
                }
        }
        o->rest = argv + optind;
        o->rest_n = argc - optind;
        return true;
}

int
command_usage_error(const char *why)
{
        fprintf(stderr, "boxoffice: %s\n", why);
        return EXIT_USAGE;
}

static const struct {
        const char *noun, *verb, *help;
        int (*run)(const struct conf *c, const struct options *o);
} commands[] = {
        { "config", "", "[--show-origin]  every setting, secrets masked", config_show },
        { "keys", "create", "--role admin|platform --name NAME [--scopes LIST]  prints the new key", keys_create },
        { "jobs", "list", "the work that waits, buried first", jobs_list },
        { "jobs", "retry", "ORGANIZER KIND OBJECT  run it now", jobs_retry },
        { "jobs", "cancel", "ORGANIZER KIND OBJECT  never run it", jobs_cancel },
        { "payments", "list", "attempts whose end is not known, and captures whose money is not back", payments_list },
        { "payments", "lookup", "PAYMENT  asks the gateway about it now", payments_lookup },
        { "payments", "settle", "PAYMENT --outcome succeeded|declined [--transaction ID] --reason TEXT  by evidence",
            payments_settle },
        { "webhooks", "list",
            "[--state received|applied|ignored|buried] [--gateway NAME] [--recovered]  the newest 100", webhooks_list },
        { "webhooks", "show", "EVENT  one event, opened", webhooks_show },
        { "webhooks", "replay", "[--dry-run] EVENT  looks at it again; --dry-run: says what would be done",
            webhooks_replay },
        { "secrets", "list", "the sealing keys, and how much stands under each", secrets_list },
        { "secrets", "rotate", "seals everything anew with the key file's first key", secrets_rotate },
        { "verify", "", "[NAME...]  a line for each invariant; status 1 when one is broken", verify_books },
        { "restore", "finish", "[--no-hold-money]  after a restore: renews the epoch; charges wait for the sweep",
            restore_finish },
        { "restore", "resume", "money calls answer again, without waiting for the sweep", restore_resume },
};

void
command_usage(void)
{
        fprintf(stderr, "usage: boxoffice NOUN VERB [options]\n\n");
        for (size_t i = 0; i < ARRAY_LEN(commands); i++)
                fprintf(stderr, "  boxoffice %-9s%-8s%s\n", commands[i].noun, commands[i].verb, commands[i].help);
        fprintf(stderr, "\nSettings come from the environment as BOXOFFICE_NAME; "
            "the database role is boxoffice_owner.\n");
}

int
command_run(const struct conf *c, int argc, char **argv)
{
        struct options o;

        for (size_t i = 0; argc > 0 && i < ARRAY_LEN(commands); i++) {
                int words = *commands[i].verb == '\0' ? 1 : 2;

                if (argc < words || strcmp(argv[0], commands[i].noun) != 0 ||
                    (words == 2 && strcmp(argv[1], commands[i].verb) != 0))
                        continue;
                /* getopt takes argv[0] for the program: the last word of the command stands there. */
                if (!options_read(argc - words + 1, argv + words - 1, &o))
                        return EXIT_USAGE;
                return commands[i].run(c, &o);
        }
        command_usage();
        return EXIT_USAGE;
}
