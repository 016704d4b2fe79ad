/*
 * arena.h - memory of one task: bump allocation, freed all at once.
 *
 * A program makes one arena, hands it to each request or job in turn, and
 * resets it in its loop; domain code never frees. Memory comes zeroed and
 * aligned for any type. The cap bounds what one task may take: going over it
 * is a CHECK, because sizes of input are bounded long before (request.h).
 *
 * Resources that outlive a pointer (a file, a result of libpq) are tied to
 * the arena with a hook; hooks run at reset, the last registered first.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(size_t cap);
void arena_free(struct arena *a);
void *arena_alloc(struct arena *a, size_t n);           /* never NULL */
void *arena_array(struct arena *a, size_t count, size_t size);
void arena_hook(struct arena *a, void (*release)(void *), void *what);
void arena_reset(struct arena *a);                      /* keeps the first block for the next task */
size_t arena_used(const struct arena *a);

#define ARENA_NEW(a, type)              ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count)     ((type *)arena_array((a), (count), sizeof(type)))

#endif
