/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/unmet.h"

#include <assert.h>

enum unmet_cause unmet_get_cause(const struct snapshot *s, const struct plan_unmet *u)
{
        const struct node *n;

        if (u->hazard)
                return UNMET_HAZARD;
        if (s->plan->interface == INTERFACE_NONE)
                return s->policy->interface == POLICY_INTERFACE_NONE ? UNMET_POLICY
                       : s->policy->interface == POLICY_INTERFACE_ADISTANCE_OFFSET
                               ? UNMET_NO_OFFSET
                               : UNMET_NO_INTERFACE;
        n = machine_get_node(s->machine, u->node);
        if (n &&
            (s->plan->interface == INTERFACE_MEMTIER_OVERRIDE ? n->has_override : n->has_offset))
                return UNMET_IGNORED;
        return UNMET_NO_FILE;
}

const char *unmet_cause_name(enum unmet_cause c)
{
        static const char *const names[] = {
                [UNMET_HAZARD] = "hazard",
                [UNMET_POLICY] = "policy",
                [UNMET_NO_OFFSET] = "no_adistance_offset",
                [UNMET_NO_INTERFACE] = "no_interface",
                [UNMET_NO_FILE] = "no_node_file",
                [UNMET_IGNORED] = "ignored",
        };

        static_assert(ELEMENTSOF(names) == UNMET_CAUSES, "one name a cause");
        assert(c < UNMET_CAUSES);
        return names[c];
}

const char *unmet_cause_text(enum unmet_cause c)
{
        static const char *const texts[] = {
                [UNMET_HAZARD] = "moving it is not safe, because the kernel could panic",
                [UNMET_POLICY] = "the policy says interface = none",
                [UNMET_NO_OFFSET] =
                        "the policy says interface = adistance_offset, and the kernel has none",
                [UNMET_NO_INTERFACE] =
                        "this kernel has no way to move nodes (load the module memtier_override)",
                [UNMET_NO_FILE] = "the kernel has a way to move other nodes only",
                [UNMET_IGNORED] = "the kernel accepted the move and did not make it",
        };

        static_assert(ELEMENTSOF(texts) == UNMET_CAUSES, "one text a cause");
        assert(c < UNMET_CAUSES);
        return texts[c];
}

struct nodeset unmet_get_nodes(const struct snapshot *s, enum unmet_cause c)
{
        struct nodeset nodes = { 0 };

        for (size_t i = 0; i < s->plan->n_unmet; i++)
                if (unmet_get_cause(s, &s->plan->unmet[i]) == c)
                        nodeset_add(&nodes, s->plan->unmet[i].node);
        return nodes;
}

struct nodeset unmet_get_unclear(const struct snapshot *s)
{
        struct nodeset nodes = { 0 };

        if (s->policy->interface == POLICY_INTERFACE_NONE)
                return nodes;
        for (size_t i = 0; i < s->assignment->n_nodes; i++) {
                const struct node_assignment *n = &s->assignment->nodes[i];

                if (n->wanted_tier != TIER_UNKNOWN && n->node->present_tier != TIER_UNKNOWN &&
                    n->wanted_tier != n->node->present_tier &&
                    node_is_unreadable(n->node, FACT_INTERFACE))
                        nodeset_add(&nodes, n->node->id);
        }
        return nodes;
}
