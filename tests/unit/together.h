/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tests that wait for real time wait at the same time: each runs in a process of its own. With
 * NUMATIER_TESTS_IN_TURN set, one after the other: all at once are too slow under valgrind. */

#undef NDEBUG
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static inline int wait_for_test(void)
{
        int status;

        assert(wait(&status) > 0);
        return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* A process that does not end well fails the whole. */
static inline void run_together(void (*const tests[])(void), size_t n)
{
        bool in_turn = getenv("NUMATIER_TESTS_IN_TURN");
        int failed = 0;

        for (size_t i = 0; i < n; i++) {
                pid_t pid = fork();

                assert(pid >= 0);
                if (pid == 0) {
                        tests[i]();
                        exit(0);
                }
                if (in_turn)
                        failed += wait_for_test();
        }
        for (size_t i = 0; i < n && !in_turn; i++)
                failed += wait_for_test();
        assert(failed == 0);
}
