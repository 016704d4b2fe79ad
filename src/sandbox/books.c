/*
 * books.c - the rows in memory. The rules are in books_rules.c, choosing is in
 * books_select.c, and how rows get to the disk and back in books_file.c.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/secret.h"
#include "sandbox/books.h"
#include "sandbox/books_inner.h"

#include <inttypes.h>

#define BUCKETS_FIRST   1024
#define ROWS_FIRST      1024

static const char *const gateway_word[TXN_GATEWAYS] = {
#define GATEWAY(name, word) [TXN_##name] = word,
#include "sandbox/txn.def"
};

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
txn_gateway_word(enum txn_gateway g)
{
        return gateway_word[g];
}

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

struct str
card_fingerprint(struct arena *a, const struct txn *t, size_t digits)
{
        unsigned char hash[SHA256_SIZE];
        int64_t charge = t->original == 0 ? t->id : t->original;

        sha256(t->known_card ? str_fmt(a, "%s %04d", card_brand_word(t->brand), t->last4)
            : str_fmt(a, "%" PRId64, charge), hash);
        return hex_encode(a, hash, digits / 2);
}

void
books_lock(struct books *b)
{
        CHECK(pthread_mutex_lock(&b->lock) == 0);
        if (b->awaited != NULL)
                rules_catch_up(b);
}

void
books_settle_unlock(struct books *b)
{
        books_file_settle(b);
        CHECK(pthread_mutex_unlock(&b->lock) == 0);
}

struct txn *
txn_new(const struct txn *like)
{
        size_t n = 0;
        struct txn *t;
        char *text;

#define TEXT(name) n += like->name.n;
#include "sandbox/txn.def"
        t = malloc(sizeof *t + n);
        CHECK(t != NULL);
        *t = *like;
        text = (char *)(t + 1);
#define TEXT(name) \
        if (like->name.n > 0) \
                memcpy(text, like->name.p, like->name.n); \
        t->name = (struct str){ text, like->name.n }; \
        text += like->name.n;
#include "sandbox/txn.def"
        return t;
}

bool
txn_has_original(enum txn_kind k)
{
        return k != TXN_SALE && k != TXN_AUTH && k != TXN_FILE;
}

bool
txn_is_there(const struct txn *t, int64_t wall_ms)
{
        return t->late_ms == 0 || t->late_ms <= wall_ms;
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

struct txn *
books_bucket(const struct books *b, struct str reference)
{
        return *bucket_of(b, reference);
}

bool
books_enter(struct books *b, struct txn *t)
{
        struct txn *original = books_row(b, t->original);

        if ((b->n > 0 && t->id <= b->row[b->n - 1]->id) || !rules_effect(b, t, original))
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
        if (b->watch != NULL)
                b->watch(b->watcher, t, original);
        return true;
}

struct books *
books_open(const char *path, bool sync, books_watch_fn watch, void *watcher)
{
        struct books *b = calloc(1, sizeof *b);

        CHECK(b != NULL);
        b->watch = watch;
        b->watcher = watcher;
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
        books_lock(b);
        books_settle_unlock(b);
}

size_t
books_count(struct books *b)
{
        size_t n;

        books_lock(b);
        n = b->n;
        books_settle_unlock(b);
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

static struct str
either(struct str given, const struct txn *original, struct str theirs)
{
        return given.n == 0 && original != NULL ? theirs : given;
}

/* Nothing fails below. */
static const struct txn *
write_row(struct books *b, const struct posting *p, const struct txn *original, struct money amount)
{
        struct txn row = {
                .id = next_id(b), .gateway = p->gateway, .kind = p->kind, .amount = amount,
                .reference = p->reference, .data = p->data, .key = p->key, .ask = p->ask,
                .order = either(p->order, original, original == NULL ? STR_NONE : original->order),
                .house = either(p->house, original, original == NULL ? STR_NONE : original->house),
                .code = original == NULL ? p->code : BOOKS_CODE_APPROVED,
                .brand = original == NULL ? p->brand : original->brand,
                .known_card = original == NULL ? p->last4 > 0 : original->known_card,
                .original = original == NULL ? 0 : original->id,
                .fee = p->fee, .quiet = p->quiet, .late_ms = p->late_ms, .hidden_ms = p->hidden_ms,
                .refund_fails_ms = p->refund_fails_ms, .created_ms = p->now_ms, .updated_ms = p->now_ms
        };
        struct txn *t;

        row.status = row.code == BOOKS_CODE_APPROVED ? TXN_APPROVED : TXN_DECLINED;
        row.last4 = original != NULL ? original->last4 : p->last4 > 0 ? p->last4 : last4_of(row.id);
        t = txn_new(&row);
        CHECK(books_enter(b, t));
        books_file_append(b, t);
        return t;
}

/* The failure of a refund that will not arrive: a row that is late. Only Stripe tells of such. */
static void
refund_fails_later(struct books *b, const struct posting *p, const struct txn *refund, int64_t after_ms)
{
        const struct posting failure = {
                .gateway = refund->gateway, .kind = TXN_FAIL, .late_ms = clock_wall_ms() + after_ms,
                .now_ms = p->now_ms + after_ms,
        };

        if (after_ms > 0 && refund->gateway == TXN_STRIPE)
                (void)write_row(b, &failure, refund, refund->amount);
}

static enum posted
post_locked(struct books *b, const struct posting *p, struct txn *out)
{
        const struct txn *original = NULL, *twin;
        struct money amount = p->amount;

        if (!txn_has_original(p->kind)) {
                twin = rules_twin(b, p);
                if (twin != NULL) {
                        *out = *twin;
                        return POST_DUPLICATE;
                }
        } else {
                enum posted verdict;

                original = books_row(b, p->original);
                if (original == NULL || !txn_is_there(original, clock_wall_ms()))
                        return POST_NO_ORIGINAL;
                amount = original->amount;
                verdict = rules_judge(original, p, &amount.minor);
                if (verdict != POSTED)
                        return verdict;
        }
        *out = *write_row(b, p, original, amount);
        if (p->kind == TXN_REFUND)
                refund_fails_later(b, p, books_row(b, out->id),
                    p->refund_fails_ms > 0 ? p->refund_fails_ms : original->refund_fails_ms);
        return POSTED;
}

enum posted
books_post(struct books *b, const struct posting *p, struct txn *out)
{
        enum posted verdict;

        books_lock(b);
        verdict = post_locked(b, p, out);
        books_settle_unlock(b);
        return verdict;
}

bool
books_find(struct books *b, int64_t id, struct txn *out)
{
        const struct txn *t;

        books_lock(b);
        t = books_row(b, id);
        if (t != NULL && !txn_is_there(t, clock_wall_ms()))
                t = NULL;
        if (t != NULL)
                *out = *t;
        books_settle_unlock(b);
        return t != NULL;
}
