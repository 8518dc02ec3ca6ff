/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the administrator should know of an assignment, beside the reason of each node. */

#include "base/messages.h"
#include "classify/assignment.h"

/* Nodes with CPUs in different tiers; a value that cannot be compared, since it is the only one;
 * and nodes that are placed by SLIT alone. */
void assignment_warn(const struct assignment *a, struct messages *warnings);

/* A node whose latency, given or measured, cannot be compared with anything, since that of the
 * baseline is not known; or NULL. */
const struct node_assignment *notices_find_lone(const struct assignment *a);
