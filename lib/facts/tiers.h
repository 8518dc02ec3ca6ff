/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The only reader of memory_tierN/nodelist, and the rules under which it may be read.
 *
 * mm/memory-tiers.c:nodelist_show takes memory_tier_lock while it holds its file's kernfs
 * reference; the destruction of a tier waits for those references while it holds that lock. A read
 * that falls into the destruction of its own tier therefore hangs itself, and every later memory
 * hotplug, until the machine is rebooted (Linux 6.1 to 7.3). A tier is destroyed when its last node
 * goes offline or is moved. So nodelist is read only when nothing can be on its way out: no uevent
 * of any kind for TIERS_QUIET_USEC, and no memory block that says "going-offline"
 * (drivers/base/memory.c sets that before offlining begins) immediately before each read; nor when
 * memtier_override says EAGAIN, for then somebody holds the locks that moves and hotplug take. */

#include <stdbool.h>
#include <stdint.h>

#include "facts/machine.h"
#include "sysroot/sysroot.h"

enum tier_reading {
        TIERS_KNOWN_ONLY, /* what can be learnt without opening memory_tierN/nodelist */
        TIERS_READ, /* nodelist too: the caller vouches that memory has been quiet (tiers.h) */
};

#define TIERS_QUIET_USEC 2000000ULL

/* Where the kernel counts uevents: unchanged over TIERS_QUIET_USEC means quiet. 0 or -errno. */
int tiers_get_uevent_seqnum(struct sysroot *root, uint64_t *ret);

/* Fills in the present tier of each node of a machine that is otherwise complete, from the first
 * of: nodeN/memtier_override, the existence of a single tier, (with TIERS_READ) nodelist, and else
 * node.known_tier. Sets has_tiers, tiers_known, tiers_withheld. */
int tiers_read(struct sysroot *root, enum tier_reading reading, struct machine *m,
               struct messages *problems);

/* Parses what memtier_override reads: "memory_tier4", as the RFC and our module print it, or the
 * bare number that a plain copy of the file holds after a write. 0, -EINVAL, -ERANGE. */
int tiers_parse_override(const char *text, uint32_t *ret);
