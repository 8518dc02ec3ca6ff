/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* When a pass is due, as events come. No event is known to be the last. So a pass is due at once
 * when an event may have completed the machine, and again when there have been no events for a
 * while, or when they have gone on for too long. Times are microseconds of one clock; the caller
 * has the timer.
 */

#include <stdbool.h>
#include <stdint.h>

#define SETTLE_NEVER UINT64_MAX

struct settle {
        uint64_t quiet, max; /* from the policy: settle, settle-max */
        bool pending;        /* events came since the last deadline */
        bool hurried;        /* for one of them a pass was due at once */
        uint64_t first, last;
};

/* An event came. complete: it may leave the machine complete. Returns whether a pass is due
 * at once. */
bool settle_event(struct settle *s, uint64_t now, bool complete);

/* When a pass is due next, or SETTLE_NEVER. */
uint64_t settle_deadline(const struct settle *s);

/* The deadline has passed, and the pass is due. */
void settle_done(struct settle *s);
