/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a node's memory is to be measured from, and what there is for it: facts, through the root.
 */

#include <sched.h>
#include <stdint.h>

#include "base/messages.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* As many CPUs as Linux may have (x86: NR_CPUS of MAXSMP). */
#define CPU_MAX 8192U

struct cpus {
        cpu_set_t words[CPU_MAX / CPU_SETSIZE];
};

#define cpus_add(cpu, set) CPU_SET_S((cpu), sizeof((set)->words), (set)->words)
#define cpus_has(cpu, set) CPU_ISSET_S((cpu), sizeof((set)->words), (set)->words)
#define cpus_count(set)    ((unsigned)CPU_COUNT_S(sizeof((set)->words), (set)->words))

struct place {
        unsigned node;        /* whose memory */
        unsigned initiator;   /* the node whose CPUs see it best */
        struct cpus cpus;     /* the initiator's that this process may use */
        uint64_t cache;       /* the largest last-level cache of them, in bytes; 0: not known */
        uint64_t cache_total; /* all of theirs together */
};

/* allowed: the CPUs that this process may use. What is in the way is told in errors: 0, -ENODEV (no
 * such node, no memory), -ENXIO (no CPU to measure from), or what reading says. */
int place_find(struct sysroot *root, const struct machine *machine, unsigned node,
               const struct cpus *allowed, struct messages *errors, struct place *ret);

/* How much of the node's memory is free now, in bytes. */
int place_read_free(struct sysroot *root, unsigned node, uint64_t *ret);

/* A buffer that caches can hold little of: four times the last-level caches, and 64 MiB at least.
 */
uint64_t place_buffer_size(const struct place *p);

/* The same for what one CPU reads alone. */
uint64_t place_chain_size(const struct place *p);

/* What must be free for such a buffer: an eighth more, so that nothing else has to go. */
uint64_t place_needed(uint64_t size);
