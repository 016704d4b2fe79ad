/* idem.c - a table of chains under a lock. */
#include "base/base.h"
#include "base/check.h"
#include "sandbox/idem.h"

#include <pthread.h>

#define BUCKETS 65536

struct entry {
        struct entry *next;
        char *key, *ask;
        size_t key_n, ask_n;
        int64_t row;                    /* 0: none made yet */
        bool runs, failed;
};

struct idem {
        pthread_mutex_t lock;
        struct entry *bucket[BUCKETS];
};

struct idem *
idem_new(void)
{
        struct idem *i = calloc(1, sizeof *i);

        CHECK(i != NULL);
        CHECK(pthread_mutex_init(&i->lock, NULL) == 0);
        return i;
}

static char *
copy(struct str s)
{
        char *p = malloc(s.n + 1);

        CHECK(p != NULL);
        if (s.n > 0)
                memcpy(p, s.p, s.n);
        return p;
}

static void
entry_free(struct entry *e)
{
        free(e->key);
        free(e->ask);
        free(e);
}

void
idem_free(struct idem *i)
{
        for (size_t b = 0; b < BUCKETS; b++) {
                for (struct entry *e = i->bucket[b], *next; e != NULL; e = next) {
                        next = e->next;
                        entry_free(e);
                }
        }
        CHECK(pthread_mutex_destroy(&i->lock) == 0);
        free(i);
}

/* The key's entry, made when there is none. */
static struct entry *
entry_of(struct idem *i, struct str key)
{
        uint32_t h = 2166136261U;
        struct entry **bucket, *e;

        for (size_t k = 0; k < key.n; k++)
                h = (h ^ (unsigned char)key.p[k]) * 16777619U;
        bucket = &i->bucket[h % BUCKETS];
        for (e = *bucket; e != NULL; e = e->next)
                if (str_eq((struct str){ e->key, e->key_n }, key))
                        return e;
        e = calloc(1, sizeof *e);
        CHECK(e != NULL);
        e->key = copy(key);
        e->key_n = key.n;
        e->next = *bucket;
        *bucket = e;
        return e;
}

static void
set_ask(struct entry *e, struct str ask)
{
        free(e->ask);
        e->ask = copy(ask);
        e->ask_n = ask.n;
}

void
idem_note(struct idem *i, const struct txn *t)
{
        struct entry *e;

        if (t->key.n == 0)
                return;
        CHECK(pthread_mutex_lock(&i->lock) == 0);
        e = entry_of(i, t->key);
        if (e->row == 0) {
                e->row = t->id;
                set_ask(e, t->ask);
        }
        CHECK(pthread_mutex_unlock(&i->lock) == 0);
}

enum idem_verdict
idem_begin(struct idem *i, struct str key, struct str ask, int64_t *row, bool *failed)
{
        enum idem_verdict verdict = IDEM_FRESH;
        struct entry *e;

        CHECK(pthread_mutex_lock(&i->lock) == 0);
        e = entry_of(i, key);
        *row = e->row;
        *failed = e->failed;
        if ((e->runs || e->row != 0) && !str_eq((struct str){ e->ask, e->ask_n }, ask))
                verdict = IDEM_OTHER;
        else if (e->runs)
                verdict = IDEM_RUNS;
        else if (e->row != 0)
                verdict = IDEM_DONE;
        if (verdict == IDEM_FRESH) {
                e->runs = true;
                set_ask(e, ask);
        }
        CHECK(pthread_mutex_unlock(&i->lock) == 0);
        return verdict;
}

void
idem_end(struct idem *i, struct str key, bool failed)
{
        struct entry *e;

        CHECK(pthread_mutex_lock(&i->lock) == 0);
        e = entry_of(i, key);
        e->runs = false;
        e->failed = failed && e->row != 0;
        CHECK(pthread_mutex_unlock(&i->lock) == 0);
}
