/* command_bar.c - a bar that says how far long work is. */
#include "base/base.h"
#include "domain/house/command_inner.h"

#include <unistd.h>

#define BAR_WIDTH       40

struct bar
bar_new(int64_t all)
{
        return (struct bar){ .all = all, .seen = isatty(STDERR_FILENO) == 1 };
}

void
bar_draw(const struct bar *g)
{
        int filled = g->all == 0 ? BAR_WIDTH : (int)(g->done * BAR_WIDTH / g->all);

        if (!g->seen)
                return;
        if (filled > BAR_WIDTH)
                filled = BAR_WIDTH;
        fprintf(stderr, "\r  [%.*s%.*s] %lld of %lld", filled, "########################################",
            BAR_WIDTH - filled, "                                        ", (long long)g->done, (long long)g->all);
        (void)fflush(stderr);
}

void
bar_end(const struct bar *g)
{
        if (g->seen)
                fputc('\n', stderr);
}
