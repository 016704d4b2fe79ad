/*
 * charge.c - the charge protocol, step by step. The names of states and the
 * conditions are those of src/domain/payments and sql/functions/payments; a
 * change there is a change here.
 */
#include "base/base.h"
#include "base/check.h"
#include "model/charge.h"

struct charge_setup
charge_rules_on(unsigned attempts)
{
        return (struct charge_setup){
                .attempts = attempts,
#define RULE(name, without) .name = true,
#include "model/charge.def"
#undef RULE
                .horizon_units = HORIZON, .not_founds_final = 3, .count_from_horizon = true,
                .gateway_keeps_time = true, .lookup_deaths = 1, .only = HARM_NONE,
        };
}

/* --- what can be asked of a state ----------------------------------------- */

static bool
worker_lives(const struct charge_attempt *a)
{
        return a->worker != WORKER_NONE && a->worker != WORKER_GONE;
}

static bool
undecided(const struct charge_attempt *a)
{
        return a->state == CHARGE_SENDING || a->state == CHARGE_UNKNOWN;
}

static bool
captured(const struct charge_copy *k)
{
        return k->state == COPY_HIDDEN || k->state == COPY_SHOWN;
}

static unsigned
captures(const struct charge_attempt *a)
{
        unsigned n = 0;

        for (size_t k = 0; k < CHARGE_COPIES; k++)
                n += captured(&a->copy[k]) ? 1 : 0;
        return n;
}

static bool
has_copy(const struct charge_attempt *a, enum charge_copy_state state)
{
        for (size_t k = 0; k < CHARGE_COPIES; k++)
                if (a->copy[k].state == state)
                        return true;
        return false;
}

/* The partial unique index: sending, unknown, succeeded. */
static bool
other_is_live(const struct charge *c, size_t but)
{
        for (size_t i = 0; i < CHARGE_ATTEMPTS_MAX; i++)
                if (i != but && (undecided(&c->attempt[i]) || c->attempt[i].state == CHARGE_SUCCEEDED))
                        return true;
        return false;
}

static bool
thought_not_made(const struct charge_attempt *a)
{
        return a->state == CHARGE_DECLINED || a->state == CHARGE_NOT_SENT || a->state == CHARGE_NOT_FOUND_FINAL;
}

/*
 * Beyond its promises the gateway may capture twice for a while: what comes
 * late is voided. Within them it must not for a moment.
 */
static bool
captured_twice(const struct charge_setup *w, const struct charge *c, bool quiet)
{
        unsigned n = 0;

        for (size_t i = 0; i < w->attempts; i++)
                n += captures(&c->attempt[i]);
        return n > 1 && (quiet || w->gateway_keeps_time);
}

static bool
has_come_to(enum charge_harm harm, const struct charge_attempt *a, bool quiet)
{
        switch (harm) {
        case HARM_ORPHAN:       return quiet && captures(a) > 0 && a->state != CHARGE_SUCCEEDED;
        case HARM_UNDECIDED:    return quiet && (undecided(a) || a->state == CHARGE_LATE_APPROVED);
        case HARM_UNPAID:       return a->state == CHARGE_SUCCEEDED && captures(a) == 0;
        case HARM_REBOOKED:     return a->booked > 1;
        case HARM_TWICE:
        case HARM_NONE:         return false;
        }
        return false;
}

enum charge_harm
charge_harm(const struct charge_setup *w, const struct charge *c, bool quiet)
{
        for (enum charge_harm harm = 0; harm < HARM_NONE; harm++) {
                if (w->only != HARM_NONE && w->only != harm)
                        continue;
                if (harm == HARM_TWICE && captured_twice(w, c, quiet))
                        return harm;
                for (size_t i = 0; i < w->attempts; i++)
                        if (has_come_to(harm, &c->attempt[i], quiet))
                                return harm;
        }
        return HARM_NONE;
}

/* --- one form for states that differ in nothing that matters -------------- */

static void
copy_tidy(const struct charge_setup *w, struct charge_copy *k)
{
        bool timed = k->state == COPY_UNDER_WAY || k->state == COPY_ARRIVED || k->state == COPY_HIDDEN;

        if (!timed && (k->state != COPY_SHOWN || w->window == WINDOW_NONE))
                k->since = 0;
}

/* Whatever it concludes is refused, or another look-up can find it anew. */
static bool
in_vain(const struct charge_lookup *l, const struct charge_attempt *a)
{
        bool yes = l->state == LOOKUP_ANSWER_YES || l->state == LOOKUP_DECIDED_YES ||
            (l->state == LOOKUP_ASKING && has_copy(a, COPY_SHOWN));

        return l->state != LOOKUP_IDLE && !undecided(a) && !(yes && thought_not_made(a));
}

static void
tidy(const struct charge_setup *w, struct charge *c)
{
        struct charge_lookup *l = c->lookup, swap;

        for (size_t i = 0; i < w->attempts; i++) {
                struct charge_attempt *a = &c->attempt[i];

                if (!undecided(a)) {
                        a->not_founds = 0;
                        a->age = worker_lives(a) ? a->age : 0;
                }
                for (size_t k = 0; k < CHARGE_COPIES; k++)
                        copy_tidy(w, &a->copy[k]);
        }
        for (size_t i = 0; i < CHARGE_LOOKUPS; i++)
                if (w->second_is_refused && in_vain(&l[i], &c->attempt[l[i].attempt]))
                        l[i] = (struct charge_lookup){ .state = LOOKUP_IDLE };
        if (l[0].state * 8 + l[0].attempt * 2 + l[0].past > l[1].state * 8 + l[1].attempt * 2 + l[1].past) {
                swap = l[0];
                l[0] = l[1];
                l[1] = swap;
        }
}

/* --- steps ---------------------------------------------------------------- */

static const bool action_must[] = {
#define ACTION(name, must, text) [ACTION_##name] = must,
#include "model/charge.def"
#undef ACTION
};

struct stepping {
        const struct charge_setup *w;
        const struct charge *from;
        struct charge_step *step;
        size_t n, i;                    /* i: the attempt it is about */
};

/* A new step from here, to be worked on. */
static struct charge *
to(struct stepping *s, enum charge_action action)
{
        struct charge_step *step = &s->step[s->n++];

        CHECK(s->n <= CHARGE_STEPS_MAX);
        *step = (struct charge_step){
                .to = *s->from, .action = action, .attempt = (unsigned)s->i, .must = action_must[action],
        };
        return &step->to;
}

static struct charge_attempt *
to_attempt(struct stepping *s, enum charge_action action)
{
        return &to(s, action)->attempt[s->i];
}

/* payment_settle: the one transition. */
static void
settle(const struct charge_setup *w, struct charge *c, size_t i, enum charge_state state)
{
        struct charge_attempt *a = &c->attempt[i];
        bool legal = undecided(a) && (state == CHARGE_SUCCEEDED || state == CHARGE_DECLINED ||
            (a->state == CHARGE_SENDING && (state == CHARGE_NOT_SENT || state == CHARGE_UNKNOWN)) ||
            (a->state == CHARGE_UNKNOWN && state == CHARGE_NOT_FOUND_FINAL));

        if (state == CHARGE_SUCCEEDED && thought_not_made(a))
                a->state = other_is_live(c, i) ? CHARGE_LATE_APPROVED : CHARGE_SUCCEEDED;
        else if (legal || !w->second_is_refused)
                a->state = state;
        else
                return;
        if (a->state == CHARGE_SUCCEEDED)
                a->booked++;
}

/* False: it cannot pass before something else has happened. */
static bool
copy_ages(const struct charge_setup *w, struct charge_copy *k)
{
        unsigned last = w->window == WINDOW_NONE ? QUERY_LAG : CHARGE_SINCE_MAX;

        if (k->state == COPY_UNDER_WAY && k->since < USER_TIMEOUT)
                k->since++;
        else if (k->state == COPY_UNDER_WAY && w->user_timeout)
                k->state = COPY_LOST;
        else if (k->state == COPY_ARRIVED && k->since < PROCESSING)
                k->since++;
        else if (k->state == COPY_ARRIVED)
                return !w->gateway_keeps_time;
        else if (captured(k) && k->since < last)
                k->since++;
        if (k->state == COPY_HIDDEN && k->since >= QUERY_LAG && w->gateway_keeps_time)
                k->state = COPY_SHOWN;
        return true;
}

static void
time_passes(struct stepping *s)
{
        struct charge c = *s->from;
        struct charge_key before, after;

        for (size_t i = 0; i < s->w->attempts; i++) {
                struct charge_attempt *a = &c.attempt[i];

                for (size_t k = 0; k < CHARGE_COPIES; k++)
                        if (!copy_ages(s->w, &a->copy[k]))
                                return;
                if (!undecided(a) && !worker_lives(a))
                        continue;
                if (s->w->fence && worker_lives(a) && a->age >= FENCE)
                        a->worker = WORKER_GONE;
                if (a->age < HORIZON)
                        a->age++;
        }
        tidy(s->w, &c);
        before = charge_pack(s->from);
        after = charge_pack(&c);
        if (memcmp(&before, &after, sizeof before) != 0)
                *to(s, ACTION_TIME) = c;
}

static void
customer_steps(struct stepping *s)
{
        struct charge_attempt *a;

        for (s->i = 0; s->i < s->w->attempts && s->from->attempt[s->i].state != CHARGE_NONE; s->i++)
                continue;
        if (s->i == s->w->attempts || (s->w->one_live && other_is_live(s->from, s->i)))
                return;
        a = to_attempt(s, ACTION_ASK);
        a->state = CHARGE_SENDING;
        a->worker = WORKER_RECORDED;
}

static void
heard(struct stepping *s, enum charge_action action, enum charge_worker worker)
{
        to_attempt(s, action)->worker = worker;
}

static void
worker_waits(struct stepping *s, const struct charge_attempt *a)
{
        if (captures(a) > 0)
                heard(s, ACTION_HEAR_YES, WORKER_APPROVED);
        if (has_copy(a, COPY_DECLINED))
                heard(s, ACTION_HEAR_NO, WORKER_DECLINED);
        heard(s, ACTION_HEAR_NOTHING, WORKER_UNKNOWN);
        if (!s->w->no_resend && a->copy[1].state == COPY_NONE)
                to_attempt(s, ACTION_RESEND)->copy[1] = (struct charge_copy){ COPY_UNDER_WAY, 0 };
}

static void
worker_records(struct stepping *s, enum charge_state state)
{
        struct charge *c = to(s, ACTION_RECORD);

        settle(s->w, c, s->i, state);
        c->attempt[s->i].worker = WORKER_GONE;
}

static void
worker_steps(struct stepping *s)
{
        const struct charge_attempt *a = &s->from->attempt[s->i];
        struct charge_attempt *b;

        switch ((enum charge_worker)a->worker) {
        case WORKER_NONE:
        case WORKER_GONE:
                return;
        case WORKER_RECORDED:
                if (a->age + CALL < FENCE)
                        heard(s, ACTION_CHECK, WORKER_CHECKED);
                else
                        heard(s, ACTION_TOO_LATE, WORKER_NOT_SENT);
                break;
        case WORKER_CHECKED:
                b = to_attempt(s, ACTION_SEND);
                b->worker = WORKER_SENT;
                b->copy[0] = (struct charge_copy){ COPY_UNDER_WAY, 0 };
                heard(s, ACTION_NOT_SENT, WORKER_NOT_SENT);
                break;
        case WORKER_SENT:       worker_waits(s, a); break;
        case WORKER_APPROVED:   worker_records(s, CHARGE_SUCCEEDED); break;
        case WORKER_DECLINED:   worker_records(s, CHARGE_DECLINED); break;
        case WORKER_UNKNOWN:    worker_records(s, CHARGE_UNKNOWN); break;
        case WORKER_NOT_SENT:   worker_records(s, CHARGE_NOT_SENT); break;
        }
        heard(s, ACTION_KILL, WORKER_GONE);
}

static bool
is_duplicate(const struct stepping *s)
{
        for (size_t i = 0; i < s->w->attempts; i++)
                for (size_t k = 0; k < CHARGE_COPIES; k++) {
                        const struct charge_copy *other = &s->from->attempt[i].copy[k];

                        if (captured(other) && other->since < s->w->window_units &&
                            (s->w->window == WINDOW_ORDER || (s->w->window == WINDOW_ATTEMPT && i == s->i)))
                                return true;
                }
        return false;
}

static void
copy_becomes(struct stepping *s, enum charge_action action, size_t k, enum charge_copy_state state)
{
        struct charge_copy *copy = &to_attempt(s, action)->copy[k];

        *copy = (struct charge_copy){ state, action == ACTION_SHOW ? copy->since : 0 };
}

static void
network_and_gateway_steps(struct stepping *s, size_t k)
{
        const struct charge_copy *copy = &s->from->attempt[s->i].copy[k];

        if (copy->state == COPY_UNDER_WAY) {
                copy_becomes(s, ACTION_DELIVER, k, COPY_ARRIVED);
                copy_becomes(s, ACTION_LOSE, k, COPY_LOST);
        } else if (copy->state == COPY_ARRIVED && is_duplicate(s)) {
                copy_becomes(s, ACTION_DUPLICATE, k, COPY_LOST);
        } else if (copy->state == COPY_ARRIVED) {
                copy_becomes(s, ACTION_CAPTURE, k, COPY_HIDDEN);
                copy_becomes(s, ACTION_DECLINE, k, COPY_DECLINED);
        } else if (copy->state == COPY_HIDDEN && !s->w->gateway_keeps_time) {
                copy_becomes(s, ACTION_SHOW, k, COPY_SHOWN);
        }
        /* A gateway that keeps time answers in the end; one that does not may never. */
        if (copy->state == COPY_ARRIVED && s->w->gateway_keeps_time)
                s->step[s->n - 1].must = true;
}

static bool
beyond_horizon(const struct charge_setup *w, const struct charge_attempt *a)
{
        return !w->horizon || a->age >= w->horizon_units;
}

/* A not-found now would be counted in vain, and time alone can change that. */
static bool
not_found_is_vain(const struct charge_setup *w, const struct charge_attempt *a)
{
        return !beyond_horizon(w, a) && (w->count_from_horizon || a->not_founds >= w->not_founds_final);
}

static enum charge_lookup_state
query(const struct charge_attempt *a)
{
        if (has_copy(a, COPY_SHOWN))
                return LOOKUP_ANSWER_YES;
        return has_copy(a, COPY_DECLINED) ? LOOKUP_ANSWER_NO : LOOKUP_ANSWER_NONE;
}

/* Its sender may be alive: found is found, but not found says nothing. */
static bool
may_be_sent_yet(const struct charge_attempt *a)
{
        return a->state == CHARGE_SENDING && a->age < FENCE;
}

static bool
worth_a_look(const struct charge_setup *w, const struct charge_attempt *a)
{
        if (thought_not_made(a))
                return w->void_late && has_copy(a, COPY_SHOWN);
        return undecided(a) && (query(a) != LOOKUP_ANSWER_NONE || !not_found_is_vain(w, a) ||
            (a->state == CHARGE_SENDING && !may_be_sent_yet(a)));
}

/* An idle look-up takes the attempt: reads its age, and gives up a sender that its fence has killed. */
static void
lookup_begins(struct stepping *s, size_t l)
{
        const struct charge_attempt *a = &s->from->attempt[s->i];
        struct charge *c;

        if (!worth_a_look(s->w, a))
                return;
        c = to(s, ACTION_LOOK);
        s->step[s->n - 1].must = !may_be_sent_yet(a);
        if (a->state == CHARGE_SENDING && !may_be_sent_yet(a))
                settle(s->w, c, s->i, CHARGE_UNKNOWN);
        c->lookup[l] = (struct charge_lookup){ LOOKUP_ASKING, (unsigned)s->i, 0 };
        if (beyond_horizon(s->w, a) && !may_be_sent_yet(a))
                c->lookup[l].past = 1;
}

static void
lookup_asks(struct stepping *s, size_t l)
{
        const struct charge_attempt *a = &s->from->attempt[s->i];
        enum charge_lookup_state answer = query(a);
        struct charge *c;

        if (answer == LOOKUP_ANSWER_YES)
                to(s, ACTION_FIND_YES)->lookup[l].state = answer;
        else if (answer == LOOKUP_ANSWER_NO)
                to(s, ACTION_FIND_NO)->lookup[l].state = answer;
        else if (!not_found_is_vain(s->w, a))
                to(s, ACTION_FIND_NOTHING)->lookup[l].state = answer;
        if (answer != LOOKUP_ANSWER_NONE && s->from->false_not_founds < s->w->false_not_founds) {
                c = to(s, ACTION_FORGET);
                c->false_not_founds++;
                c->lookup[l].state = LOOKUP_ANSWER_NONE;
        }
}

/* payment_looked_up: not-founds count only in a row. */
static void
lookup_counts(struct stepping *s, size_t l)
{
        struct charge *c = to(s, ACTION_COUNT);
        struct charge_lookup *lookup = &c->lookup[l];
        struct charge_attempt *a = &c->attempt[s->i];

        if (lookup->state == LOOKUP_ANSWER_NONE) {
                if (a->not_founds < s->w->not_founds_final && (lookup->past != 0 || !s->w->count_from_horizon))
                        a->not_founds++;
                if (lookup->past != 0 && a->not_founds >= s->w->not_founds_final)
                        lookup->state = LOOKUP_DECIDED_NONE;
                else
                        *lookup = (struct charge_lookup){ .state = LOOKUP_IDLE };
                return;
        }
        a->not_founds = 0;
        lookup->state = lookup->state == LOOKUP_ANSWER_YES ? LOOKUP_DECIDED_YES : LOOKUP_DECIDED_NO;
}

static void
lookup_concludes(struct stepping *s, size_t l, enum charge_state state)
{
        enum charge_action action = ACTION_CONCLUDE;
        struct charge *c;

        if (thought_not_made(&s->from->attempt[s->i]) && state == CHARGE_SUCCEEDED)
                action = other_is_live(s->from, s->i) ? ACTION_LATE : ACTION_ADOPT;
        c = to(s, action);
        settle(s->w, c, s->i, state);
        c->lookup[l] = (struct charge_lookup){ .state = LOOKUP_IDLE };
}

static void
lookup_steps(struct stepping *s, size_t l)
{
        const struct charge_lookup *lookup = &s->from->lookup[l];
        struct charge *c;

        s->i = lookup->attempt;
        switch ((enum charge_lookup_state)lookup->state) {
        case LOOKUP_IDLE:
                for (s->i = 0; s->i < s->w->attempts; s->i++)
                        lookup_begins(s, l);
                return;
        case LOOKUP_ASKING:             lookup_asks(s, l); break;
        case LOOKUP_ANSWER_NONE:
        case LOOKUP_ANSWER_YES:
        case LOOKUP_ANSWER_NO:          lookup_counts(s, l); break;
        case LOOKUP_DECIDED_NONE:       lookup_concludes(s, l, CHARGE_NOT_FOUND_FINAL); break;
        case LOOKUP_DECIDED_YES:        lookup_concludes(s, l, CHARGE_SUCCEEDED); break;
        case LOOKUP_DECIDED_NO:         lookup_concludes(s, l, CHARGE_DECLINED); break;
        }
        if (s->from->lookup_deaths < s->w->lookup_deaths) {
                c = to(s, ACTION_LOOKUP_DIES);
                c->lookup_deaths++;
                c->lookup[l] = (struct charge_lookup){ .state = LOOKUP_IDLE };
        }
}

/* What no order takes goes back. */
static void
return_steps(struct stepping *s, const struct charge_attempt *a)
{
        struct charge_attempt *b;

        if (a->state == CHARGE_LATE_APPROVED && captures(a) > 0) {
                b = to_attempt(s, ACTION_VOID);
                for (size_t k = 0; k < CHARGE_COPIES; k++)
                        if (captured(&b->copy[k]))
                                b->copy[k].state = COPY_VOIDED;
        } else if (a->state == CHARGE_LATE_APPROVED) {
                to_attempt(s, ACTION_VOIDED)->state = CHARGE_VOIDED;
        }
}

size_t
charge_steps(const struct charge_setup *w, const struct charge *c, struct charge_step step[CHARGE_STEPS_MAX])
{
        struct stepping s = { .w = w, .from = c, .step = step };

        time_passes(&s);
        customer_steps(&s);
        for (s.i = 0; s.i < w->attempts; s.i++) {
                const struct charge_attempt *a = &c->attempt[s.i];

                worker_steps(&s);
                for (size_t k = 0; k < CHARGE_COPIES; k++)
                        network_and_gateway_steps(&s, k);
                return_steps(&s, a);
        }
        for (size_t l = 0; l < CHARGE_LOOKUPS; l++)
                lookup_steps(&s, l);
        for (size_t n = 0; n < s.n; n++)
                tidy(w, &step[n].to);
        return s.n;
}
