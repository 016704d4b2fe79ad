/*
 * explore.h - goes through every state that a set-up of the charge model can
 * reach, each once, nearest first: the trail holds a shortest schedule that
 * leads to harm.
 *
 * When there is none of any kind, all schedules are counted too: from the start to a
 * moment when nothing must happen any more. Should one of them go round in a
 * circle, endless is true and they are not counted.
 */
#ifndef MODEL_EXPLORE_H
#define MODEL_EXPLORE_H

#include "model/charge.h"

#define TRAIL_MAX 128

struct explored {
        size_t states, quiet;
        double schedules;
        bool endless;
        uint64_t taken;                 /* which steps were ever possible: a bit an action */
        enum charge_harm harm;          /* HARM_NONE: no state has come to any */
        struct charge_step trail[TRAIL_MAX];
        size_t trail_n;
};

void explore(const struct charge_setup *w, struct explored *x);

#endif
