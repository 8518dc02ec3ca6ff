/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the reader of a guest's description must know. */

#include <inttypes.h>

#include "base/units.h"
#include "guest/guest.h"

static void remark_values(struct guest *g, unsigned i)
{
        const struct guest_node *n = &g->nodes[i];
        unsigned id = n->host->node->id;
        bool latency = figure_is_known(&n->host->figures.latency);
        const struct perf *p = &n->perf;

        if (perf_is_known(p) && !perf_is_complete(p))
                messages_add(&g->remarks,
                             "Node %u does not have all four values: the others are not known in "
                             "ns or MiB/s%s",
                             id,
                             latency && !p->v[READ_LATENCY]
                                     ? ", and the distance table is no latency"
                                     : "");
}

static void remark_unknown(struct guest *g)
{
        char buf[NODESET_STRING_MAX];
        struct nodeset unknown = { 0 };
        unsigned n;

        for (size_t i = 0; i < g->n; i++)
                if (!perf_is_known(&g->nodes[i].perf))
                        nodeset_add(&unknown, g->nodes[i].host->node->id);
        n = nodeset_count(&unknown);
        if (n > 0)
                messages_add(&g->remarks,
                             "Node%s %s: no latency and no bandwidth are known in ns or MiB/s "
                             "(\"numatier measure\" finds them)%s",
                             plural(n), nodeset_format(&unknown, buf),
                             g->has_values ? "" : ", so the guest has no HMAT");
}

/* The distance from the nearest of this host's CPUs. */
static unsigned find_nearest(const struct machine *m, const struct node *n)
{
        unsigned nearest = 0;

        for (size_t i = 0; i < m->n_nodes; i++) {
                unsigned d = m->nodes[i].has_cpu ? guest_get_distance(m, &m->nodes[i], n) : 0;

                if (d != 0 && (nearest == 0 || d < nearest))
                        nearest = d;
        }
        return nearest;
}

/* The values are those of the nearest CPUs, and these may have no part in the guest. */
static void remark_initiator(const struct machine *m, struct guest *g, unsigned i)
{
        const struct guest_node *n = &g->nodes[i], *initiator = &g->nodes[n->initiator];
        const struct node *host = n->host->node, *from = initiator->host->node;
        unsigned distance = guest_get_distance(m, from, host), nearest = find_nearest(m, host);

        if (!perf_is_known(&n->perf))
                return;
        if (!from->has_cpu)
                messages_add(&g->remarks,
                             "The values of node %u are those for the nearest CPUs of this host; "
                             "guest node %u has CPUs, and node %u of this host has none",
                             host->id, n->initiator, from->id);
        else if (distance > nearest && nearest > 0)
                messages_add(&g->remarks,
                             "The values of node %u are those for the nearest CPUs of this host, "
                             "which are not in the guest: those of node %u may see worse ones",
                             host->id, from->id);
}

/* The guest's nodes are plain memory with other numbers: sections of the policy that match a device
 * or a number do not match them. */
static void remark_rule(const struct node_assignment *n, const char *tier, struct guest *g,
                        unsigned i)
{
        if (!n->rule->file) /* built in */
                messages_add(&g->remarks,
                             "Node %u is memory of a GPU, which is left to its driver: guest node "
                             "%u is plain memory",
                             n->node->id, i);
        else
                messages_add(&g->remarks,
                             "Node %u is %s%s because of [node %s] of the policy, and not by its "
                             "values: the guest's policy needs such a section for node %u",
                             n->node->id, tier ? "in tier " : "left to Linux", tier ?: "",
                             n->rule->name, i);
}

static void remark_cause(const struct assignment *a, struct guest *g, unsigned i)
{
        const struct node_assignment *n = g->nodes[i].host;
        const char *tier = assignment_tier_name(a, n);

        if (n->rule && (n->cause == CAUSE_RULE || n->cause == CAUSE_IGNORED))
                remark_rule(n, tier, g, i);
        else if (n->cause == CAUSE_MANUAL)
                messages_add(&g->remarks, "Node %u was moved manually: the guest's node %u is not",
                             n->node->id, i);
        else if (n->cause == CAUSE_UNREADABLE)
                messages_add(&g->remarks,
                             "The tier of node %u cannot be decided now, since something cannot be "
                             "read: in the guest it can",
                             n->node->id);
        else if (n->held)
                messages_add(&g->remarks,
                             "Node %u is in tier %s only because it was there before (hysteresis): "
                             "in the guest it may be in another",
                             n->node->id, tier ?: "");
}

static const struct guest_node *find_largest(const struct guest *g)
{
        const struct guest_node *largest = NULL;

        for (size_t i = 0; i < g->n; i++)
                if (g->nodes[i].cpus > 0 && (!largest || g->nodes[i].mib > largest->mib))
                        largest = &g->nodes[i];
        return largest;
}

static void remark_baseline(const struct assignment *a, struct guest *g)
{
        const struct guest_node *largest = find_largest(g);

        if (!a->policy->baseline_auto)
                messages_add(&g->remarks,
                             "The policy names its baseline, node %u: the guest's "
                             "nodes have other numbers",
                             a->policy->baseline);
        else if (a->baseline && largest->host->node != a->baseline)
                messages_add(&g->remarks,
                             "Tiers are compared with node %u here, and with guest node %td there "
                             "(node %u of this host): it has CPUs, and the most memory of those",
                             a->baseline->id, largest - g->nodes, largest->host->node->id);
}

static void remark_sources(const struct assignment *a, struct guest *g)
{
        for (size_t i = 0; i < a->policy->n_sources; i++)
                if (a->policy->sources[i] == SOURCE_HMAT)
                        return;
        if (g->has_values)
                messages_add(&g->remarks, "The policy's sources have no hmat: the guest has its "
                                          "values only there");
}

static void warn_of_size(struct guest *g, unsigned i)
{
        const struct guest_node *n = &g->nodes[i];
        const struct node *host = n->host->node;
        char asked[UNIT_STRING_MAX], there[UNIT_STRING_MAX];
        uint64_t kib = n->mib << 10;

        if (kib > host->size_kib && host->size_kib > 0)
                messages_add(&g->warnings, "guest node %u has %s, and node %u of this host %s", i,
                             format_size(kib, asked), host->id, format_size(host->size_kib, there));
        else if (host->has_free && kib > host->free_kib)
                messages_add(&g->warnings,
                             "guest node %u has %s, and only %s of node %u are free now", i,
                             format_size(kib, asked), format_size(host->free_kib, there), host->id);
        if (n->mib % 128 != 0)
                messages_add(&g->warnings,
                             "the memory of guest node %u is not a multiple of 128 MiB: Linux has "
                             "a memory block there that is in two nodes and cannot be taken "
                             "offline",
                             i);
}

static void warn_of_host(const struct machine *m, struct guest *g)
{
        if (m->demotion.present && m->demotion.value == 1)
                messages_add(&g->warnings,
                             "demotion is on on this host: Linux may move pages of the guest to "
                             "slower nodes, whatever they are bound to. QEMU's -overcommit "
                             "mem-lock=on, or libvirt's <locked/>, prevents that");
        if (g->cpus > 255)
                messages_add(&g->warnings, "more than 255 CPUs need -device "
                                           "intel-iommu,intremap=on and a machine type that has "
                                           "so many: --cpus says how many");
}

void guest_add_remarks(const struct assignment *a, struct guest *g)
{
        for (unsigned i = 0; i < g->n; i++) {
                remark_values(g, i);
                remark_initiator(a->machine, g, i);
                remark_cause(a, g, i);
                warn_of_size(g, i);
        }
        remark_unknown(g);
        remark_baseline(a, g);
        remark_sources(a, g);
        warn_of_host(a->machine, g);
}
