/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about nodes and the tiers they are in. */

#include <inttypes.h>

#include "doctor/checks.h"
#include "doctor/nodes.h"
#include "facts/knobs.h"
#include "view/unmet.h"

/* A machine may have hundreds of nodes: some of them are enough. */
#define PLACES_MAX 8U

static void add_place(const struct node_assignment *n, struct diagnosis *d)
{
        char path[SYSROOT_PATH_MAX], now[32] = "an unknown tier";

        snprintf(path, sizeof(path), NODE_DIR "/node%u", n->node->id);
        if (n->node->present_tier != TIER_UNKNOWN)
                snprintf(now, sizeof(now), "memory_tier%" PRIu32, n->node->present_tier);
        finding_add_file(d, path, "in %s; the policy wants memory_tier%" PRIu32 ": %s", now,
                         n->wanted_tier, n->reason);
}

static void add_places(const struct subject *s, const struct nodeset *nodes, struct diagnosis *d)
{
        unsigned count = 0, all = nodeset_count(nodes);

        nodeset_foreach (id, nodes) {
                const struct node_assignment *n = assignment_get_node(s->snapshot->assignment, id);

                if (n && (count < PLACES_MAX || all == PLACES_MAX + 1))
                        add_place(n, d);
                count++;
        }
        if (all > PLACES_MAX + 1)
                finding_add_file(d, NODE_DIR, "and %u more", all - PLACES_MAX);
}

/* The tier that a node will be in once the policy is in force. */
static uint32_t destination(const struct node_assignment *n)
{
        return n->wanted_tier != TIER_UNKNOWN ? n->wanted_tier : n->node->present_tier;
}

static int compare(uint32_t a, uint32_t b)
{
        return (a > b) - (a < b);
}

/* What Linux makes of two nodes that are not as the policy wants them to stand to each other. */
struct displacement {
        const struct node *node, *other; /* NULL: all nodes stand in the right order */
        bool too_fast; /* it takes node for as fast as other, or faster; else for slower */
};

static bool find_displacement(const struct assignment *a, const struct node_assignment *n,
                              struct displacement *ret)
{
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *o = &a->nodes[i];
                int now = compare(n->node->present_tier, o->node->present_tier);
                int later = compare(destination(n), destination(o));
                bool is_first = later != 0 ? later > 0 : now > 0;

                if (!node_counts(o) || o->node->present_tier == TIER_UNKNOWN ||
                    n->node->present_tier == TIER_UNKNOWN || now == later)
                        continue;
                *ret = (struct displacement){ .node = is_first ? n->node : o->node,
                                              .other = is_first ? o->node : n->node,
                                              .too_fast = later != 0 };
                return true;
        }
        return false;
}

/* Of the first node that is not in the right order: one is enough to see what is wrong. */
static struct displacement find_first_displacement(const struct subject *s,
                                                   const struct nodeset *nodes)
{
        struct displacement place = { 0 };

        nodeset_foreach (id, nodes) {
                const struct node_assignment *n = assignment_get_node(s->snapshot->assignment, id);

                if (n && find_displacement(s->snapshot->assignment, n, &place))
                        break;
        }
        return place;
}

static void add_consequence(const struct displacement *p, struct diagnosis *d)
{
        if (!p->node)
                finding_add_consequence(d,
                                        "Little: the tiers are in the right order, and only their "
                                        "numbers differ. Memory that is added later may come to "
                                        "stand in the wrong place.");
        else if (p->too_fast)
                finding_add_consequence(d,
                                        "Linux takes node %u for as fast as node %u, or faster: "
                                        "it never demotes pages from node %u to it.",
                                        p->node->id, p->other->id, p->other->id);
        else
                finding_add_consequence(d,
                                        "Linux takes node %u for slower than node %u: it demotes "
                                        "pages to it that should stay.",
                                        p->node->id, p->other->id);
}

static void begin_misplaced(const struct subject *s, const struct nodeset *nodes,
                            enum severity severity, struct diagnosis *d)
{
        struct displacement place = find_first_displacement(s, nodes);
        char text[NODES_TEXT_MAX];

        nodes_format(nodes, text);
        finding_begin(d, place.node ? severity : SEVERITY_NOTE,
                      "%c%s %s in another tier than the policy wants", 'N', text + 1,
                      nodes_are(nodes));
        add_places(s, nodes, d);
        add_consequence(&place, d);
}

static const char *they_are(const struct nodeset *nodes)
{
        return nodeset_count(nodes) == 1 ? "It is" : "They are";
}

/* What would move them is there: nobody has done it. */
static void find_unwritten(const struct subject *s, struct diagnosis *d)
{
        const struct plan *p = s->snapshot->plan;
        struct nodeset nodes = { 0 };

        for (size_t i = 0; i < p->n_writes; i++)
                if (p->writes[i].kind == WRITE_NODE_TIER)
                        nodeset_add(&nodes, p->writes[i].node);
        if (nodeset_count(&nodes) == 0)
                return;
        begin_misplaced(s, &nodes, SEVERITY_WARNING, d);
        finding_add_writer(s, d);
}

static void find_hazards(const struct subject *s, struct diagnosis *d)
{
        const struct plan *p = s->snapshot->plan;

        for (size_t i = 0; i < p->n_unmet; i++) {
                struct nodeset node = { 0 };

                if (!p->unmet[i].hazard)
                        continue;
                nodeset_add(&node, p->unmet[i].node);
                begin_misplaced(s, &node, SEVERITY_WARNING, d);
                finding_add_remedy(d, "It is not moved for a reason: %s.", p->unmet[i].hazard);
        }
}

/* The remedy for a cause that is not this kernel's lack of an interface. */
static void add_cause(const struct subject *s, enum unmet_cause c, struct diagnosis *d)
{
        switch (c) {
        case UNMET_POLICY:
                finding_add_setting(s, d, "To move them", SECTION_APPLY, "interface", "auto");
                break;
        case UNMET_NO_OFFSET:
                finding_add_setting(s, d, "Let numatier choose the interface", SECTION_APPLY,
                                    "interface", "auto");
                break;
        case UNMET_IGNORED:
                finding_add_remedy(d, "The kernel log may say why:");
                finding_add_command(d, "journalctl -k -b --grep memtier");
                break;
        default:
                finding_add_remedy(d, "\"numatier explain NODE\" shows what is known of a node.");
                break;
        }
}

static void find_unmovable(const struct subject *s, enum unmet_cause c, struct diagnosis *d)
{
        struct nodeset nodes = unmet_get_nodes(s->snapshot, c);

        if (nodeset_count(&nodes) == 0)
                return;
        begin_misplaced(s, &nodes, c == UNMET_POLICY ? SEVERITY_NOTE : SEVERITY_WARNING, d);
        if (c == UNMET_NO_INTERFACE && s->missing_text) {
                finding_add_evidence(d, "module memtier_override", "%s",
                                     s->missing_name ?: "cannot be used");
                finding_add_remedy(d, "%s not moved because %s.", they_are(&nodes),
                                   s->missing_text);
                return;
        }
        finding_add_remedy(d, "%s not moved because %s.", they_are(&nodes), unmet_cause_text(c));
        if (c != UNMET_NO_INTERFACE)
                add_cause(s, c, d);
}

static void find_unclear(const struct subject *s, struct diagnosis *d)
{
        struct nodeset nodes = unmet_get_unclear(s->snapshot);

        if (nodeset_count(&nodes) == 0)
                return;
        begin_misplaced(s, &nodes, SEVERITY_WARNING, d);
        finding_add_remedy(d, "%s not moved because %s.", they_are(&nodes),
                           s->missing_text ?: UNMET_UNCLEAR);
}

void check_nodes_misplaced(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;

        if (m->has_tiers && m->tiers_withheld)
                diagnosis_skip(d, "the present tiers: memory is being plugged or unplugged, and "
                                  "they cannot be read safely meanwhile");
        find_unwritten(s, d);
        find_hazards(s, d);
        for (enum unmet_cause c = UNMET_HAZARD + 1; c < UNMET_CAUSES; c++)
                find_unmovable(s, c, d);
        find_unclear(s, d);
}

/* How many tiers the policy wants nodes in. */
static unsigned count_wanted(const struct assignment *a)
{
        unsigned count = 0;

        for (size_t i = 0; i < a->n_tiers; i++)
                count += nodeset_count(&a->tiers[i].nodes) > 0;
        return count;
}

/* A recording may lack them since it is older, or since nobody recorded them. */
void check_tiers_missing(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        unsigned wanted = count_wanted(s->snapshot->assignment);

        if (m->has_tiers || !m->is_live || wanted < 2)
                return;
        finding_begin(d, SEVERITY_WARNING, "This kernel has no memory tiers");
        finding_add_file(d, "sys/devices/virtual/memory_tiering", "absent");
        finding_add_file(d, RELEASE_PATH, "%s", m->kernel ?: "unknown");
        finding_add_consequence(
                d,
                "The policy has the nodes in %u tiers. Linux has none before 6.1, and "
                "cannot demote pages from one to another.",
                wanted);
        finding_add_remedy(d, "Install a kernel of Linux 6.1 or later.");
}

static void add_split(const struct subject *s, const struct node_assignment *first,
                      const struct node_assignment *other, struct diagnosis *d)
{
        const struct node_assignment *nodes[] = { first, other };
        bool now = first->node->present_tier != other->node->present_tier;

        finding_begin(
                d, SEVERITY_WARNING,
                now ? "Nodes %u and %u both have CPUs, and are in different tiers"
                    : "Nodes %u and %u both have CPUs, and the policy wants them in different "
                      "tiers",
                first->node->id, other->node->id);
        for (size_t i = 0; i < ELEMENTSOF(nodes); i++) {
                char path[SYSROOT_PATH_MAX];

                snprintf(path, sizeof(path), NODE_DIR "/node%u", nodes[i]->node->id);
                finding_add_file(
                        d, path, "memory_tier%" PRIu32 "; the policy wants %" PRIu32 ": %s",
                        nodes[i]->node->present_tier, destination(nodes[i]), nodes[i]->reason);
        }
        finding_add_consequence(d,
                                "Linux takes the slower one, and every tier above it, for its top "
                                "tier: NUMA balancing promotes no page out of it. Pages of the "
                                "faster node can be demoted to the other socket.");
        if (destination(first) == destination(other)) {
                finding_add_remedy(d, "The policy has them in one tier: they come there as soon as "
                                      "nodes can be moved and numatierd runs.");
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(nodes); i++)
                if (nodes[i]->cause == CAUSE_RULE && nodes[i]->rule && nodes[i]->rule->file) {
                        finding_add_remedy(d, "If both are DRAM: see [node %s] in %s:%u.",
                                           nodes[i]->rule->name, nodes[i]->rule->file,
                                           nodes[i]->rule->line);
                        return;
                }
        finding_add_policy(d, "If both are DRAM", "node other", "node = %u\n    tier = %s",
                           other->node->id,
                           assignment_tier_name(s->snapshot->assignment, first) ?: "dram");
}

/* Nothing is promoted out of the slowest tier that has CPUs, nor out of those above it
 * (mm/memory-tiers.c:establish_demotion_targets). */
void check_dram_split(const struct subject *s, struct diagnosis *d)
{
        const struct assignment *a = s->snapshot->assignment;
        const struct node_assignment *first = NULL;

        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *n = &a->nodes[i];

                if (!n->node->has_cpu || !node_counts(n) || n->node->present_tier == TIER_UNKNOWN)
                        continue;
                if (first && (first->node->present_tier != n->node->present_tier ||
                              destination(first) != destination(n))) {
                        add_split(s, first, n, d);
                        return;
                }
                first = first ?: n;
        }
}
