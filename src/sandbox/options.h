/* options.h - the command line of boxoffice-sandbox. */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include "sandbox/hook.h"

struct options {
        const char *socket;
        const char *books;
        const char *security_key;
        const char *stripe_key;         /* NULL: nobody can use Stripe's dialect */
        const char *clock_url;
        struct hooks_conf hooks;        /* url NULL: no webhooks are sent */
        int threads;
        bool sync;
};

/* Ends the process when the arguments are wrong. */
void options_read(struct options *o, int argc, char **argv);

#endif
