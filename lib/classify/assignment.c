/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/assignment.h"

#include <assert.h>

#include "base/util.h"

struct assignment *assignment_free(struct assignment *a)
{
        if (!a)
                return NULL;
        for (size_t i = 0; i < a->n_nodes; i++) {
                free(a->nodes[i].trials);
                free(a->nodes[i].reason);
        }
        for (size_t i = 0; i < a->n_tiers; i++)
                free(a->tiers[i].name);
        free(a->nodes);
        free(a->tiers);
        free(a);
        return NULL;
}

const struct node_assignment *assignment_get_node(const struct assignment *a, unsigned node)
{
        const struct node *n = machine_get_node(a->machine, node);

        return n ? &a->nodes[n - a->machine->nodes] : NULL;
}

const char *assignment_tier_name(const struct assignment *a, const struct node_assignment *n)
{
        assert(n->tier == TIER_NONE || n->tier < a->n_tiers);
        return n->tier == TIER_NONE ? NULL : a->tiers[n->tier].name;
}
