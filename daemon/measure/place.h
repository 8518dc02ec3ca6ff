/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a node's memory is measured from, and which caches are in between: facts, read through the
 * root. */

#include <stdint.h>

#include "base/messages.h"
#include "facts/machine.h"
#include "measure/cpus.h"
#include "sysroot/sysroot.h"

struct place {
        unsigned node;        /* the node whose memory is measured */
        unsigned initiator;   /* the node whose CPUs have the best access to it */
        struct cpus cpus;     /* the initiator's online CPUs that this process may use */
        struct cpus missing;  /* those that it may not use */
        uint64_t cache;       /* the largest last-level cache of the CPUs, in bytes; 0: unknown */
        uint64_t cache_total; /* the sum of their last-level caches */
};

/* allowed: the CPUs that this process may use. 0, -ENODEV (no such node, or it has no memory),
 * -ENXIO (no CPU to measure from), or the error of a file that cannot be read; a message in errors
 * explains each. */
int place_find(struct sysroot *root, const struct machine *machine, unsigned node,
               const struct cpus *allowed, struct messages *errors, struct place *ret);

/* Bandwidth from a part of the initiator's CPUs is too low. If some are missing: -EPERM with a
 * message in errors; if force is set, 0 with a message in warnings. */
int place_check_cpus(struct sysroot *root, const struct place *p, bool force,
                     struct messages *errors, struct messages *warnings);

/* How much of the node's memory is free now, in bytes. */
int place_read_free(struct sysroot *root, unsigned node, uint64_t *ret);

/* The size of a buffer of which the caches can hold only a small part: four times the last-level
 * caches, and at least 64 MiB. */
uint64_t place_buffer_size(const struct place *p);

/* The same for a buffer that only one CPU reads. */
uint64_t place_chain_size(const struct place *p);

/* How much memory must be free for such a buffer: one eighth more, so that nothing is reclaimed. */
uint64_t place_needed(uint64_t size);
