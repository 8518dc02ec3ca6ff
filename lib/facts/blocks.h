/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Memory blocks, the pieces in which Linux plugs and unplugs memory (drivers/base/memory.c). */

#include <stdbool.h>
#include <stdint.h>

#include "sysroot/sysroot.h"

#define MEMORY_DIR "sys/devices/system/memory"

/* The size of a block in bytes, or 0: there are none. */
uint64_t blocks_read_size(struct sysroot *root);

/* Whether some memory of this machine is on its way out, or that is not known. False on a kernel
 * without memory hotplug, which has no blocks. */
bool blocks_any_may_go_offline(struct sysroot *root);

/* Whether a node's memory is on its way in: it has blocks, and none of them is online yet or leaves
 * again. One online block is enough for a node whose memory is there. */
bool blocks_are_coming(struct sysroot *root, unsigned node);

/* size: what blocks_read_size() returned. */

/* Where the first block of a node begins, in bytes. The directory that has it is large, so whether
 * the node has CPUs, online or not, is found by the way (ret_has_cpu; NULL: not wanted; untouched
 * if nothing was listed). 0, -ENOENT (it has no block), or what listing says. */
int blocks_find_lowest(struct sysroot *root, uint64_t size, unsigned node, uint64_t *ret,
                       bool *ret_has_cpu);

/* Whether the block at this address is one of the node's. */
bool blocks_hold_address(struct sysroot *root, uint64_t size, unsigned node, uint64_t address);
