/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* In which package (socket) the CPUs of a node are. Only what crosses sockets depends on it: it is
 * read for the nodes that are asked for, after a pass. */

#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* Fills in node.package by the node's first CPU. Where that cannot be known, node.has_package stays
 * false: a kernel may not say it, and a recording may not have it. */
void packages_read(struct sysroot *root, const struct nodeset *nodes, struct machine *m);
