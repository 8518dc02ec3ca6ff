/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads what one node's directory says: size, distances, values of access, side caches. */

#include "base/messages.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* Fills in a node of a machine whose list of nodes is complete. Garbage is reported in problems and
 * counts as unknown. 0, -EAGAIN (the online nodes changed meanwhile), -ENOENT or -ENODEV (the node
 * went away), -ENOMEM. */
int node_read(struct sysroot *root, const struct machine *m, struct node *node,
              struct messages *problems);
