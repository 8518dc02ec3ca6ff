/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which memory_tierN each of the policy's tiers becomes. */

#include <stddef.h>

#include "classify/assignment.h"
#include "policy/policy.h"

/* Linux's DRAM tier (MEMTIER_ADISTANCE_DRAM >> MEMTIER_CHUNK_BITS). */
#define NUMBER_OF_BASELINE 4

/* Numbers tiers[0 .. policy->n_tiers): fixed numbers as they are, the baseline's tier (an index, or
 * TIER_NONE) 4 if there is room for that, the others consecutively in order. policy_finish() has
 * checked the policy, so that the fixed numbers ascend and leave room. */
void number_tiers(const struct policy *policy, size_t baseline, struct assigned_tier *tiers);
