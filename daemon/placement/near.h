/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which memory is near which CPUs, by the firmware's distances (SLIT). */

#include "facts/machine.h"

/* A distance that is not known. */
#define NEAR_UNKNOWN 256U

/* From a node with CPUs to another node: 10 to 254, or NEAR_UNKNOWN. */
unsigned near_get_distance(const struct machine *m, unsigned from, unsigned to);

/* Of these nodes the nearest to a node with CPUs; the lowest number of several. The set is not
 * empty. */
unsigned near_find(const struct machine *m, unsigned from, const struct nodeset *nodes);

/* Of these nodes those to which none of the nodes with CPUs is nearer than that one. */
struct nodeset near_get_local(const struct machine *m, unsigned from, const struct nodeset *cpus,
                              const struct nodeset *nodes);
