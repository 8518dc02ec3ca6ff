/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether the pages of a node fit into the other nodes. If they do not, the kernel reclaims and
 * swaps while it takes the node offline, and then kills processes. */

#include <stdbool.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/nodeset.h"
#include "sysroot/sysroot.h"

struct room {
        uint64_t used_kib; /* of the node: what must move */
        /* Of all other nodes with memory: what is free, or holds pages of files and can be
         * dropped. A 16th of each, or 1 GiB, is not counted, since the kernel keeps some free. */
        uint64_t other_kib;
        uint64_t swap_kib; /* free swap: pages that the kernel can move there instead */
        bool has_others;   /* some other node has memory */
};

/* Other nodes of leave_out have no room: the memory of GPUs, in which programs do not belong. 0, or
 * an error of reading (a message names the file). */
int room_read_without(struct sysroot *root, unsigned node, const struct nodeset *leave_out,
                      struct messages *problems, struct room *ret);

/* The same without the nodes that are now reported as a GPU's (facts/gpu.h). */
int room_read(struct sysroot *root, unsigned node, struct messages *problems, struct room *ret);
