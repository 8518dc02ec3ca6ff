/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tries the conditions of the policy's tiers on one node (method = thresholds). */

#include <stddef.h>

#include "assignment.h"

/* Fills in the node's trials, cause and tier from its figures. last is the tier it was in, or
 * TIER_NONE: it leaves that only when a figure is past a threshold by the policy's hysteresis.
 * 0 or -ENOMEM. */
int judge(const struct assignment *a, struct node_assignment *n, size_t last);

/* One sentence on why the trials ended as they did, to be freed by the caller, or NULL (no memory).
 */
char *judge_explain(const struct assignment *a, const struct node_assignment *n);
