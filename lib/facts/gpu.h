/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The memory of GPUs. NVIDIA's driver reports the node of each GPU whose memory is a node
 * (/proc/driver/nvidia/gpus/ADDRESS/numa_status; there is no such file for other GPUs). It answers
 * EIO while its own query fails: then it is not known which node it is. */

#include "base/messages.h"
#include "base/nodeset.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* Whether this is written like the address of a GPU. */
bool gpu_is_address(const char *name);

/* Fills in machine.gpus, and adds a device of KIND_GPU to each node that is reported as a GPU's. 0
 * or -ENOMEM. */
int gpus_read(struct sysroot *root, struct machine *m, struct messages *problems);

/* Only the nodes that are reported now. 0 or -ENOMEM. */
int gpus_find_nodes(struct sysroot *root, struct nodeset *ret);

struct gpu *gpu_find(struct machine *m, const char *address);

/* Whether a node's memory may be a GPU's: it has no other sign, neither a device that Linux knows
 * nor CPUs beside it. */
bool gpu_may_own(const struct node *n);

/* Makes a node's memory that of the GPU. 0 or -ENOMEM. */
int gpu_add_memory(struct sysroot *root, struct node *n, const char *address);

/* The last step: sets node.may_be_gpu, unless the previous machine (NULL: there is none) tells that
 * the memory is not a GPU's, and reports in problems what the driver could not say. */
void gpus_mark_candidates(struct machine *m, const struct machine *previous,
                          struct messages *problems);
