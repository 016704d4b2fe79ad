/*
 * points - lists the fault points that this build has, a line each: number,
 * name, whether it can fail, where it stands. With a shared file of slots
 * (base/fault.h) also how often each was passed and how often it acted.
 *
 * usage: points [FILE]
 */
#include "base/base.h"
#include "base/fault.h"

#include <inttypes.h>
#include <stdatomic.h>

static const struct {
        const char *name;
        bool fails;
        const char *where;
} points[] = {
#define POINT(name, fails, where) { #name, fails, where },
#include "base/fault.def"
#undef POINT
};

int
main(int argc, char **argv)
{
        struct fault_slot slots[FAULT_POINTS] = { 0 };
        FILE *in = argc == 2 ? fopen(argv[1], "rb") : NULL;

        if (argc > 2 || (argc == 2 && (in == NULL ||
            fread(slots, sizeof slots[0], FAULT_POINTS, in) != FAULT_POINTS))) {
                fprintf(stderr, "usage: points [FILE]   (FILE: the slots of this build)\n");
                return 2;
        }
        for (size_t i = 0; i < FAULT_POINTS; i++) {
                printf("%zu\t%s\t%s\t%s", i, points[i].name, points[i].fails ? "fails" : "-", points[i].where);
                if (in != NULL)
                        printf("\t%" PRIu64 "\t%" PRIu32, atomic_load(&slots[i].hits), atomic_load(&slots[i].fired));
                printf("\n");
        }
        if (in != NULL)
                (void)fclose(in);
        return 0;
}
