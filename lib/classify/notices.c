/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/notices.h"

#include "base/units.h"
#include "classify/rules.h"

/* The tier a node will be in: that of the policy, or where it is left. */
static uint32_t destination(const struct node_assignment *n)
{
        return n->wanted_tier != TIER_UNKNOWN ? n->wanted_tier : n->node->present_tier;
}

/* Demotion never leaves the slowest tier that has CPUs, and NUMA balancing never promotes into it:
 * mm/memory-tiers.c:establish_demotion_targets */
static void warn_of_split_cpus(const struct assignment *a, struct messages *warnings)
{
        const struct node_assignment *first = NULL;

        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *n = &a->nodes[i];

                if (!n->node->has_cpu || destination(n) == TIER_UNKNOWN)
                        continue;
                if (first && destination(first) != destination(n)) {
                        messages_add(
                                warnings,
                                "Nodes %u and %u both have CPUs and belong to different tiers "
                                "(%u and %u): Linux takes the slower one, and every tier above "
                                "it, for its top tier, and promotes nothing out of it",
                                first->node->id, n->node->id, destination(first), destination(n));
                        return;
                }
                first = first ?: n;
        }
}

static bool compares_latency(const struct policy *p)
{
        for (size_t i = 0; i < p->n_tiers; i++)
                for (unsigned k = MAX_LATENCY; k <= MAX_WRITE_LATENCY; k++)
                        if (p->tiers[i].conditions[k].set && p->tiers[i].conditions[k].relative)
                                return true;
        return false;
}

const struct node_assignment *notices_find_lone(const struct assignment *a)
{
        if (a->policy->method != METHOD_THRESHOLDS || !a->baseline ||
            figure_is_known(&a->baseline_figures.latency) ||
            a->baseline_figures.latency.unreadable || !compares_latency(a->policy))
                return NULL;
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct figure *f = &a->nodes[i].figures.latency;

                if (figure_is_known(f) && !f->relative)
                        return &a->nodes[i];
        }
        return NULL;
}

static void warn_of_lone_values(const struct assignment *a, struct messages *warnings)
{
        const struct node_assignment *n = notices_find_lone(a);

        if (n)
                messages_add(warnings,
                             "The latency of node %u is known (%s), but not that of the baseline, "
                             "node %u: it cannot be compared. Give both, or: numatier measure %u",
                             n->node->id, source_name(n->figures.latency.source), a->baseline->id,
                             a->baseline->id);
}

#define SLIT_KEYS " and tier = NAME, or latency = ... and bandwidth = ..."

/* One line for all of them: the cause is one, and so is the correction. */
static void warn_of_slit(const struct assignment *a, struct messages *warnings)
{
        char list[NODESET_STRING_MAX], suggestion[RULE_SUGGESTION_MAX];
        const struct node *first = NULL;
        struct nodeset nodes = { 0 };

        for (size_t i = 0; i < a->n_nodes; i++) {
                if (!a->nodes[i].by_slit_alone)
                        continue;
                first = first ?: a->nodes[i].node;
                nodeset_add(&nodes, a->nodes[i].node->id);
        }
        if (first)
                messages_add(warnings,
                             "SLIT alone places node%s %s, and SLIT is a guess. If it is wrong: "
                             "numatier measure, or %s",
                             plural(nodeset_count(&nodes)), nodeset_format(&nodes, list),
                             rules_suggest_section(first, SLIT_KEYS, suggestion));
}

void assignment_warn(const struct assignment *a, struct messages *warnings)
{
        warn_of_split_cpus(a, warnings);
        warn_of_lone_values(a, warnings);
        warn_of_slit(a, warnings);
}
