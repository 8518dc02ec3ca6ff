/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The only reader of memory_tierN/nodelist, and the rules under which it may be read.
 *
 * mm/memory-tiers.c:nodelist_show takes memory_tier_lock while it holds its file's kernfs
 * reference; the destruction of a tier waits for those references while it holds that lock. A read
 * that falls into the destruction of its own tier therefore hangs itself, and every later memory
 * hotplug, until the machine is rebooted (Linux 6.1 to 7.3). A tier is destroyed when its last node
 * goes offline or is moved. So nodelist is read only when nothing can be on its way out.
 * Immediately before each read: no uevent of any kind for TIERS_QUIET_USEC, for the kernel's count
 * of them is still what it was when the caller found memory quiet; and no memory block that says
 * "going-offline" (drivers/base/memory.c sets that before offlining begins). Nor is it read when
 * memtier_override says EAGAIN, for then somebody holds the locks that moves and hotplug take. */

#include <stdbool.h>
#include <stdint.h>

#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* How present tiers may be learnt. */
struct tier_reading {
        bool nodelist; /* from memory_tierN/nodelist too: the caller vouches that memory is quiet */
        uint64_t seqnum; /* and that the count of uevents was this at the beginning and at the end
                            of TIERS_QUIET_USEC */
        bool unchanged;  /* without nodelist: the caller vouches that there was no uevent since the
                            previous machine was read, so that its tiers still hold */
};

#define TIERS_KNOWN_ONLY        ((struct tier_reading){ 0 })
#define TIERS_QUIET_AT(seqnum_) ((struct tier_reading){ .nodelist = true, .seqnum = (seqnum_) })
#define TIERS_UNCHANGED         ((struct tier_reading){ .unchanged = true })
/* For copies of a machine, where nothing moves. A running kernel has counted more uevents. */
#define TIERS_READ TIERS_QUIET_AT(0)

#define TIERS_QUIET_USEC 2000000ULL

/* The kernel's count of uevents, which is the same in all namespaces. 0 or -errno. */
int tiers_get_uevent_seqnum(struct sysroot *root, uint64_t *ret);

/* Fills in the present tier of each node of a machine that is otherwise complete, from the first
 * of: nodeN/memtier_override, the existence of a single tier, nodelist (if it may be read), and
 * else node.known_tier or what the previous machine had. Nodes whose memory is still coming are in
 * no tier before it is there. Sets has_tiers, tiers_known, tiers_withheld, and what the nodes'
 * interfaces are; previous (NULL: there is none) lends its good values. 0 or -ENOMEM. */
int tiers_read(struct sysroot *root, struct tier_reading reading, const struct machine *previous,
               struct machine *m, struct messages *problems);

/* Parses what memtier_override reads: "memory_tier4", as the RFC and our module print it, or the
 * bare number that a plain copy of the file holds after a write. 0, -EINVAL, -ERANGE. */
int tiers_parse_override(const char *text, uint32_t *ret);
