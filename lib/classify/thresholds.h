/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tries the conditions of the policy's tiers on one node (method = thresholds). */

#include <stddef.h>

#include "classify/assignment.h"

/* Fills in the node's trials, cause and tier from its values. last is the tier it was in, or
 * TIER_NONE: it leaves that only when a value is past a threshold by the policy's hysteresis. If a
 * value that decides cannot be read now, the cause is CAUSE_UNREADABLE. 0 or -ENOMEM. */
int thresholds_classify(const struct assignment *a, struct node_assignment *n, size_t last);
