/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The newest kernel's own arithmetic, in its order of operations and its integer widths
 * (mm/memory-tiers.c and drivers/acpi/numa/hmat.c, Linux 6.12 to 7.3). */

#include <stdbool.h>
#include <stdint.h>

#include "facts/machine.h"

#define MEMTIER_CHUNK_BITS     7
#define MEMTIER_CHUNK_SIZE     (1 << MEMTIER_CHUNK_BITS)
#define MEMTIER_ADISTANCE_DRAM ((4L * MEMTIER_CHUNK_SIZE) + (MEMTIER_CHUNK_SIZE >> 1))

/* The reference all distances are measured against: the first node with CPUs and memory. */
struct adistance_reference {
        bool valid;    /* a reference was found */
        bool disabled; /* the algorithm is off: DRAM nodes differ by more than 10%, or one is
                          unknown */
        struct perf perf;
};

/* mt_set_default_dram_perf, as hmat_set_default_dram_perf calls it for each DRAM node, ascending.
 */
void adistance_add_dram(struct adistance_reference *ref, const struct perf *perf);

/* mt_perf_to_adistance. 0, -EIO (disabled), -EINVAL (no latency or no bandwidth), -ENOENT (no
 * reference), -ERANGE (it wrapped below 0: values that no memory has, and no tier to write). */
int adistance_from_perf(const struct adistance_reference *ref, const struct perf *perf, int *ret);

/* The tier of an abstract distance: memory_tierN's N. */
static inline uint32_t adistance_to_tier(int adistance)
{
        return (uint32_t)(adistance >> MEMTIER_CHUNK_BITS);
}
