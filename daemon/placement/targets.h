/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How much memory the nodes have to which pages are moved, so that the kernel does not have to
 * reclaim there: it would swap, or demote what has just been moved. */

#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/nodeset.h"
#include "sysroot/sysroot.h"

struct target {
        unsigned node;
        uint64_t room_kib; /* what may come there without any reclaim */
};

struct targets {
        struct target *items; /* ascending */
        size_t n;
};

/* 0; -EBADMSG (said in errors); or what else is wrong with reading /proc/zoneinfo. */
int targets_read(struct sysroot *root, const struct nodeset *nodes, struct messages *errors,
                 struct targets *ret);
void targets_done(struct targets *t);

/* The one with the most room, so that they become equally full; NULL: there is none. */
struct target *targets_get_largest(const struct targets *t);

uint64_t targets_get_room(const struct targets *t);

/* Adds up the text of /proc/zoneinfo. Of each zone, what is free above its high watermark, what it
 * keeps for others, and one 64th of it counts. items have their nodes already. */
void targets_parse(const char *text, uint64_t page_kib, struct target *items, size_t n);
