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

/* Sets node.key, which stays NULL if there is none, or if it is not known now; and for a node
 * without online CPUs node.has_offline_cpu. 0 or -ENOMEM. */
int key_fill(struct sysroot *root, const struct machine *m, struct node *node);

/* Sets node.key to a key from earlier if it is this node's: a node with CPUs still has the block of
 * memory that the key names. So its directory with thousands of blocks is not listed again. 0 or
 * -ENOMEM. */
int key_confirm(struct sysroot *root, const struct machine *m, struct node *node, const char *key);
