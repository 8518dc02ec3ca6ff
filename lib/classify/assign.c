/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/assign.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#include "classify/adistance.h"
#include "classify/baseline.h"
#include "classify/notices.h"
#include "classify/numbering.h"
#include "classify/reasons.h"
#include "classify/rules.h"
#include "classify/thresholds.h"

static size_t find_policy_tier(const struct policy *p, const char *name)
{
        if (!name)
                return TIER_NONE;
        for (size_t i = 0; i < p->n_tiers; i++)
                if (streq(p->tiers[i].name, name))
                        return i;
        return TIER_NONE;
}

/* What the last pass assigned under this policy, or NULL. */
static const char *last_tier(const struct assignment *a, const struct node_assignment *n,
                             const struct state *last)
{
        const struct state_node *s =
                last && last->policy == a->policy->hash ? state_get_node(last, n->node->id) : NULL;

        return s ? s->tier : NULL;
}

static void leave_unreadable(struct node_assignment *n, enum fact fact, const struct node *node)
{
        assert(node && fact <= FACTS);
        n->cause = CAUSE_UNREADABLE;
        n->tier = TIER_NONE;
        n->obstacle = (struct obstacle){ fact, node };
}

/* What needs no values: nodes without memory (or not quite yet), and rules that decide. */
static bool assign_by_rule(const struct assignment *a, struct node_assignment *n)
{
        n->tier = TIER_NONE;
        if (!n->node->has_memory)
                n->cause = CAUSE_NO_MEMORY;
        else if (n->node->half_there)
                leave_unreadable(n, FACT_SIZE, n->node);
        else if (n->node->unsettled)
                n->cause = CAUSE_UNSETTLED;
        else if (rules_are_unreadable(a->policy, n->node))
                leave_unreadable(n, n->node->may_be_gpu ? FACTS : FACT_DEVICES, n->node);
        else if (n->rule && n->rule->ignore)
                n->cause = CAUSE_IGNORED;
        else if (n->rule && n->rule->tier)
                n->cause = CAUSE_RULE;
        else if (n->node->may_be_gpu && !(n->rule && n->rule->has_ignore))
                leave_unreadable(n, FACTS, n->node);
        else
                return false;
        return true;
}

/* Thresholds: the tiers are the policy's. */

static int assign_by_thresholds(struct assignment *a, struct node_assignment *n,
                                const struct state *last)
{
        const struct figure *missing = figures_find_unreadable(&n->figures);

        if (assign_by_rule(a, n)) {
                if (n->cause == CAUSE_RULE)
                        n->tier = find_policy_tier(a->policy, n->rule->tier);
                return 0;
        }
        if (a->undecided.node) {
                leave_unreadable(n, a->undecided.fact, a->undecided.node);
                return 0;
        }
        if (figures_any_known(&n->figures) || n->node == a->baseline)
                return thresholds_classify(a, n,
                                           find_policy_tier(a->policy, last_tier(a, n, last)));
        if (missing)
                leave_unreadable(n, missing->fact, missing->fact_of);
        else
                n->cause = CAUSE_UNKNOWN;
        return 0;
}

static void follow(struct node_assignment *n, const struct node_assignment *baseline)
{
        if (baseline->cause == CAUSE_UNREADABLE) {
                leave_unreadable(n, baseline->obstacle.fact, baseline->obstacle.node);
        } else if (baseline->tier != TIER_NONE) {
                n->cause = CAUSE_BASELINE;
                n->tier = baseline->tier;
        }
}

/* Nodes with CPUs that no tier took go where the baseline went. */
static void follow_baseline(struct assignment *a)
{
        const struct node_assignment *baseline;

        baseline = a->baseline ? assignment_get_node(a, a->baseline->id) : NULL;
        if (!baseline)
                return;
        for (size_t i = 0; i < a->n_nodes; i++) {
                struct node_assignment *n = &a->nodes[i];

                if (n->node->has_cpu && n->tier == TIER_NONE &&
                    (n->cause == CAUSE_UNKNOWN || n->cause == CAUSE_NO_MATCH))
                        follow(n, baseline);
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

/* Whether somebody else moved the node after it was last where we wanted it. A tier that was kept
 * from an earlier pass may be older than our own last write, and proves nothing. */
static bool is_moved_manually(const struct node *n, uint32_t wanted, const struct state_node *s)
{
        if (node_is_unreadable(n, FACT_TIER) || node_is_unreadable(n, FACT_INTERFACE))
                return s->manual;
        if (n->present_tier == TIER_UNKNOWN || n->present_tier == wanted || !node_can_be_moved(n))
                return false;
        return s->manual || (s->placed != TIER_UNKNOWN && s->placed != n->present_tier &&
                             !node_is_kept(n, FACT_TIER));
}

static void respect_manual_move(const struct assignment *a, struct node_assignment *n,
                                const struct state *last)
{
        const struct state_node *s = last ? state_get_node(last, n->node->id) : NULL;

        n->moved_by_hand = s && is_moved_manually(n->node, n->wanted_tier, s);
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
                assert(n->tier < a->n_tiers);
                n->wanted_tier = a->tiers[n->tier].wanted_tier;
                respect_manual_move(a, n, last);
                if (n->tier == TIER_NONE)
                        continue;
                nodeset_add(&a->tiers[n->tier].nodes, n->node->id);
        }
}

/* The tier that the baseline's values belong in: the others are numbered from it, even if the
 * baseline itself is not moved. If its values cannot be read now: the tier of the last pass, or
 * TIER_NONE with the fact that is missing. */
static int find_anchor(const struct assignment *a, const struct state *last, size_t *ret,
                       struct obstacle *missing)
{
        const struct node_assignment *baseline;
        struct node_assignment as_if;
        int r;

        *ret = TIER_NONE;
        *missing = a->undecided;
        baseline = a->baseline ? assignment_get_node(a, a->baseline->id) : NULL;
        if (!baseline)
                return 0;
        *ret = baseline->tier;
        if (baseline->cause == CAUSE_UNREADABLE) {
                *ret = find_policy_tier(a->policy, last_tier(a, baseline, last));
                *missing = baseline->obstacle;
        }
        if (*ret != TIER_NONE || baseline->cause == CAUSE_UNREADABLE)
                return 0;
        as_if = (struct node_assignment){ .node = baseline->node, .figures = baseline->figures };
        r = thresholds_classify(a, &as_if, TIER_NONE);
        *ret = as_if.tier;
        if (as_if.cause == CAUSE_UNREADABLE)
                *missing = as_if.obstacle;
        free(as_if.trials);
        return r;
}

/* Without the baseline's tier, only the numbers that the policy fixes are known. */
static void leave_unnumbered(struct assignment *a, const struct obstacle *missing)
{
        for (size_t i = 0; i < a->n_nodes; i++) {
                struct node_assignment *n = &a->nodes[i];

                if (n->tier != TIER_NONE && !a->policy->tiers[n->tier].has_memory_tier)
                        leave_unreadable(n, missing->fact, missing->node);
        }
        for (size_t i = 0; i < a->n_tiers; i++)
                if (a->policy->tiers[i].has_memory_tier)
                        a->tiers[i].wanted_tier = a->policy->tiers[i].memory_tier;
}

static bool anything_can_move(const struct assignment *a)
{
        for (size_t i = 0; i < a->n_nodes; i++)
                if (node_can_be_moved(a->nodes[i].node) ||
                    node_is_unreadable(a->nodes[i].node, FACT_INTERFACE))
                        return true;
        return false;
}

/* The number of the memory tier that all nodes of a tier are in, or TIER_UNKNOWN. */
static uint32_t find_common_tier(const struct assignment *a, size_t tier)
{
        uint32_t common = TIER_UNKNOWN;

        for (size_t i = 0; i < a->n_nodes; i++) {
                uint32_t present = a->nodes[i].node->present_tier;

                if (a->nodes[i].tier != tier)
                        continue;
                if (present == TIER_UNKNOWN || (common != TIER_UNKNOWN && common != present))
                        return TIER_UNKNOWN;
                common = present;
        }
        return common;
}

static int number_policy_tiers(struct assignment *a, const struct state *last)
{
        _cleanup_(freep) uint32_t *lasting = calloc(a->n_tiers ?: 1, sizeof(*lasting));
        struct obstacle missing;
        size_t anchor;
        int r;

        if (!lasting)
                return -ENOMEM;
        for (size_t i = 0; i < a->n_tiers; i++)
                lasting[i] = anything_can_move(a) ? TIER_UNKNOWN : find_common_tier(a, i);
        r = find_anchor(a, last, &anchor, &missing);
        if (r < 0)
                return r;
        if (anchor == TIER_NONE && missing.node)
                leave_unnumbered(a, &missing);
        else
                number_tiers(a->policy, anchor, lasting, a->tiers);
        return 0;
}

static int thresholds(struct assignment *a, const struct state *last)
{
        int r;

        r = copy_policy_tiers(a);
        if (r < 0)
                return r;
        for (size_t i = 0; i < a->n_nodes; i++) {
                r = assign_by_thresholds(a, &a->nodes[i], last);
                if (r < 0)
                        return r;
        }
        follow_baseline(a);
        r = number_policy_tiers(a, last);
        if (r < 0)
                return r;
        settle_tiers(a, last);
        return 0;
}

/* Abstract distance: the tiers are those that come out. */

/* The values as the kernel would hold them. SLIT is not one of its sources. */
static struct perf kernel_figures(const struct figures *f)
{
        struct perf perf = { 0 };

        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (f->values[v].source != SOURCE_SLIT && f->values[v].source != SOURCE_NONE)
                        perf.v[v] = (uint32_t)(f->values[v].value + 0.5);
        return perf;
}

/* A value that cannot be read now and that the kernel would use, or NULL. */
static const struct figure *find_unreadable(const struct figures *f)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (f->values[v].unreadable && f->values[v].fact != FACT_DISTANCE)
                        return &f->values[v];
        return NULL;
}

/* Returns the value without which the reference is not known now, or NULL. */
static const struct figure *find_reference(const struct assignment *a,
                                           struct adistance_reference *ref)
{
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node *n = a->nodes[i].node;
                const struct figures *f = &a->nodes[i].figures;
                struct perf perf = kernel_figures(f);

                if (!n->has_cpu || !n->has_memory)
                        continue;
                if (find_unreadable(f))
                        return find_unreadable(f);
                /* a node that HMAT does not describe at all is passed over */
                if (n->access_present[ACCESS_CPU] || perf_is_known(&perf))
                        adistance_add_dram(ref, &perf);
        }
        return NULL;
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

/* missing: the value that the reference lacks, or NULL. */
static void assign_by_adistance(struct assignment *a, struct node_assignment *n,
                                const struct adistance_reference *ref, const struct figure *missing,
                                const struct state *last)
{
        struct perf perf = kernel_figures(&n->figures);

        missing = missing ?: find_unreadable(&n->figures);
        if (assign_by_rule(a, n)) {
                if (n->cause == CAUSE_RULE)
                        n->wanted_tier = policy_get_tier(a->policy, n->rule->tier)->memory_tier;
                return;
        }
        if (missing) {
                leave_unreadable(n, missing->fact, missing->fact_of);
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
        const struct figure *missing = find_reference(a, &ref);

        for (size_t i = 0; i < a->n_nodes; i++)
                assign_by_adistance(a, &a->nodes[i], &ref, missing, last);
        return collect_tiers(a, last);
}

/* Where Linux itself put it: what was there before our first write, else what is there. */
static uint32_t find_original_tier(const struct node *n, const struct state *last)
{
        const struct state_node *s = last ? state_get_node(last, n->id) : NULL;

        return s && s->original_tier != TIER_UNKNOWN ? s->original_tier : n->present_tier;
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

        a->baseline = baseline_choose(m, a->policy, last, &a->undecided, warnings);
        a->nodes = calloc(m->n_nodes ?: 1, sizeof(*a->nodes));
        if (!a->nodes)
                return -ENOMEM;
        for (a->n_nodes = 0; a->n_nodes < m->n_nodes; a->n_nodes++)
                a->nodes[a->n_nodes] = (struct node_assignment){
                        .node = &m->nodes[a->n_nodes],
                        .tier = TIER_NONE,
                        .wanted_tier = TIER_UNKNOWN,
                        .original_tier = find_original_tier(&m->nodes[a->n_nodes], last),
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
        assignment_warn(a, warnings);
        *ret = TAKE_PTR(a);
        return 0;
}
