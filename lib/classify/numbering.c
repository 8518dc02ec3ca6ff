/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/numbering.h"

#include <assert.h>

/* Whether tier i may have this number beside the numbers that are fixed. */
static bool has_room(const struct policy *policy, size_t i, uint32_t number)
{
        if (number < i)
                return false;
        for (size_t j = 0; j < policy->n_tiers; j++) {
                const struct tier_policy *t = &policy->tiers[j];

                if (t->has_memory_tier && j < i && number < t->memory_tier + (i - j))
                        return false;
                if (t->has_memory_tier && j > i && t->memory_tier < number + (j - i))
                        return false;
        }
        return true;
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

void number_tiers(const struct policy *policy, size_t baseline, struct assigned_tier *tiers)
{
        size_t anchor = baseline == TIER_NONE ? 0 : baseline;
        uint32_t number = anchor > NUMBER_OF_BASELINE ? (uint32_t)anchor : NUMBER_OF_BASELINE;
        bool fixed = false;

        assert(policy->n_tiers == 0 || anchor < policy->n_tiers);
        for (size_t i = 0; i < policy->n_tiers; i++)
                if (policy->tiers[i].has_memory_tier) {
                        tiers[i].wanted_tier = policy->tiers[i].memory_tier;
                        fixed = true;
                }
        if (policy->n_tiers > 0 && !policy->tiers[anchor].has_memory_tier &&
            (!fixed || has_room(policy, anchor, number)))
                tiers[anchor].wanted_tier = number;
        fill(tiers, policy->n_tiers);
}
