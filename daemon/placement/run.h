/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One numatier run: finds the nodes, sets the policy, executes the command. What is wrong is
 * printed on standard error. */

#include "common/input.h"
#include "placement/modes.h"

/* Errors of numatier itself, and of execve(2): as those of env(1) and timeout(1). */
#define EXIT_RUN_FAILED     125
#define EXIT_CANNOT_EXECUTE 126
#define EXIT_NOT_FOUND      127

struct run_arguments {
        struct input input;
        const char *tier, *avoid; /* lists of names, or NULL; not both NULL */
        const struct mode *mode;
        bool local, show, json;
        char **command; /* NULL at the end */
};

/* Returns only with show, or if something fails: the exit status. */
int run(const struct run_arguments *a);
