/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One round: threads, each pinned to one CPU, do one kind of work for some time. */

#include <stddef.h>
#include <stdint.h>

#include "measure/place.h"

struct line;

enum work {
        WORK_TOUCH, /* write all of the memory, so that it is allocated */
        WORK_CHAIN, /* link it into a chain of cache lines */
        WORK_CHASE, /* follow the chain */
        WORK_READ,
        WORK_MIXED,
        WORK_WRITE,
};

/* Whether the work has an end of its own, before which it is incomplete. */
static inline bool work_ends(enum work w)
{
        return w == WORK_TOUCH || w == WORK_CHAIN;
}

struct round {
        enum work work;
        const struct cpus *cpus;
        unsigned n_cpus; /* how many of them to use, each with its part of the memory */
        char *memory;
        size_t size;
        struct line **at; /* WORK_CHASE: where it begins, and afterwards where it ended */
        uint64_t nsec;
};

/* Monotonic time. */
uint64_t clock_nsec(void);

/* Runs a round. *ret is the rate of all threads together: bytes per nanosecond, or loads for
 * WORK_CHASE. 0, -ETIME (the work did not come to its end) or why a thread could not be started. */
int round_run(const struct round *round, double *ret);
