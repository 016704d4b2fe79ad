/*
 * faults.h - what tests have asked to go wrong: an ordered list of (target,
 * mishap, how many calls). Faults of the gateway are used up by its calls in
 * the order they were set, those of the webhooks by deliveries (hook.h), those
 * of refund queries by NMI's queries for a refund of ours, which are then
 * answered 429 whatever the mishap; those of other targets are kept and shown
 * only.
 *
 * Any thread may call any of these.
 */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include "base/base.h"

#define FAULTS_MAX              64
#define FAULT_COUNT_MAX         1000000
#define FAULT_DELAY_MS          3000    /* of "delay" where the test names none; others: faults_delay_ms() */
#define FAULT_DELAY_MS_MAX      600000

enum mishap {
        MISHAP_NONE = 0,
#define MISHAP(name, word) MISHAP_##name,
#include "sandbox/mishap.def"
#undef MISHAP
        MISHAPS
};

enum fault_target {
        TARGET_GATEWAY, TARGET_BANK, TARGET_MAIL, TARGET_PUSH, TARGET_WEBHOOKS, TARGET_REFUND_QUERIES, TARGETS
};

struct fault {
        enum fault_target target;
        enum mishap mishap;
        int64_t count;                  /* calls left */
        int64_t delay_ms;               /* of delay, late, hidden */
};

extern const char *const mishap_words[MISHAPS + 1];     /* the first, of MISHAP_NONE, is NULL, and so is the end */
extern const char *const fault_target_words[TARGETS + 1];

struct faults;

/* The delay of a mishap where none is named; 0: it has none. */
int64_t faults_delay_ms(enum mishap m);

struct faults *faults_new(void);
void faults_free(struct faults *f);
bool faults_set(struct faults *f, const struct fault *what) MUSTCHECK;  /* false: FAULTS_MAX are set */
void faults_clear(struct faults *f);
/* The mishap of this call, taken off the list; MISHAP_NONE when there is none. */
enum mishap faults_take(struct faults *f, enum fault_target target, int64_t *delay_ms);
size_t faults_list(struct faults *f, struct fault out[FAULTS_MAX]);

#endif
