/* options.c - read with argp. */
#include "base/base.h"
#include "base/str.h"
#include "sandbox/options.h"
#include "sandbox/server.h"

#include <argp.h>

const char *argp_program_version = PACKAGE_STRING;

enum argument_key {
        OPT_SOCKET = 's', OPT_BOOKS = 'b', OPT_THREADS = 't', OPT_KEY = 'k', OPT_CLOCK = 'c', OPT_NO_SYNC = 'n',
        OPT_STRIPE_KEY = 'S', OPT_HOOKS_URL = 'u', OPT_HOOK_CA = 'a', OPT_HOOK_NMI = 'N', OPT_HOOK_STRIPE = 'H'
};

static const struct argp_option known[] = {
        { "socket",       OPT_SOCKET,  "PATH",     0, "listen on this unix socket; without it, on standard input", 0 },
        { "books",        OPT_BOOKS,   "FILE",     0, "keep the books in this file (required)", 0 },
        { "security-key", OPT_KEY,     "KEY",      0, "the merchant's private key (required)", 0 },
        { "threads",      OPT_THREADS, "N",        0, "calls served at once, 32 by default", 0 },
        { "clock-url",    OPT_CLOCK,   "CONNINFO", 0, "follow the test clock in this database", 0 },
        { "stripe-key",   OPT_STRIPE_KEY, "KEY",   0, "the secret key of Stripe's dialect", 0 },
        { "hooks-url",    OPT_HOOKS_URL,  "URL",   0, "send webhooks to URL/v1/webhooks/nmi and .../stripe", 0 },
        { "hook-ca",      OPT_HOOK_CA,    "FILE",  0, "trust certificates of this authority there", 0 },
        { "hook-secret-nmi",    OPT_HOOK_NMI,    "SECRET", 0, "sign NMI's webhooks with this", 0 },
        { "hook-secret-stripe", OPT_HOOK_STRIPE, "SECRET", 0, "sign Stripe's webhooks with this", 0 },
        { "no-sync",      OPT_NO_SYNC, NULL,       0, "answer before the books are on the disk", 0 },
        { 0 }
};

static error_t
argument(int key, char *value, struct argp_state *state)
{
        struct options *a = state->input;
        int64_t n;

        switch (key) {
        case OPT_SOCKET:
                a->socket = value;
                return 0;
        case OPT_BOOKS:
                a->books = value;
                return 0;
        case OPT_KEY:
                a->security_key = value;
                return 0;
        case OPT_CLOCK:
                a->clock_url = value;
                return 0;
        case OPT_STRIPE_KEY:
                a->stripe_key = value;
                return 0;
        case OPT_HOOKS_URL:
                a->hooks.url = value;
                return 0;
        case OPT_HOOK_CA:
                a->hooks.ca_file = value;
                return 0;
        case OPT_HOOK_NMI:
                a->hooks.secret[TXN_NMI] = str_of(value);
                return 0;
        case OPT_HOOK_STRIPE:
                a->hooks.secret[TXN_STRIPE] = str_of(value);
                return 0;
        case OPT_NO_SYNC:
                a->sync = false;
                return 0;
        case OPT_THREADS:
                if (!str_to_i64(str_of(value), &n) || n < 1 || n > SERVER_THREADS_MAX)
                        argp_error(state, "threads must be from 1 to %d", SERVER_THREADS_MAX);
                a->threads = (int)n;
                return 0;
        case ARGP_KEY_ARG:
                argp_usage(state);
                return 0;
        case ARGP_KEY_END:
                if (a->books == NULL || a->security_key == NULL || a->security_key[0] == '\0')
                        argp_error(state, "books and security-key are required");
                if (a->hooks.url != NULL && (a->hooks.ca_file == NULL || a->hooks.secret[TXN_NMI].n == 0 ||
                    a->hooks.secret[TXN_STRIPE].n == 0))
                        argp_error(state, "hooks-url needs hook-ca, hook-secret-nmi and hook-secret-stripe");
                return 0;
        default:
                return ARGP_ERR_UNKNOWN;
        }
}

void
options_read(struct options *o, int argc, char **argv)
{
        static const struct argp argp = {
                .options = known, .parser = argument, .doc = "A card gateway to test against."
        };

        *o = (struct options){ .threads = 32, .sync = true };
        if (argp_parse(&argp, argc, argv, 0, NULL, o) != 0)
                exit(EXIT_FAILURE);
}
