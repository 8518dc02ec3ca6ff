/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Uevents of memory blocks, of which a device has thousands: collected until no more follow, and
 * then one change for all blocks of a node. What else the kernel sends meanwhile stays in order. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "facts/uevent.h"
#include "monitoring/change.h"
#include "monitoring/members.h"

struct burst_item {
        struct uevent event;
        uint64_t real_usec; /* the time of day */
};

struct burst {
        struct burst_item *items; /* in order */
        size_t n, allocated;
        bool has[UEVENT_ACTIONS];       /* of blocks */
        uint64_t first_usec, last_usec; /* of a clock that does not jump */
};

/* Whether such an event undoes what was collected (a block goes offline after some came online):
 * the burst must be printed first. */
bool burst_contradicts(const struct burst *b, const struct uevent *e);

/* Collects an event. 0 or -ENOMEM. */
int burst_add(struct burst *b, const struct uevent *e, uint64_t now_usec, uint64_t real_usec);

/* When what was collected is to be printed: at once, unless there are blocks among it. UINT64_MAX:
 * nothing was collected. */
uint64_t burst_due_usec(const struct burst *b);

/* Calls fn for each change that the collected events are, and forgets them. */
void burst_take(struct burst *b, const struct members *members,
                void (*fn)(const struct change *c, void *userdata), void *userdata);

void burst_done(struct burst *b);
