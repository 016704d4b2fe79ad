/*
 * arena.c - blocks in a chain, the newest first. Small requests are cut from
 * the current block, large ones get a block of their own.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"

#include <stdalign.h>

#define ARENA_MAGIC     0xa7e4a001U
#define BLOCK_SIZE      ((size_t)16 * 1024)
#define ALIGN           alignof(max_align_t)

struct block {
        struct block *older;
        size_t size, used;
        alignas(max_align_t) unsigned char data[];
};

struct hook {
        struct hook *older;
        void (*release)(void *);
        void *what;
};

struct arena {
        uint32_t magic;
        size_t cap, used;
        struct block *block;
        struct hook *hooks;
};

static struct block *
block_new(size_t size, struct block *older)
{
        struct block *b = malloc(sizeof *b + size);

        CHECK(b != NULL);
        *b = (struct block){ .older = older, .size = size };
        return b;
}

struct arena *
arena_new(size_t cap)
{
        struct arena *a = malloc(sizeof *a);

        CHECK(a != NULL);
        *a = (struct arena){ .magic = ARENA_MAGIC, .cap = cap, .block = block_new(BLOCK_SIZE, NULL) };
        return a;
}

void *
arena_alloc(struct arena *a, size_t n)
{
        void *p;

        CHECK_HANDLE(a, ARENA_MAGIC);
        CHECK(n <= a->cap);
        n = (n + ALIGN - 1) & ~(ALIGN - 1);
        CHECK(a->used + n <= a->cap);
        if (a->block->size - a->block->used < n)
                a->block = block_new(n > BLOCK_SIZE ? n : BLOCK_SIZE, a->block);
        p = a->block->data + a->block->used;
        a->block->used += n;
        a->used += n;
        return memset(p, 0, n);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
        size_t n;

        CHECK(!__builtin_mul_overflow(count, size, &n));
        return arena_alloc(a, n);
}

void
arena_hook(struct arena *a, void (*release)(void *), void *what)
{
        struct hook *h = ARENA_NEW(a, struct hook);

        *h = (struct hook){ .older = a->hooks, .release = release, .what = what };
        a->hooks = h;
}

void
arena_reset(struct arena *a)
{
        CHECK_HANDLE(a, ARENA_MAGIC);
        for (struct hook *h = a->hooks; h != NULL; h = h->older)
                h->release(h->what);
        a->hooks = NULL;
        while (a->block->older != NULL) {
                struct block *older = a->block->older;

                free(a->block);
                a->block = older;
        }
        a->block->used = 0;
        a->used = 0;
}

void
arena_free(struct arena *a)
{
        if (a == NULL)
                return;
        arena_reset(a);
        free(a->block);
        a->magic = 0;
        free(a);
}

size_t
arena_used(const struct arena *a)
{
        return a->used;
}
