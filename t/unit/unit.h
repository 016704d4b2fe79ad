/*
 * unit.h - what every unit test begins with: cmocka speaking TAP, a seeded
 * generator, and "this must abort".
 *
 * A test is a function whose name is the claim it proves. Tables say the row
 * that failed. Properties take numbers from seeded(): SEED=n in the
 * environment repeats a run, and the seed is told when it starts.
 */
#ifndef UNIT_H
#define UNIT_H

#include "base/base.h"
#include "base/arena.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARENA_CAP       ((size_t)32 * 1024 * 1024)
#define RUN(tests)      (unit_start(), cmocka_run_group_tests(tests, NULL, NULL))
#define EXPECT(cond, fmt, ...) \
        do { if (!(cond)) fail_msg("%s: " fmt, #cond, __VA_ARGS__); } while (0)
#define EXPECT_TEXT(s, z) \
        do { struct str s_ = (s); \
        if (!str_is(s_, (z))) fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(s_), (z)); } while (0)

static uint64_t unit_state;

static inline void
unit_start(void)
{
        const char *seed = getenv("SEED");

        unit_state = seed == NULL ? 20261124 : strtoull(seed, NULL, 10);
        printf("# SEED=%llu\n", (unsigned long long)unit_state);
        unit_state = unit_state * 2 + 1;
        cmocka_set_message_output(CM_OUTPUT_TAP);
}

/* splitmix64: a number from 0 to below - 1. */
static inline uint64_t
seeded(uint64_t below)
{
        uint64_t z = unit_state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return (z ^ (z >> 31)) % below;
}

/* Whether fn(arg) ends in a failed CHECK: in a child, quietly, without a core. */
static inline bool
aborts(void (*fn)(void *), void *arg)
{
        int status = 0;
        pid_t pid = fork();

        if (pid == 0) {
                (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
                (void)signal(SIGABRT, SIG_DFL);
                (void)close(STDERR_FILENO);
                fn(arg);
                _exit(0);
        }
        return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
