/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/assign.h"

#include <errno.h>
#include <inttypes.h>

#include "classify/adistance.h"
#include "classify/numbering.h"
#include "classify/reasons.h"
#include "classify/rules.h"
#include "classify/thresholds.h"

static const struct node *choose_baseline(const struct machine *m, const struct policy *p,
                                          struct messages *warnings)
{
        const struct node *baseline = NULL;

        if (!p->baseline_auto) {
                baseline = machine_get_node(m, p->baseline);
                if (baseline && baseline->has_memory)
                        return baseline;
                messages_add(warnings,
                             "The baseline of the policy, node %u, is not online or has no "
                             "memory; taking the node with CPUs that has the most memory",
                             p->baseline);
                baseline = NULL;
        }
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];

                if (n->has_cpu && n->has_memory && (!baseline || n->size_kib > baseline->size_kib))
                        baseline = n;
        }
        return baseline;
}

static size_t find_policy_tier(const struct policy *p, const char *name)
{
        for (size_t i = 0; name && i < p->n_tiers; i++)
                if (streq(p->tiers[i].name, name))
                        return i;
        return TIER_NONE;
}

static const char *last_tier(const struct assignment *a, const struct node_assignment *n,
                             const struct state *last)
{
        const struct state_node *s =
                last && last->policy == a->policy->hash ? state_get_node(last, n->node->id) : NULL;

        return s ? s->tier : NULL;
}

/* What needs no figures: nodes without memory (or not quite yet), and rules that speak. */
static bool assign_by_rule(struct node_assignment *n)
{
        n->tier = TIER_NONE;
        if (!n->node->has_memory)
                n->cause = CAUSE_NO_MEMORY;
        else if (n->node->unsettled)
                n->cause = CAUSE_UNSETTLED;
        else if (n->rule && n->rule->ignore)
                n->cause = CAUSE_IGNORED;
        else if (n->rule && n->rule->tier)
                n->cause = CAUSE_RULE;
        else if (n->node->may_be_gpu && !(n->rule && n->rule->has_ignore))
                n->cause = CAUSE_UNREADABLE;
        else
                return false;
        return true;
}

/* Thresholds: the tiers are the policy's. */

static int assign_by_thresholds(struct assignment *a, struct node_assignment *n,
                                const struct state *last)
{
        if (assign_by_rule(n)) {
                if (n->cause == CAUSE_RULE)
                        n->tier = find_policy_tier(a->policy, n->rule->tier);
                return 0;
        }
        if (figures_any_known(&n->figures) || n->node == a->baseline)
                return thresholds_classify(a, n,
                                           find_policy_tier(a->policy, last_tier(a, n, last)));
        n->cause = CAUSE_UNKNOWN;
        return 0;
}

/* Nodes with CPUs that no tier took go where the baseline went. */
static void follow_baseline(struct assignment *a)
{
        const struct node_assignment *baseline;

        baseline = a->baseline ? assignment_get_node(a, a->baseline->id) : NULL;
        if (!baseline || baseline->tier == TIER_NONE)
                return;
        for (size_t i = 0; i < a->n_nodes; i++) {
                struct node_assignment *n = &a->nodes[i];

                if (!n->node->has_cpu || n->tier != TIER_NONE ||
                    (n->cause != CAUSE_UNKNOWN && n->cause != CAUSE_NO_MATCH))
                        continue;
                n->cause = CAUSE_BASELINE;
                n->tier = baseline->tier;
        }
}

static int add_tier(struct assignment *a, const char *name, uint32_t memory_tier)
{
        struct assigned_tier *t = &a->tiers[a->n_tiers];

        *t = (struct assigned_tier){ .name = strdup(name), .wanted_tier = memory_tier };
        if (!t->name)
                return -ENOMEM;
        a->n_tiers++;
        return 0;
}

static int copy_policy_tiers(struct assignment *a)
{
        const struct policy *p = a->policy;

        a->tiers = calloc(p->n_tiers ?: 1, sizeof(*a->tiers));
        if (!a->tiers)
                return -ENOMEM;
        for (size_t i = 0; i < p->n_tiers; i++) {
                int r = add_tier(a, p->tiers[i].name, TIER_UNKNOWN);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* Whether somebody else moved the node since it last was where we wanted it. */
static void judge_hand(const struct assignment *a, struct node_assignment *n,
                       const struct state *last)
{
        const struct state_node *s = last ? state_get_node(last, n->node->id) : NULL;

        if (!s || n->node->present_tier == TIER_UNKNOWN ||
            n->node->present_tier == n->wanted_tier || !node_can_be_moved(n->node))
                return;
        n->moved_by_hand =
                s->manual || (s->placed != TIER_UNKNOWN && s->placed != n->node->present_tier);
        if (!n->moved_by_hand || !a->policy->keep_manual)
                return;
        n->cause = CAUSE_MANUAL;
        n->tier = TIER_NONE;
        n->wanted_tier = n->node->present_tier;
}

static void settle_tiers(struct assignment *a, const struct state *last)
{
        for (size_t i = 0; i < a->n_nodes; i++) {
                struct node_assignment *n = &a->nodes[i];

                if (n->tier == TIER_NONE)
                        continue;
                n->wanted_tier = a->tiers[n->tier].wanted_tier;
                judge_hand(a, n, last);
                if (n->tier == TIER_NONE)
                        continue;
                nodeset_add(&a->tiers[n->tier].nodes, n->node->id);
        }
}

/* The tier of the baseline's figures: that from which the others are numbered, even if the baseline
 * itself is not to be moved. */
static int find_anchor(const struct assignment *a, size_t *ret)
{
        const struct node_assignment *baseline;
        struct node_assignment as_if;
        int r;

        *ret = TIER_NONE;
        baseline = a->baseline ? assignment_get_node(a, a->baseline->id) : NULL;
        if (!baseline)
                return 0;
        *ret = baseline->tier;
        if (*ret != TIER_NONE)
                return 0;
        as_if = (struct node_assignment){ .node = baseline->node, .figures = baseline->figures };
        r = thresholds_classify(a, &as_if, TIER_NONE);
        *ret = as_if.tier;
        free(as_if.trials);
        return r;
}

static int thresholds(struct assignment *a, const struct state *last)
{
        size_t anchor;
        int r;

        r = copy_policy_tiers(a);
        for (size_t i = 0; r == 0 && i < a->n_nodes; i++)
                r = assign_by_thresholds(a, &a->nodes[i], last);
        if (r < 0)
                return r;
        follow_baseline(a);
        r = find_anchor(a, &anchor);
        if (r < 0)
                return r;
        number_tiers(a->policy, anchor, a->tiers);
        settle_tiers(a, last);
        return 0;
}

/* Abstract distance: the tiers are those that come out. */

/* The figures as the kernel would hold them. SLIT is none of its sources. */
static struct perf kernel_figures(const struct figures *f)
{
        struct perf perf = { 0 };

        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (f->values[v].source != SOURCE_SLIT && f->values[v].source != SOURCE_NONE)
                        perf.v[v] = (uint32_t)(f->values[v].value + 0.5);
        return perf;
}

static void find_reference(const struct assignment *a, struct adistance_reference *ref)
{
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node *n = a->nodes[i].node;
                struct perf perf = kernel_figures(&a->nodes[i].figures);

                /* a node that HMAT does not describe at all is passed over */
                if (n->has_cpu && n->has_memory &&
                    (n->access_present[ACCESS_CPU] || perf_is_known(&perf)))
                        adistance_add_dram(ref, &perf);
        }
}

/* A tier is a chunk of distances; hysteresis widens the one the node was last in. */
static uint32_t hold_tier(const struct assignment *a, struct node_assignment *n, uint32_t tier,
                          const struct state *last)
{
        const char *name = last_tier(a, n, last);
        const char *digits = name ? startswith(name, "memory_tier") : NULL;
        double h = a->policy->hysteresis;
        unsigned was;

        if (!digits || parse_unsigned(digits, UINT32_MAX >> MEMTIER_CHUNK_BITS, &was) < 0 ||
            was == tier)
                return tier;
        if (n->adistance < (double)was * MEMTIER_CHUNK_SIZE * (1 - h) ||
            n->adistance >= ((double)was + 1) * MEMTIER_CHUNK_SIZE * (1 + h))
                return tier;
        n->held = true;
        return was;
}

static void assign_by_adistance(struct assignment *a, struct node_assignment *n,
                                const struct adistance_reference *ref, const struct state *last)
{
        struct perf perf = kernel_figures(&n->figures);

        if (assign_by_rule(n)) {
                if (n->cause == CAUSE_RULE)
                        n->wanted_tier = policy_get_tier(a->policy, n->rule->tier)->memory_tier;
                return;
        }
        n->has_adistance = adistance_from_perf(ref, &perf, &n->adistance) == 0;
        if (!n->has_adistance && n->node->has_cpu) {
                n->has_adistance = true;
                n->adistance = MEMTIER_ADISTANCE_DRAM;
        }
        n->cause = n->has_adistance ? CAUSE_ADISTANCE : CAUSE_UNKNOWN;
        if (n->has_adistance)
                n->wanted_tier = hold_tier(a, n, adistance_to_tier(n->adistance), last);
}

static int compare_tiers(const void *a, const void *b)
{
        const struct assigned_tier *x = a, *y = b;

        return (x->wanted_tier > y->wanted_tier) - (x->wanted_tier < y->wanted_tier);
}

static size_t find_assigned_tier(const struct assignment *a, uint32_t memory_tier)
{
        for (size_t i = 0; i < a->n_tiers; i++)
                if (a->tiers[i].wanted_tier == memory_tier)
                        return i;
        return TIER_NONE;
}

static int collect_tiers(struct assignment *a, const struct state *last)
{
        a->tiers = calloc(a->n_nodes ?: 1, sizeof(*a->tiers));
        if (!a->tiers)
                return -ENOMEM;
        for (size_t i = 0; i < a->n_nodes; i++) {
                uint32_t tier = a->nodes[i].wanted_tier;
                char name[32];
                int r;

                if (tier == TIER_UNKNOWN || find_assigned_tier(a, tier) != TIER_NONE)
                        continue;
                snprintf(name, sizeof(name), "memory_tier%" PRIu32, tier);
                r = add_tier(a, name, tier);
                if (r < 0)
                        return r;
        }
        qsort(a->tiers, a->n_tiers, sizeof(*a->tiers), compare_tiers);
        for (size_t i = 0; i < a->n_nodes; i++)
                a->nodes[i].tier = find_assigned_tier(a, a->nodes[i].wanted_tier);
        settle_tiers(a, last);
        return 0;
}

static int by_adistance(struct assignment *a, const struct state *last)
{
        struct adistance_reference ref = { 0 };

        find_reference(a, &ref);
        for (size_t i = 0; i < a->n_nodes; i++)
                assign_by_adistance(a, &a->nodes[i], &ref, last);
        return collect_tiers(a, last);
}

/* Where Linux alone had put it: what was there before our first write, else what is there. */
static uint32_t find_kernel_tier(const struct node *n, const struct state *last)
{
        const struct state_node *s = last ? state_get_node(last, n->id) : NULL;

        return s && s->original_tier != TIER_UNKNOWN ? s->original_tier : n->present_tier;
}

/* The tier a node will be in: that of the policy, or where it is left. */
static uint32_t destination(const struct node_assignment *n)
{
        return n->wanted_tier != TIER_UNKNOWN ? n->wanted_tier : n->node->present_tier;
}

/* demotion never leaves, and NUMA balancing never promotes into, the slowest tier that has CPUs:
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

/* Figures of one node alone, given or measured, are figures that nothing is compared with. */
static void warn_of_lone_figures(const struct assignment *a, struct messages *warnings)
{
        if (!a->baseline || figure_is_known(&a->baseline_figures.latency) ||
            !compares_latency(a->policy))
                return;
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct figure *f = &a->nodes[i].figures.latency;

                if (!figure_is_known(f) || f->relative)
                        continue;
                messages_add(warnings,
                             "The latency of node %u is known (%s), but not that of the baseline, "
                             "node %u: it cannot be compared. Give both, or: numatier measure %u",
                             a->nodes[i].node->id, source_name(f->source), a->baseline->id,
                             a->baseline->id);
                return;
        }
}

static void resolve_figures(struct assignment *a)
{
        const struct policy *p = a->policy;

        if (a->baseline)
                figures_resolve(a->machine, p, rules_find(p, a->baseline), a->baseline, NULL, NULL,
                                &a->baseline_figures);
        for (size_t i = 0; i < a->n_nodes; i++) {
                struct node_assignment *n = &a->nodes[i];
                const struct node *baseline = n->node == a->baseline ? NULL : a->baseline;

                n->rule = rules_find(p, n->node);
                if (n->node->has_memory)
                        figures_resolve(a->machine, p, n->rule, n->node, baseline,
                                        &a->baseline_figures, &n->figures);
        }
}

static int prepare(struct assignment *a, const struct state *last, struct messages *warnings)
{
        const struct machine *m = a->machine;

        a->baseline = choose_baseline(m, a->policy, warnings);
        a->nodes = calloc(m->n_nodes ?: 1, sizeof(*a->nodes));
        if (!a->nodes)
                return -ENOMEM;
        for (a->n_nodes = 0; a->n_nodes < m->n_nodes; a->n_nodes++)
                a->nodes[a->n_nodes] = (struct node_assignment){
                        .node = &m->nodes[a->n_nodes],
                        .tier = TIER_NONE,
                        .wanted_tier = TIER_UNKNOWN,
                        .original_tier = find_kernel_tier(&m->nodes[a->n_nodes], last),
                };
        resolve_figures(a);
        return 0;
}

int assignment_new(const struct machine *machine, const struct policy *policy,
                   const struct state *last, struct messages *warnings, struct assignment **ret)
{
        _cleanup_(assignment_freep) struct assignment *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        a->machine = machine;
        a->policy = policy;
        r = prepare(a, last, warnings);
        if (r < 0)
                return r;
        r = policy->method == METHOD_ADISTANCE ? by_adistance(a, last) : thresholds(a, last);
        if (r < 0)
                return r;
        for (size_t i = 0; i < a->n_nodes; i++) {
                a->nodes[i].reason = reason_format(a, &a->nodes[i]);
                if (!a->nodes[i].reason)
                        return -ENOMEM;
        }
        warn_of_split_cpus(a, warnings);
        if (policy->method == METHOD_THRESHOLDS)
                warn_of_lone_figures(a, warnings);
        *ret = TAKE_PTR(a);
        return 0;
}
