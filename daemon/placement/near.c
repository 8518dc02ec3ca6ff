/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/near.h"

unsigned near_get_distance(const struct machine *m, unsigned from, unsigned to)
{
        const struct node *source = machine_get_node(m, from);
        const struct node *target = machine_get_node(m, to);
        unsigned d = source && target && source->distance ? source->distance[target - m->nodes] : 0;

        return d > 0 ? d : NEAR_UNKNOWN;
}

unsigned near_find(const struct machine *m, unsigned from, const struct nodeset *nodes)
{
        unsigned nearest = nodeset_next(nodes, 0);

        nodeset_foreach (n, nodes)
                if (near_get_distance(m, from, n) < near_get_distance(m, from, nearest))
                        nearest = n;
        return nearest;
}

struct nodeset near_get_local(const struct machine *m, unsigned from, const struct nodeset *cpus,
                              const struct nodeset *nodes)
{
        struct nodeset local = *nodes;

        nodeset_foreach (n, nodes)
                nodeset_foreach (other, cpus)
                        if (near_get_distance(m, other, n) < near_get_distance(m, from, n))
                                nodeset_remove(&local, n);
        return local;
}
