/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One round: threads, each pinned to a CPU, do one kind of work for a while. */

#include <stddef.h>
#include <stdint.h>

#include "measure/place.h"

struct line;

enum work {
        WORK_TOUCH, /* fill all of the memory, so that it is there */
        WORK_CHAIN, /* make it a chain of cache lines */
        WORK_CHASE, /* follow the chain */
        WORK_READ,
        WORK_MIXED,
        WORK_WRITE,
};

/* Work that comes to an end by itself, and is half done before. */
static inline bool work_ends(enum work w)
{
        return w == WORK_TOUCH || w == WORK_CHAIN;
}

struct round {
        enum work work;
        const struct cpus *cpus;
        unsigned n_cpus; /* so many of them, each with its part of the memory */
        char *memory;
        size_t size;
        struct line **at; /* of the chase: from where it goes on, and where it came to */
        uint64_t nsec;
};

/* Monotonic time. */
uint64_t clock_nsec(void);

/* Runs it. *ret is what was done per nanosecond, over all threads: bytes, or loads of the chase.
 * 0, -ETIME (work that ends did not come to its end), or why a thread could not be started. */
int round_run(const struct round *round, double *ret);
