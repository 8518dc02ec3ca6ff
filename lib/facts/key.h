/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What identifies a node's memory, whatever number the node has. */

#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* What identifies the memory behind a node rather than the node's number alone: "cxl:0x1234" (the
 * serials of its devices, joined by +), else "node1@140000000" with the physical address at which
 * its first memory block begins. To be freed by the caller. 0, -ENOENT (no memory block, or it just
 * went away), -ENOMEM. */
int key_read(struct sysroot *root, const struct node *node, char **ret);
