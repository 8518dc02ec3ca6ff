/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/numbering.h"

#include <assert.h>

/* Whether tier i may have this number beside the numbers that are given already. */
static bool has_room(const struct assigned_tier *tiers, size_t n, size_t i, uint32_t number)
{
        if (number < i)
                return false;
        for (size_t j = 0; j < n; j++) {
                uint32_t other = tiers[j].wanted_tier;

                if (other == TIER_UNKNOWN)
                        continue;
                if (j < i && number < other + (i - j))
                        return false;
                if (j > i && other < number + (j - i))
                        return false;
        }
        return true;
}

static void give(struct assigned_tier *tiers, size_t n, size_t i, uint32_t number)
{
        if (number != TIER_UNKNOWN && tiers[i].wanted_tier == TIER_UNKNOWN &&
            has_room(tiers, n, i, number))
                tiers[i].wanted_tier = number;
}

/* Counts up and down from every tier that has a number; a fixed number below ends a run. */
static void fill(struct assigned_tier *tiers, size_t n)
{
        for (size_t i = 1; i < n; i++)
                if (tiers[i].wanted_tier == TIER_UNKNOWN &&
                    tiers[i - 1].wanted_tier != TIER_UNKNOWN)
                        tiers[i].wanted_tier = tiers[i - 1].wanted_tier + 1;
        for (size_t i = n; i-- > 1;)
                if (tiers[i - 1].wanted_tier == TIER_UNKNOWN)
                        tiers[i - 1].wanted_tier = tiers[i].wanted_tier - 1;
}

void number_tiers(const struct policy *policy, size_t baseline, const uint32_t *lasting,
                  struct assigned_tier *tiers)
{
        size_t n = policy->n_tiers, anchor = baseline == TIER_NONE ? 0 : baseline;

        assert(n == 0 || anchor < n);
        for (size_t i = 0; i < n; i++)
                if (policy->tiers[i].has_memory_tier)
                        tiers[i].wanted_tier = policy->tiers[i].memory_tier;
        if (n > 0) {
                give(tiers, n, anchor, lasting[anchor]);
                give(tiers, n, anchor, anchor > NUMBER_OF_BASELINE ? anchor : NUMBER_OF_BASELINE);
        }
        /* from the baseline outwards, so that a tier in the wrong place gives way */
        for (size_t i = anchor + 1; i < n; i++)
                give(tiers, n, i, lasting[i]);
        for (size_t i = anchor; i-- > 0;)
                give(tiers, n, i, lasting[i]);
        fill(tiers, n);
}
