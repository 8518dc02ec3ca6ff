/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads what one node's directory says: size, distances, values of access, side caches. */

#include "base/messages.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* Fills in a node of a machine whose list of nodes is complete. What cannot be read or understood
 * is reported in problems and marked in node.unreadable. last: a node whose distances do not fit
 * the list of nodes is not read again. 0, -EAGAIN (the online nodes changed meanwhile; not if
 * last), -ENOENT or -ENODEV (the node went away), -ENOMEM. */
int node_read(struct sysroot *root, const struct machine *m, bool last, struct node *node,
              struct messages *problems);

/* The distances alone: node_read() reads them only for nodes with online CPUs. */
int node_read_distance(struct sysroot *root, const struct machine *m, bool last, struct node *node,
                       struct messages *problems);
