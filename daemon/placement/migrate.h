/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One numatier migrate. What is wrong is printed on standard error, and what was done on standard
 * output. */

#include <stdbool.h>
#include <stdint.h>

#include "common/input.h"

struct migrate_arguments {
        struct input input;
        const char *what; /* a number of a process, or the name of a unit */
        const char *from, *to;
        uint64_t rate; /* bytes a second; 0: as fast as the kernel can */
        bool shared, force;
};

/* The exit status. */
int migrate(const struct migrate_arguments *a);
