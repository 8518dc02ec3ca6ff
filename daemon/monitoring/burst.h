/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Uevents of memory blocks, of which a device has thousands: collected until no more follow, and
 * then one change for all blocks of a node. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "facts/uevent.h"
#include "monitoring/change.h"
#include "monitoring/members.h"

struct burst_block {
        uint64_t block;
        enum uevent_action action;
};

struct burst {
        struct burst_block *blocks; /* in the order of their events */
        size_t n, allocated;
        bool has[UEVENT_ACTIONS];
        uint64_t first_usec, last_usec; /* of a clock that does not jump */
        uint64_t real_usec;             /* the time of day of the first */
};

/* Whether such an event undoes what was collected ("offline" after "online"): the burst must be
 * printed first. */
bool burst_contradicts(const struct burst *b, enum uevent_action action);

/* Collects the event of a block. 0 or -ENOMEM. */
int burst_add(struct burst *b, uint64_t block, enum uevent_action action, uint64_t now_usec,
              uint64_t real_usec);

/* When what was collected is to be printed; UINT64_MAX: nothing was. */
uint64_t burst_due_usec(const struct burst *b);

/* Calls fn for each change that the collected events are, and forgets them. */
void burst_take(struct burst *b, const struct members *members,
                void (*fn)(const struct change *c, void *userdata), void *userdata);

void burst_done(struct burst *b);
