/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether the nodes of a drop-in are still those of the tiers that were asked for. */

#include "service/drop-in.h"

/* What Linux and systemd do with a drop-in that is not right any more. */
struct service_harm {
        bool elsewhere;      /* the unit's memory is in other nodes than was asked */
        bool does_not_start; /* no node of NUMAMask= has memory: systemd does not start a service */
        bool not_confined;   /* a node of AllowedMemoryNodes= is not there: Linux refuses all */
};

/* tiers: the nodes with memory that belong in these tiers now; memory: all nodes with memory. Says
 * each difference as "NUMAMask=1: expected 2". Returns what comes of them. */
struct service_harm service_find_differences(const struct service_drop_in *d,
                                             const struct nodeset *tiers,
                                             const struct nodeset *memory, struct messages *ret);
