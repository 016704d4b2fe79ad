/* boxoffice - the admin command line (domain/house/command.h). */
#include "base/base.h"
#include "base/conf.h"
#include "base/log.h"
#include "domain/house/command.h"

extern char **environ;

int
main(int argc, char **argv)
{
        struct conf conf;

        log_open("boxoffice", LOG_WARN);
        if (command_help(argc - 1, argv + 1))
                return EXIT_DONE;
        if (argc > 1 && strcmp(argv[1], "--version") == 0) {
                printf("boxoffice %s\n", PACKAGE_VERSION);
                return EXIT_DONE;
        }
        if (!conf_load(&conf, environ, stderr))
                return EXIT_USAGE;
        return command_run(&conf, argc - 1, argv + 1);
}
