/*
 * hook.c - the list of events, and threads that work on a heap of deliveries,
 * the one that is due first on top. All of it under one lock, which may be
 * taken under the books' lock and never the other way round.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"
#include "sandbox/faults.h"
#include "sandbox/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#define ARENA_MAX       ((size_t)8 * 1024 * 1024)
#define NOT_YET_MS      20
#define THREE_DAYS_S    (3 * 24 * 3600)

struct delivery {
        int64_t due_ms;                 /* monotonic */
        uint64_t place;                 /* among those due at once */
        size_t event;
        int failures;
        bool delayed;                   /* a fault has put it off once */
};

struct hooks {
        pthread_mutex_t lock;
        pthread_cond_t wake;
        struct hook_event *event;
        size_t n, size;
        struct delivery *heap;
        size_t heap_n, heap_size;
        size_t under_way;
        uint64_t places;
        int fd;
        bool started;
        atomic_bool stopping;
        pthread_t thread[HOOK_THREADS];
        struct hooks_conf conf;
        struct books *books;
        struct faults *faults;
};

static void
lock(struct hooks *h)
{
        CHECK(pthread_mutex_lock(&h->lock) == 0);
}

static void
unlock(struct hooks *h)
{
        CHECK(pthread_mutex_unlock(&h->lock) == 0);
}

/* --- the heap --- */

static bool
is_before(const struct delivery *a, const struct delivery *b)
{
        return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->place < b->place);
}

static void
swap(struct delivery *a, struct delivery *b)
{
        struct delivery t = *a;

        *a = *b;
        *b = t;
}

static void
push(struct hooks *h, struct delivery d)
{
        size_t i = h->heap_n++;

        if (h->heap_n > h->heap_size) {
                h->heap_size = h->heap_n * 2;
                h->heap = realloc(h->heap, h->heap_size * sizeof *h->heap);
                CHECK(h->heap != NULL);
        }
        d.place = h->places++;
        h->heap[i] = d;
        for (; i > 0 && is_before(&h->heap[i], &h->heap[(i - 1) / 2]); i = (i - 1) / 2)
                swap(&h->heap[i], &h->heap[(i - 1) / 2]);
        CHECK(pthread_cond_signal(&h->wake) == 0);
}

static struct delivery
pop(struct hooks *h)
{
        struct delivery top = h->heap[0];
        size_t i = 0;

        h->heap[0] = h->heap[--h->heap_n];
        for (;;) {
                size_t least = i;

                for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < h->heap_n; child++)
                        if (is_before(&h->heap[child], &h->heap[least]))
                                least = child;
                if (least == i)
                        return top;
                swap(&h->heap[i], &h->heap[least]);
                i = least;
        }
}

/* --- events --- */

static void
push_event(struct hooks *h, size_t event)
{
        const struct hook_event *v = &h->event[event];
        int64_t wait_ms = v->late_ms == 0 ? 0 : v->late_ms - clock_wall_ms();

        push(h, (struct delivery){ .due_ms = clock_mono_ms() + (wait_ms > 0 ? wait_ms : 0), .event = event });
}

void
hooks_note(void *hooks, const struct txn *t, const struct txn *original)
{
        struct hooks *h = hooks;
        const char *type[EVENTS_A_ROW];
        size_t n = event_types(t, type);

        (void)original;
        lock(h);
        for (size_t i = 0; i < n; i++) {
                if (h->n == h->size) {
                        h->size = h->size == 0 ? 256 : h->size * 2;
                        h->event = realloc(h->event, h->size * sizeof *h->event);
                        CHECK(h->event != NULL);
                }
                h->event[h->n++] = (struct hook_event){
                        .number = event_number(t->id, i), .type = type[i], .gateway = t->gateway,
                        .state = t->quiet ? HOOK_DROPPED : HOOK_PENDING,
                        .created_ms = t->created_ms, .late_ms = t->late_ms
                };
                if (h->started && !t->quiet)
                        push_event(h, h->n - 1);
        }
        unlock(h);
}

static struct hook_event *
find(struct hooks *h, int64_t number)
{
        size_t low = 0, high = h->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (h->event[middle].number < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < h->n && h->event[low].number == number ? &h->event[low] : NULL;
}

/* One short line in one write: whole or, after a crash of the machine, not there. */
static void
keep(struct hooks *h, const struct hook_event *v)
{
        char line[96];
        int n = snprintf(line, sizeof line, "%" PRId64 " %d %d %d\n", v->number, (int)v->state, v->attempts,
            v->last_status);

        CHECK(n > 0 && (size_t)n < sizeof line && write(h->fd, line, (size_t)n) == n);
}

/* "number state attempts status"; a line that is anything else says nothing. */
static void
recall(struct hooks *h, struct str line)
{
        struct str word[4], rest = line;
        int64_t n[4];
        struct hook_event *v;

        for (size_t i = 0; i < ARRAY_LEN(word); i++) {
                (void)str_cut(rest, ' ', &word[i], &rest);
                if (!str_to_i64(word[i], &n[i]))
                        return;
        }
        v = find(h, n[0]);
        if (v == NULL || n[1] < HOOK_DELIVERED || n[1] > HOOK_DROPPED)
                return;
        v->state = (enum hook_state)n[1];
        v->attempts = (int)n[2];
        v->last_status = (int)n[3];
}

static void
recall_all(struct hooks *h)
{
        int fd = dup(h->fd);
        FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
        char *line = NULL;
        size_t size = 0;
        ssize_t n;

        CHECK(in != NULL && fseek(in, 0, SEEK_SET) == 0);
        while ((n = getline(&line, &size, in)) > 0)
                recall(h, (struct str){ line, (size_t)(line[n - 1] == '\n' ? n - 1 : n) });
        free(line);
        (void)fclose(in);
}

struct hooks *
hooks_open(const char *path)
{
        struct hooks *h = calloc(1, sizeof *h);
        pthread_condattr_t attr;

        CHECK(h != NULL);
        CHECK(pthread_mutex_init(&h->lock, NULL) == 0);
        CHECK(pthread_condattr_init(&attr) == 0 && pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
        CHECK(pthread_cond_init(&h->wake, &attr) == 0 && pthread_condattr_destroy(&attr) == 0);
        h->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (h->fd < 0) {
                (void)fprintf(stderr, "boxoffice-sandbox: %s can't be opened: %s\n", path, strerror(errno));
                hooks_close(h);
                return NULL;
        }
        return h;
}

void
hooks_close(struct hooks *h)
{
        if (h->fd >= 0)
                (void)close(h->fd);
        CHECK(pthread_cond_destroy(&h->wake) == 0 && pthread_mutex_destroy(&h->lock) == 0);
        free(h->event);
        free(h->heap);
        free(h);
}

/* --- delivery --- */

static int64_t
retry_ms(int failures)
{
        static const int seconds[] = { 1, 2, 4, 8, 15, 30, 60 };
        size_t i = (size_t)(failures - 1);

        return 1000 * (int64_t)(i < ARRAY_LEN(seconds) ? seconds[i] : seconds[ARRAY_LEN(seconds) - 1]);
}

static void
finish(struct hooks *h, const struct delivery *d, enum hook_state state)
{
        struct hook_event *v = &h->event[d->event];

        if (v->state == HOOK_DELIVERED)
                return;                         /* a copy of one that has arrived before */
        v->state = state;
        keep(h, v);
}

static void
count_attempt(struct hooks *h, struct delivery d, int status, bool lost)
{
        struct hook_event *v = &h->event[d.event];

        v->attempts++;
        v->last_status = status;
        if (status == 200 && !lost) {
                finish(h, &d, HOOK_DELIVERED);
                return;
        }
        d.failures++;
        if (d.failures * 60 > THREE_DAYS_S) {
                finish(h, &d, HOOK_DROPPED);
                return;
        }
        d.due_ms = clock_mono_ms() + retry_ms(d.failures);
        push(h, d);
}

static bool
is_lost(enum mishap m)
{
        return m == MISHAP_DROP_AFTER || m == MISHAP_GARBAGE || m == MISHAP_HANG || m == MISHAP_FAIL_AFTER ||
            m == MISHAP_BUSY || m == MISHAP_DRIP;
}

static bool
is_put_off(enum mishap m)
{
        return m == MISHAP_DELAY || m == MISHAP_LATE || m == MISHAP_HIDDEN;
}

/* Called and left with the lock, without it while it sends. */
static void
deliver(struct hooks *h, struct hook_sender *s, struct arena *a, struct delivery d)
{
        struct hook_event v = h->event[d.event];
        int64_t delay_ms = 0;
        enum mishap m = d.delayed ? MISHAP_NONE : faults_take(h->faults, TARGET_WEBHOOKS, &delay_ms);
        struct str body;
        bool there;
        int status = 0;

        d.delayed = false;
        if (m == MISHAP_DROP_BEFORE) {
                finish(h, &d, HOOK_DROPPED);
                return;
        }
        if (is_put_off(m)) {
                d.delayed = true;
                d.due_ms = clock_mono_ms() + delay_ms;
                push(h, d);
                return;
        }
        unlock(h);
        there = event_body(h->books, a, v.number, &body);
        for (int i = 0; there && i < (m == MISHAP_DOUBLE ? 2 : 1); i++)
                status = hook_send(s, a, v.gateway, body, m == MISHAP_DROP_AFTER, m == MISHAP_GARBAGE);
        lock(h);
        if (there) {
                count_attempt(h, d, status, is_lost(m));
        } else {
                d.due_ms = clock_mono_ms() + NOT_YET_MS;
                push(h, d);
        }
}

static void
wait_for_work(struct hooks *h)
{
        struct timespec until;
        int64_t due_ms;

        if (h->heap_n == 0) {
                CHECK(pthread_cond_wait(&h->wake, &h->lock) == 0);
                return;
        }
        due_ms = h->heap[0].due_ms;
        until = (struct timespec){ .tv_sec = (time_t)(due_ms / 1000), .tv_nsec = (long)(due_ms % 1000) * 1000000L };
        (void)pthread_cond_timedwait(&h->wake, &h->lock, &until);
}

static void *
work(void *hooks)
{
        struct hooks *h = hooks;
        struct hook_sender *s = hook_sender_new(&h->conf, &h->stopping);
        struct arena *a = arena_new(ARENA_MAX);

        lock(h);
        while (!atomic_load(&h->stopping)) {
                if (h->heap_n == 0 || h->heap[0].due_ms > clock_mono_ms()) {
                        wait_for_work(h);
                        continue;
                }
                struct delivery d = pop(h);

                h->under_way++;
                deliver(h, s, a, d);
                h->under_way--;
                arena_reset(a);
        }
        unlock(h);
        arena_free(a);
        hook_sender_free(s);
        return NULL;
}

void
hooks_start(struct hooks *h, struct books *b, struct faults *f, const struct hooks_conf *conf)
{
        lock(h);
        h->books = b;
        h->faults = f;
        h->conf = *conf;
        h->started = true;
        recall_all(h);
        for (size_t i = 0; i < h->n; i++)
                if (h->event[i].state == HOOK_PENDING)
                        push_event(h, i);
        unlock(h);
        for (size_t i = 0; i < HOOK_THREADS; i++)
                CHECK(pthread_create(&h->thread[i], NULL, work, h) == 0);
}

void
hooks_stop(struct hooks *h)
{
        lock(h);
        atomic_store(&h->stopping, true);
        CHECK(pthread_cond_broadcast(&h->wake) == 0);
        unlock(h);
        for (size_t i = 0; h->started && i < HOOK_THREADS; i++)
                CHECK(pthread_join(h->thread[i], NULL) == 0);
}

/* --- what tests ask --- */

struct hook_event *
hooks_list(struct hooks *h, struct arena *a, size_t *n, size_t *pending)
{
        struct hook_event *copy;
        int64_t wall_ms = clock_wall_ms();

        lock(h);
        copy = malloc((h->n + 1) * sizeof *copy);       /* whole lists are more than an arena's cap */
        CHECK(copy != NULL);
        *n = 0;
        for (size_t i = 0; i < h->n; i++)
                if (h->event[i].late_ms <= wall_ms)
                        copy[(*n)++] = h->event[i];
        *pending = h->heap_n + h->under_way;
        unlock(h);
        arena_hook(a, free, copy);
        return copy;
}

void
hooks_replay(struct hooks *h, int64_t since_ms, int64_t count, bool shuffle, int64_t *events, int64_t *sent)
{
        size_t *copy, n = 0;
        int64_t now_ms = clock_mono_ms(), wall_ms = clock_wall_ms();

        lock(h);
        copy = malloc((h->n * (size_t)count + 1) * sizeof *copy);
        CHECK(copy != NULL);
        *events = 0;
        for (size_t i = 0; i < h->n; i++) {
                if (h->event[i].created_ms < since_ms || h->event[i].late_ms > wall_ms)
                        continue;
                ++*events;
                for (int64_t k = 0; k < count; k++)
                        copy[n++] = i;
        }
        for (size_t i = n; shuffle && i > 1; i--) {
                uint64_t r;
                size_t j, t = copy[i - 1];

                random_bytes(&r, sizeof r);
                j = (size_t)(r % i);
                copy[i - 1] = copy[j];
                copy[j] = t;
        }
        for (size_t i = 0; h->started && i < n; i++)
                push(h, (struct delivery){ .due_ms = now_ms, .event = copy[i] });
        *sent = h->started ? (int64_t)n : 0;
        unlock(h);
        free(copy);
}
