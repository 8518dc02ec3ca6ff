/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* When to look, as events come. There is no last event: so look at once when an event may leave the
 * machine complete, and once more when events have been quiet for a while, or when the storm has
 * gone on for too long. Times are in microseconds of any one clock; the caller has the timer. */

#include <stdbool.h>
#include <stdint.h>

#define SETTLE_NEVER UINT64_MAX

struct settle {
        uint64_t quiet, max; /* from the policy: settle, settle-max */
        bool pending;        /* events came since the last settled look */
        bool hurried;        /* and one of them was answered at once */
        uint64_t first, last;
};

/* An event came. complete: it may leave the machine complete. Returns whether to look at once. */
bool settle_event(struct settle *s, uint64_t now, bool complete);

/* When to look next, or SETTLE_NEVER. */
uint64_t settle_deadline(const struct settle *s);

/* The deadline passed, and the look is being made. */
void settle_done(struct settle *s);
