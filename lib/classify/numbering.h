/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which memory_tierN each of the policy's tiers becomes. */

#include <stddef.h>

#include "classify/assignment.h"
#include "policy/policy.h"

/* Linux's DRAM tier (MEMTIER_ADISTANCE_DRAM >> MEMTIER_CHUNK_BITS). */
#define NUMBER_OF_BASELINE 4

/* Numbers tiers[0 .. policy->n_tiers), whose numbers are TIER_UNKNOWN before: fixed numbers as they
 * are, the baseline's tier (an index, or TIER_NONE) 4 if there is room for that, the others
 * consecutively in order. policy_finish() has checked the policy, so that the fixed numbers ascend
 * and leave room.
 *
 * lasting[i]: the number of the memory tier that has all nodes of tier i, if nothing can move them,
 * or TIER_UNKNOWN. Tier i then has this number, as far as the order allows: which numbers Linux has
 * chosen does not matter to it, only their order does (mm/memory-tiers.c). */
void number_tiers(const struct policy *policy, size_t baseline, const uint32_t *lasting,
                  struct assigned_tier *tiers);
