/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tests that wait for real time wait at the same time: each runs in a process of its own. */

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process that does not end well fails the whole. */
static inline void run_together(void (*const tests[])(void), size_t n)
{
        int status, failed = 0;

        for (size_t i = 0; i < n; i++) {
                pid_t pid = fork();

                assert(pid >= 0);
                if (pid == 0) {
                        tests[i]();
                        exit(0);
                }
        }
        for (size_t i = 0; i < n; i++) {
                assert(wait(&status) > 0);
                failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        }
        assert(failed == 0);
}
