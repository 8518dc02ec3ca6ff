/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The memory of GPUs. NVIDIA's driver reports the node of each GPU whose memory is a node
 * (/proc/driver/nvidia/gpus/ADDRESS/numa_status; there is no such file for other GPUs). It answers
 * EIO while its own query fails: then it is not known which node it is. */

#include "identity.h"

struct state;

/* Fills in machine.gpus, adds a device of KIND_GPU to each node that is a GPU's, and sets
 * node.may_be_gpu. state (may be NULL) says which node each GPU had earlier in this boot. What
 * cannot be read or understood is reported in problems. 0 or -ENOMEM. */
int identity_read_gpus(struct sysroot *root, struct machine *m, const struct state *state,
                       struct messages *problems);
