/*
 * explore.c - breadth first through all states, then depth first for the
 * number of schedules. Nodes never move; a table of their numbers finds them
 * by key.
 */
#include "base/base.h"
#include "base/check.h"
#include "model/explore.h"

#define NODES_MAX       (UINT32_C(1) << 25)
#define DEPTH_MAX       512

enum { NEW, OPEN, COUNTED };

struct node {
        struct charge_key key;
        uint32_t parent;
        uint8_t action, attempt, seen, quiet;
};

struct graph {
        const struct charge_setup *w;
        struct node *node;
        uint32_t n, room;
        uint32_t *slot, mask;           /* node number + 1; 0 is empty */
};

static uint64_t
hash(struct charge_key k)
{
        uint64_t z = k.word[0] * UINT64_C(0x9e3779b97f4a7c15) ^ k.word[1];

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

/* The slot of the key: it has it, or is empty. */
static uint32_t *
slot_of(const struct graph *g, struct charge_key k)
{
        uint32_t at = (uint32_t)hash(k) & g->mask;

        while (g->slot[at] != 0 && memcmp(&g->node[g->slot[at] - 1].key, &k, sizeof k) != 0)
                at = (at + 1) & g->mask;
        return &g->slot[at];
}

static void
grow(struct graph *g)
{
        g->room = g->room == 0 ? UINT32_C(1) << 12 : g->room * 2;
        CHECK(g->room <= NODES_MAX);
        g->node = realloc(g->node, g->room * sizeof *g->node);
        free(g->slot);
        g->slot = calloc((size_t)g->room * 2, sizeof *g->slot);
        CHECK(g->node != NULL && g->slot != NULL);
        g->mask = g->room * 2 - 1;
        for (uint32_t i = 0; i < g->n; i++)
                *slot_of(g, g->node[i].key) = i + 1;
}

static void
add(struct graph *g, const struct charge *c, uint32_t parent, enum charge_action action, unsigned attempt)
{
        struct charge_key k = charge_pack(c);
        uint32_t *slot;

        if (g->n == g->room)
                grow(g);
        slot = slot_of(g, k);
        if (*slot != 0)
                return;
        g->node[g->n] = (struct node){
                .key = k, .parent = parent, .action = (uint8_t)action, .attempt = (uint8_t)attempt,
        };
        *slot = ++g->n;
}

static void
trail_fill(const struct graph *g, uint32_t last, struct explored *x)
{
        for (uint32_t at = last; at != 0; at = g->node[at].parent)
                x->trail_n++;
        CHECK(x->trail_n <= TRAIL_MAX);
        for (uint32_t at = last, n = (uint32_t)x->trail_n; at != 0; at = g->node[at].parent) {
                const struct node *node = &g->node[at];

                x->trail[--n] = (struct charge_step){
                        .to = charge_unpack(node->key), .action = node->action, .attempt = node->attempt,
                };
        }
}

static void
breadth_first(struct graph *g, struct explored *x)
{
        struct charge_step step[CHARGE_STEPS_MAX];

        for (uint32_t at = 0; at < g->n; at++) {
                struct charge c = charge_unpack(g->node[at].key);
                size_t steps = charge_steps(g->w, &c, step);
                bool quiet = true;

                for (size_t i = 0; i < steps; i++) {
                        quiet = quiet && !step[i].must;
                        x->taken |= UINT64_C(1) << step[i].action;
                        add(g, &step[i].to, at, step[i].action, step[i].attempt);
                }
                g->node[at].quiet = quiet;
                x->quiet += quiet ? 1 : 0;
                x->harm = charge_harm(g->w, &c, quiet);
                if (x->harm != HARM_NONE) {
                        trail_fill(g, at, x);
                        return;
                }
        }
}

/* One state on the way down: its steps, how many are done, the schedules behind those. */
struct frame {
        uint32_t node;
        size_t steps, done;
        double schedules;
        struct charge_step step[CHARGE_STEPS_MAX];
};

static void
enter(const struct graph *g, struct frame *f, uint32_t node)
{
        struct charge c = charge_unpack(g->node[node].key);

        f->node = node;
        f->steps = charge_steps(g->w, &c, f->step);
        f->done = 0;
        f->schedules = g->node[node].quiet ? 1 : 0;
        g->node[node].seen = OPEN;
}

static void
count_schedules(struct graph *g, struct explored *x)
{
        double *schedules = calloc(g->n, sizeof *schedules);
        struct frame *stack = calloc(DEPTH_MAX, sizeof *stack), *f = stack;

        CHECK(schedules != NULL && stack != NULL);
        enter(g, f, 0);
        while (f >= stack && !x->endless) {
                uint32_t next;

                if (f->done == f->steps) {
                        schedules[f->node] = f->schedules;
                        g->node[f->node].seen = COUNTED;
                        f--;
                        continue;
                }
                next = *slot_of(g, charge_pack(&f->step[f->done].to)) - 1;
                if (g->node[next].seen == NEW) {
                        CHECK(f - stack + 1 < DEPTH_MAX);
                        enter(g, ++f, next);
                        continue;
                }
                x->endless = g->node[next].seen == OPEN;
                f->schedules += schedules[next];
                f->done++;
        }
        x->schedules = schedules[0];
        free(schedules);
        free(stack);
}

void
explore(const struct charge_setup *w, struct explored *x)
{
        struct graph g = { .w = w };
        struct charge start = { .lookup_deaths = 0 };

        *x = (struct explored){ .harm = HARM_NONE };
        add(&g, &start, 0, ACTION_TIME, 0);
        breadth_first(&g, x);
        x->states = g.n;
        if (x->harm == HARM_NONE && w->only == HARM_NONE)
                count_schedules(&g, x);
        free(g.node);
        free(g.slot);
}
