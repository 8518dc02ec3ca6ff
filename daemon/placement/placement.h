/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a command has its memory, and where it runs. Nothing is set here. */

#include "base/messages.h"
#include "facts/machine.h"
#include "placement/modes.h"

/* What this process may use, and what it executes inherits. */
struct allowance {
        struct nodeset memory; /* its cpuset's nodes */
        struct nodeset cpus;   /* the nodes with a CPU on which it may run */
        unsigned node;         /* of the CPU on which it runs now */
};

struct placement {
        const struct mode *mode;
        struct nodeset nodes;
        bool is_local;
        unsigned cpus; /* the node on whose CPUs it runs, if is_local */
};

/* nodes: those that were asked for. What is left out is said in warnings. 0, or -EINVAL: nothing
 * remains (said in errors). */
int placement_decide(const struct machine *m, const struct nodeset *nodes, const struct mode *mode,
                     bool local, const struct allowance *allowed, struct messages *errors,
                     struct messages *warnings, struct placement *ret);
