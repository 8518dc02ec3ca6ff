/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether memory exhaustion can freeze the machine as it is now (plan-freeze.c). */

#include "classify/assignment.h"

enum freeze_risk {
        FREEZE_IMPOSSIBLE,     /* there is no demotion between tiers */
        FREEZE_GUARDED,        /* lru_gen/min_ttl_ms is set, and works */
        FREEZE_CAN_BE_GUARDED, /* it would work, and the policy lets us set it */
        FREEZE_UNGUARDED,      /* it would work, and the policy wants it off or left alone */
        FREEZE_HAS_NO_GUARD,   /* this kernel has none that works, at least with the LRU in use */
        FREEZE_UNKNOWN,        /* what it depends on cannot be read now */
};

/* Swap, which helps until it is full, is not taken into account. */
enum freeze_risk freeze_find_risk(const struct assignment *a);

/* The same if demotion were on between tiers. */
enum freeze_risk freeze_find_risk_of_demotion(const struct assignment *a);

/* The same if also the multi-generational LRU were in use, without which no guard works. Only the
 * administrator enables it. FREEZE_HAS_NO_GUARD: that would not help. */
enum freeze_risk freeze_find_risk_with_mglru(const struct assignment *a);
