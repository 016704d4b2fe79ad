/*
 * Proves that an arena gives aligned zeroed memory that does not overlap,
 * keeps to its cap, and lets go of what was tied to it in reverse order, once.
 */
#include "unit.h"

#include <stdalign.h>

static int released[8], released_n;

static void
release(void *what)
{
        released[released_n++] = *(int *)what;
}

static void
memory_is_aligned_zeroed_and_apart(void **state)
{
        struct arena *a = arena_new(ARENA_CAP);

        (void)state;
        for (int round = 0; round < 3; round++) {
                unsigned char *piece[400];
                size_t size[400];

                for (size_t i = 0; i < ARRAY_LEN(piece); i++) {
                        size[i] = seeded(10) == 0 ? seeded(60000) : seeded(200);
                        piece[i] = arena_alloc(a, size[i]);
                        assert_non_null(piece[i]);
                        assert_int_equal((uintptr_t)piece[i] % alignof(max_align_t), 0);
                        for (size_t k = 0; k < size[i]; k++)
                                assert_int_equal(piece[i][k], 0);
                        memset(piece[i], (int)(i % 255) + 1, size[i]);
                }
                for (size_t i = 0; i < ARRAY_LEN(piece); i++)
                        for (size_t k = 0; k < size[i]; k++)
                                assert_int_equal(piece[i][k], i % 255 + 1);
                arena_reset(a);
        }
        arena_free(a);
}

static void
hooks_run_once_the_last_first(void **state)
{
        static int one = 1, two = 2, three = 3;
        struct arena *a = arena_new(ARENA_CAP);

        (void)state;
        released_n = 0;
        arena_hook(a, release, &one);
        arena_hook(a, release, &two);
        (void)arena_alloc(a, 100000);
        arena_hook(a, release, &three);
        assert_int_equal(released_n, 0);
        arena_reset(a);
        assert_int_equal(released_n, 3);
        assert_true(released[0] == 3 && released[1] == 2 && released[2] == 1);
        arena_reset(a);
        assert_int_equal(released_n, 3);
        arena_hook(a, release, &two);
        arena_free(a);
        assert_int_equal(released_n, 4);
}

static void
reset_gives_everything_back(void **state)
{
        struct arena *a = arena_new(100000);

        (void)state;
        for (int i = 0; i < 1000; i++) {
                (void)arena_alloc(a, 60000);
                assert_true(arena_used(a) >= 60000);
                arena_reset(a);
                assert_int_equal(arena_used(a), 0);
        }
        arena_free(a);
        arena_free(NULL);
}

static void
over_the_cap(void *arg)
{
        struct arena *a = arena_new(1000);

        (void)arena_alloc(a, 600);
        (void)arena_alloc(a, *(size_t *)arg);
}

static void
array_overflows(void *arg)
{
        (void)arg;
        (void)arena_array(arena_new(1000), SIZE_MAX / 2, 4);
}

static void
without_an_arena(void *arg)
{
        (void)arg;
        (void)arena_alloc(NULL, 1);
}

static void
the_cap_is_a_wall(void **state)
{
        (void)state;
        assert_false(aborts(over_the_cap, &(size_t){ 300 }));
        assert_true(aborts(over_the_cap, &(size_t){ 500 }));
        assert_true(aborts(over_the_cap, &(size_t){ SIZE_MAX }));
        assert_true(aborts(over_the_cap, &(size_t){ SIZE_MAX - 15 }));
        assert_true(aborts(array_overflows, NULL));
        assert_true(aborts(without_an_arena, NULL));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(memory_is_aligned_zeroed_and_apart),
                cmocka_unit_test(hooks_run_once_the_last_first),
                cmocka_unit_test(reset_gives_everything_back),
                cmocka_unit_test(the_cap_is_a_wall),
        };

        return RUN(tests);
}
