/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Measures the memory of one node. */

#include <stdbool.h>
#include <stdint.h>

#include "base/messages.h"
#include "facts/access.h"
#include "measure/place.h"
#include "measure/values.h"

/* A figure whose repetitions differ by more counts as not repeatable. */
#define SPREAD_MAX 0.05

enum figure_kind {
        MEASURED_LATENCY, /* ns, of one load at a time */
        MEASURED_READ,    /* MiB/s, all CPUs of the initiator, as are the following */
        MEASURED_MIXED,   /* two reads to a write */
        MEASURED_WRITE,
        MEASURED_FIGURES,
};

const char *figure_kind_name(enum figure_kind kind);

struct measurement {
        unsigned node, initiator;
        struct sample figures[MEASURED_FIGURES];
};

/* The largest spread of the figures. */
double measurement_spread(const struct measurement *m);

/* What is stored of it: a latency of reads, bandwidths of reads and writes, nothing else. */
struct perf measurement_perf(const struct measurement *m);

struct measure_options {
        uint64_t size;    /* of the buffer in bytes; 0: place_buffer_size() */
        unsigned seconds; /* for a node */
        /* Told before each round; may be NULL. */
        void (*progress)(unsigned node, unsigned round, unsigned rounds, void *userdata);
        void *userdata;
};

/* Measures. What went wrong is told in errors, and what is only odd in warnings. 0, -ENOSPC (too
 * little of its memory is free), -ETIME (the time does not suffice), or what the system says. */
int measure(struct sysroot *root, const struct place *place, const struct measure_options *options,
            struct messages *errors, struct messages *warnings, struct measurement *ret);
