/* faults.c - a short list under a lock. */
#include "base/base.h"
#include "base/check.h"
#include "sandbox/faults.h"

#include <pthread.h>

const char *const mishap_words[MISHAPS + 1] = {
#define MISHAP(name, word) [MISHAP_##name] = word,
#include "sandbox/mishap.def"
#undef MISHAP
};

const char *const fault_target_words[TARGETS + 1] = {
        [TARGET_GATEWAY] = "gateway", [TARGET_BANK] = "bank", [TARGET_MAIL] = "mail",
        [TARGET_PUSH] = "push", [TARGET_WEBHOOKS] = "webhooks",
        [TARGET_REFUND_QUERIES] = "refund_queries"
};

struct faults {
        pthread_mutex_t lock;
        struct fault list[FAULTS_MAX];
        size_t n;
};

int64_t
faults_delay_ms(enum mishap m)
{
        return m == MISHAP_DELAY ? FAULT_DELAY_MS : m == MISHAP_LATE ? 20000 : m == MISHAP_HIDDEN ? 6000 :
            m == MISHAP_REFUND_FAIL ? 2000 : 0;
}

struct faults *
faults_new(void)
{
        struct faults *f = calloc(1, sizeof *f);

        CHECK(f != NULL);
        CHECK(pthread_mutex_init(&f->lock, NULL) == 0);
        return f;
}

void
faults_free(struct faults *f)
{
        CHECK(pthread_mutex_destroy(&f->lock) == 0);
        free(f);
}

static void
lock(struct faults *f)
{
        CHECK(pthread_mutex_lock(&f->lock) == 0);
}

static void
unlock(struct faults *f)
{
        CHECK(pthread_mutex_unlock(&f->lock) == 0);
}

bool
faults_set(struct faults *f, const struct fault *what)
{
        bool room;

        lock(f);
        room = f->n < FAULTS_MAX;
        if (room)
                f->list[f->n++] = *what;
        unlock(f);
        return room;
}

void
faults_clear(struct faults *f)
{
        lock(f);
        f->n = 0;
        unlock(f);
}

static void
use_up(struct faults *f, size_t i)
{
        if (--f->list[i].count > 0)
                return;
        f->n--;
        memmove(&f->list[i], &f->list[i + 1], (f->n - i) * sizeof f->list[0]);
}

enum mishap
faults_take(struct faults *f, enum fault_target target, int64_t *delay_ms)
{
        enum mishap m = MISHAP_NONE;

        lock(f);
        for (size_t i = 0; i < f->n && m == MISHAP_NONE; i++) {
                if (f->list[i].target != target)
                        continue;
                m = f->list[i].mishap;
                *delay_ms = f->list[i].delay_ms;
                use_up(f, i);
        }
        unlock(f);
        return m;
}

size_t
faults_list(struct faults *f, struct fault out[FAULTS_MAX])
{
        size_t n;

        lock(f);
        n = f->n;
        memcpy(out, f->list, n * sizeof f->list[0]);
        unlock(f);
        return n;
}
