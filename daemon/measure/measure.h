/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Measures the memory of one node. */

#include <stdbool.h>
#include <stdint.h>

#include "base/messages.h"
#include "facts/access.h"
#include "measure/place.h"
#include "measure/values.h"

/* A value whose repetitions differ by more than this is not repeatable. */
#define SPREAD_MAX 0.05

enum measured_value {
        MEASURED_LATENCY, /* ns, one load at a time */
        MEASURED_READ,    /* MiB/s, from all CPUs of the initiator, as the following */
        MEASURED_MIXED,   /* two reads to one write */
        MEASURED_WRITE,
        MEASURED_VALUES,
};

const char *measured_value_name(enum measured_value kind);

struct measurement {
        unsigned node, initiator;
        unsigned cpus, missing_cpus; /* of the initiator: how many were used, how many were not */
        struct sample values[MEASURED_VALUES];
};

/* The least repeatable value, and its spread. */
enum measured_value measurement_worst_value(const struct measurement *m);
double measurement_spread(const struct measurement *m);

/* Whether no value's spread exceeds SPREAD_MAX. */
bool measurement_is_repeatable(const struct measurement *m);

/* The part that is stored: the latency, and the bandwidths of reads and writes. */
struct perf measurement_perf(const struct measurement *m);

struct measure_options {
        uint64_t size;    /* of the buffer in bytes; 0: place_buffer_size() */
        unsigned seconds; /* per node */
        /* Called before each round; may be NULL. */
        void (*progress)(unsigned node, unsigned round, unsigned rounds, void *userdata);
        void *userdata;
};

/* Measures one node. 0, -ENOSPC (too little of its memory is free), -ETIME (the time is too short)
 * or another negative errno; a message in errors explains each. What makes the values doubtful is
 * in warnings. */
int measure(struct sysroot *root, const struct place *place, const struct measure_options *options,
            struct messages *errors, struct messages *warnings, struct measurement *ret);
