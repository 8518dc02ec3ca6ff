/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who uses which tier, as rows. */

#include "usage/usage.h"
#include "view/view.h"

/* The tiers of the policy, in its order: the index of each is that in v->tiers. Slow are those
 * below the tier of the baseline node; if that is in none, no tier is slow. */
void view_get_usage_tiers(const struct view *v, struct usage_tiers *ret);
