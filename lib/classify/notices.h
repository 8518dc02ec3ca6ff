/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the administrator should know of an assignment, beside the reason of each node. */

#include "base/messages.h"
#include "classify/assignment.h"

/* Nodes with CPUs in different tiers; a value that cannot be compared, since it is the only one;
 * and nodes that are placed by SLIT alone. */
void assignment_warn(const struct assignment *a, struct messages *warnings);
