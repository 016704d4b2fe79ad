/*
 * command.h - what the admin command line can do: a table of nouns and verbs.
 * Data goes to standard output, talk to standard error. Exit codes: 0 done, 1
 * refused or failed, 2 wrong arguments or settings, 3 not found.
 */
#ifndef DOMAIN_HOUSE_COMMAND_H
#define DOMAIN_HOUSE_COMMAND_H

#include <stdbool.h>

struct conf;

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NOT_FOUND = 3 };

/* argv: noun, verb, options. Returns the exit code. */
int command_run(const struct conf *c, int argc, char **argv);
/* Whether help is asked for, anywhere in it; it is on standard output then: of the command that is named, or of all. */
bool command_help(int argc, char **argv);

#endif
