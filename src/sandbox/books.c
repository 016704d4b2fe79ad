/*
 * books.c - the rows in memory and the rules. How rows get to the disk and
 * back is in books_file.c; what callers say and hear is in nmi_*.c.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "sandbox/books.h"
#include "sandbox/books_inner.h"

#define BUCKETS_FIRST   1024
#define ROWS_FIRST      1024

static const char *const kind_word[TXN_KINDS] = {
#define KIND(name, word) [TXN_##name] = word,
#include "sandbox/txn.def"
};

static const char *const status_word[TXN_STATUSES] = {
#define STATUS(name, word) [TXN_##name] = word,
#include "sandbox/txn.def"
};

static const struct {
        const char *word, *mask;
} brands[CARD_BRANDS] = {
#define BRAND(name, word, mask) [CARD_##name] = { word, mask },
#include "sandbox/txn.def"
};

const char *
txn_kind_word(enum txn_kind k)
{
        return kind_word[k];
}

const char *
txn_status_word(enum txn_status s)
{
        return status_word[s];
}

const char *
card_brand_word(enum card_brand c)
{
        return brands[c].word;
}

const char *
card_brand_mask(enum card_brand c)
{
        return brands[c].mask;
}

static void
lock(struct books *b)
{
        CHECK(pthread_mutex_lock(&b->lock) == 0);
}

/* Ends every use of the books: nobody learns what the disk does not know yet. */
static void
settle_unlock(struct books *b)
{
        books_file_settle(b);
        CHECK(pthread_mutex_unlock(&b->lock) == 0);
}

struct txn *
txn_new(struct str reference, struct str order)
{
        struct txn *t = calloc(1, sizeof *t + reference.n + order.n);
        char *text;

        CHECK(t != NULL);
        text = (char *)(t + 1);
        if (reference.n > 0)
                memcpy(text, reference.p, reference.n);
        if (order.n > 0)
                memcpy(text + reference.n, order.p, order.n);
        t->reference = (struct str){ text, reference.n };
        t->order = (struct str){ text + reference.n, order.n };
        return t;
}

/* FNV-1a: spreads well enough, and nobody attacks a sandbox. */
static struct txn **
bucket_of(const struct books *b, struct str reference)
{
        uint64_t h = UINT64_C(14695981039346656037);

        for (size_t i = 0; i < reference.n; i++)
                h = (h ^ (unsigned char)reference.p[i]) * UINT64_C(1099511628211);
        return &b->bucket[h & (b->buckets - 1)];
}

static void
index_put(struct books *b, struct txn *t)
{
        struct txn **bucket = bucket_of(b, t->reference);

        t->same_bucket = *bucket;
        *bucket = t;
}

static void
index_grow(struct books *b)
{
        free(b->bucket);
        b->buckets = b->buckets == 0 ? BUCKETS_FIRST : b->buckets * 2;
        b->bucket = calloc(b->buckets, sizeof(struct txn *));
        CHECK(b->bucket != NULL);
        for (size_t i = 0; i < b->n; i++)
                index_put(b, b->row[i]);
}

struct txn *
books_row(const struct books *b, int64_t id)
{
        size_t low = 0, high = b->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (b->row[middle]->id < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < b->n && b->row[low]->id == id ? b->row[low] : NULL;
}

/* What a row does to the one it acts on. */
static bool
enter_effect(struct books *b, const struct txn *t)
{
        struct txn *original = books_row(b, t->original);

        if (t->kind == TXN_SALE || t->kind == TXN_AUTH)
                return t->original == 0;
        if (original == NULL)
                return false;
        switch (t->kind) {
        case TXN_CAPTURE:
                original->captured_by = t;
                original->updated_ms = t->created_ms;
                break;
        case TXN_REFUND:
                original->refunded += t->amount.minor;
                break;
        case TXN_VOID:
                original->status = TXN_VOIDED;
                original->voided_by = t;
                original->updated_ms = t->created_ms;
                break;
        case TXN_SALE:
        case TXN_AUTH:
        case TXN_KINDS:
                NEVER("these act on no other row");
        }
        return true;
}

bool
books_enter(struct books *b, struct txn *t)
{
        if ((b->n > 0 && t->id <= b->row[b->n - 1]->id) || !enter_effect(b, t))
                return false;
        if (b->n == b->size) {
                b->size = b->size == 0 ? ROWS_FIRST : b->size * 2;
                b->row = realloc(b->row, b->size * sizeof(struct txn *));
                CHECK(b->row != NULL);
        }
        b->row[b->n++] = t;
        if (b->n > b->buckets)
                index_grow(b);
        else
                index_put(b, t);
        return true;
}

struct books *
books_open(const char *path, bool sync)
{
        struct books *b = calloc(1, sizeof *b);

        CHECK(b != NULL);
        CHECK(pthread_mutex_init(&b->lock, NULL) == 0);
        index_grow(b);
        if (!books_file_open(b, path, sync)) {
                books_close(b);
                return NULL;
        }
        return b;
}

void
books_close(struct books *b)
{
        books_file_close(b);
        for (size_t i = 0; i < b->n; i++)
                free(b->row[i]);
        free(b->row);
        free(b->bucket);
        CHECK(pthread_mutex_destroy(&b->lock) == 0);
        free(b);
}

void
books_sync(struct books *b)
{
        lock(b);
        settle_unlock(b);
}

size_t
books_count(struct books *b)
{
        size_t n;

        lock(b);
        n = b->n;
        settle_unlock(b);
        return n;
}

/*
 * Books that start empty begin at a number taken from the wall clock, so that
 * a new file does not give out the ids of an old one again.
 */
static int64_t
next_id(const struct books *b)
{
        return b->n > 0 ? b->row[b->n - 1]->id + 1 : clock_wall_ms() / 25;
}

/* A bijection on 0..9999: neighbours differ, and ten thousand uses in a row are all different. */
static int
last4_of(int64_t id)
{
        return (int)(id * 7919 % 10000);
}

/* The approved sale that this one repeats, or NULL; a void does not make a repetition welcome. */
static const struct txn *
earlier_twin(const struct books *b, const struct posting *p)
{
        if (p->dup_seconds == 0 || p->reference.n == 0)
                return NULL;
        for (const struct txn *t = *bucket_of(b, p->reference); t != NULL; t = t->same_bucket) {
                if ((t->kind == TXN_SALE || t->kind == TXN_AUTH) && t->status != TXN_DECLINED &&
                    str_eq(t->reference, p->reference) && t->amount.minor == p->amount.minor &&
                    t->amount.currency == p->amount.currency &&
                    p->now_ms - t->created_ms <= p->dup_seconds * 1000)
                        return t;
        }
        return NULL;
}

/* Whether the original is such that this may be done to it; *amount becomes what will be booked. */
static enum posted
judge(const struct txn *original, const struct posting *p, int64_t *amount)
{
        bool captured = original->kind == TXN_SALE || original->captured_by != NULL;
        int64_t taken = original->kind == TXN_SALE || !captured ? original->amount.minor
            : original->captured_by->amount.minor;
        int64_t left = 0;

        if ((original->kind != TXN_SALE && original->kind != TXN_AUTH) || original->status != TXN_APPROVED)
                return POST_WRONG_STATE;
        switch (p->kind) {
        case TXN_CAPTURE:
                if (captured)
                        return POST_WRONG_STATE;
                left = original->amount.minor;
                break;
        case TXN_REFUND:
                if (!captured)
                        return POST_WRONG_STATE;
                left = taken - original->refunded;
                break;
        case TXN_VOID:
                if (original->refunded > 0)
                        return POST_WRONG_STATE;
                *amount = taken;
                return POSTED;
        case TXN_SALE:
        case TXN_AUTH:
        case TXN_KINDS:
                NEVER("these act on no other row");
        }
        if (p->amount.currency != original->amount.currency)
                return POST_OTHER_CURRENCY;
        if (left == 0 || p->amount.minor > left)
                return POST_TOO_MUCH;
        *amount = p->amount.minor == 0 ? left : p->amount.minor;
        return POSTED;
}

/* Nothing fails below. */
static const struct txn *
write_row(struct books *b, const struct posting *p, const struct txn *original, struct money amount)
{
        struct txn *t = txn_new(p->reference, p->order.n == 0 && original != NULL ? original->order : p->order);

        t->id = next_id(b);
        t->kind = p->kind;
        t->code = original == NULL ? p->code : BOOKS_CODE_APPROVED;
        t->status = t->code == BOOKS_CODE_APPROVED ? TXN_APPROVED : TXN_DECLINED;
        t->amount = amount;
        t->brand = original == NULL ? p->brand : original->brand;
        t->last4 = original == NULL ? last4_of(t->id) : original->last4;
        t->original = original == NULL ? 0 : original->id;
        t->created_ms = t->updated_ms = p->now_ms;
        CHECK(books_enter(b, t));
        books_file_append(b, t);
        return t;
}

static enum posted
post_locked(struct books *b, const struct posting *p, struct txn *out)
{
        const struct txn *original = NULL, *twin;
        struct money amount = p->amount;

        if (p->kind == TXN_SALE || p->kind == TXN_AUTH) {
                twin = earlier_twin(b, p);
                if (twin != NULL) {
                        *out = *twin;
                        return POST_DUPLICATE;
                }
        } else {
                enum posted verdict;

                original = books_row(b, p->original);
                if (original == NULL)
                        return POST_NO_ORIGINAL;
                amount = original->amount;
                verdict = judge(original, p, &amount.minor);
                if (verdict != POSTED)
                        return verdict;
        }
        *out = *write_row(b, p, original, amount);
        return POSTED;
}

enum posted
books_post(struct books *b, const struct posting *p, struct txn *out)
{
        enum posted verdict;

        lock(b);
        verdict = post_locked(b, p, out);
        settle_unlock(b);
        return verdict;
}

bool
books_find(struct books *b, int64_t id, struct txn *out)
{
        const struct txn *t;

        lock(b);
        t = books_row(b, id);
        if (t != NULL)
                *out = *t;
        settle_unlock(b);
        return t != NULL;
}

/* Where the rows that pass are counted and, with room for them, copied. */
struct selection {
        const struct txn_filter *filter;
        struct txn *out;                /* NULL: only count */
        size_t n;
};

static void
consider(struct selection *s, const struct txn *t)
{
        const struct txn_filter *f = s->filter;

        if ((f->reference.p != NULL && !str_eq(t->reference, f->reference)) ||
            (f->order.p != NULL && !str_eq(t->order, f->order)) ||
            t->updated_ms < f->from_ms || (f->to_ms != 0 && t->updated_ms > f->to_ms))
                return;
        if (s->out != NULL)
                s->out[s->n] = *t;
        s->n++;
}

static void
select_by_ids(const struct books *b, struct selection *s)
{
        const int64_t *id = s->filter->ids;

        for (size_t i = 0; i < s->filter->ids_n; i++) {
                const struct txn *t = i > 0 && id[i] == id[i - 1] ? NULL : books_row(b, id[i]);

                if (t != NULL)
                        consider(s, t);
        }
}

static void
select_by_reference(const struct books *b, struct selection *s)
{
        for (const struct txn *t = *bucket_of(b, s->filter->reference); t != NULL; t = t->same_bucket)
                consider(s, t);
        for (size_t i = 0; s->out != NULL && i < s->n / 2; i++) {       /* a bucket has the newest first */
                struct txn t = s->out[i];

                s->out[i] = s->out[s->n - 1 - i];
                s->out[s->n - 1 - i] = t;
        }
}

/* Called twice, first to count. */
static size_t
select_locked(const struct books *b, const struct txn_filter *f, struct txn *out)
{
        struct selection s = { .filter = f, .out = out };

        if (f->ids_n > 0)
                select_by_ids(b, &s);
        else if (f->reference.p != NULL)
                select_by_reference(b, &s);
        else
                for (size_t i = 0; i < b->n; i++)
                        consider(&s, b->row[i]);
        return s.n;
}

struct txn *
books_select(struct books *b, const struct txn_filter *f, struct arena *a, size_t *n)
{
        struct txn *out = NULL;

        lock(b);
        *n = select_locked(b, f, NULL);
        if (*n > 0) {
                out = malloc(*n * sizeof *out);         /* whole books are more than an arena's cap */
                CHECK(out != NULL);
                arena_hook(a, free, out);
                CHECK(select_locked(b, f, out) == *n);
        }
        settle_unlock(b);
        return out;
}
