/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/baseline.h"

#include <assert.h>

#include "classify/figures.h"
#include "classify/rules.h"

static bool is_last(const struct node *n, const struct state *last)
{
        return last && state_is_baseline(last, n);
}

/* Whether a has so much more memory than the last baseline b that it takes its place. */
static bool outgrows(const struct node *a, const struct node *b)
{
        return (double)a->size_kib >= (double)b->size_kib * (1 + BASELINE_HYSTERESIS);
}

/* The largest of the nodes with CPUs and memory; the last baseline, unless that outgrows it. */
static const struct node *choose_largest(const struct machine *m, const struct state *last,
                                         struct obstacle *undecided)
{
        const struct node *largest = NULL, *same = NULL, *unreadable = NULL;
        size_t n_candidates = 0;

        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];

                if (!n->has_cpu || !n->has_memory)
                        continue;
                n_candidates++;
                if (is_last(n, last))
                        same = n;
                if (node_is_unreadable(n, FACT_SIZE))
                        unreadable = n;
                if (!largest || n->size_kib > largest->size_kib)
                        largest = n;
        }
        if (same && (unreadable || !outgrows(largest, same)))
                return same;
        if (!unreadable || n_candidates == 1)
                return largest;
        *undecided = (struct obstacle){ FACT_SIZE, unreadable };
        return NULL;
}

/* What the fastest memory is chosen by. */
struct speed {
        const struct node *node;
        double latency, bandwidth; /* 0: unknown */
        unsigned distance;         /* of SLIT; 0: unknown */
        bool last;                 /* it was the baseline in the last pass */
        struct obstacle missing;   /* its node is NULL if latency and bandwidth could be read */
};

static struct speed find_speed(const struct machine *m, const struct policy *p,
                               const struct node *n, const struct state *last)
{
        struct speed s = { .node = n, .distance = slit_nearest(m, n), .last = is_last(n, last) };
        struct figures f;

        figures_resolve(m, p, rules_find(p, n), n, NULL, NULL, &f);
        s.latency = f.latency.value;
        s.bandwidth = f.bandwidth.value;
        if (f.latency.unreadable)
                s.missing = (struct obstacle){ f.latency.fact, f.latency.fact_of };
        else if (f.bandwidth.unreadable)
                s.missing = (struct obstacle){ f.bandwidth.fact, f.bandwidth.fact_of };
        return s;
}

/* 1 if a is better, -1 if b is, 0 if neither. Unknown (0) is worse than all that is known. */
static int compare(double a, double b, bool smaller_is_better)
{
        if (a == b)
                return 0;
        if (a == 0 || b == 0)
                return a == 0 ? -1 : 1;
        return (a < b) == smaller_is_better ? 1 : -1;
}

static bool is_faster(const struct speed *a, const struct speed *b)
{
        int r = compare(a->latency, b->latency, true);

        if (r == 0)
                r = compare(a->bandwidth, b->bandwidth, false);
        if (r == 0)
                r = compare(a->distance, b->distance, true);
        if (r == 0 && a->last != b->last)
                return a->last;
        return r == 0 ? a->node->size_kib > b->node->size_kib : r > 0;
}

/* A GPU's memory and what a rule ignores are not compared with. */
static bool may_be_baseline(const struct policy *p, const struct node *n)
{
        const struct node_rule *rule = rules_find(p, n);

        return n->has_memory && !n->unsettled && !(rule && rule->ignore);
}

/* Whether it cannot be read now if a node is compared with, or how fast it is. */
static bool is_undecided(const struct policy *p, const struct speed *s, struct obstacle *ret)
{
        const struct node_rule *rule = rules_find(p, s->node);

        if (s->node->may_be_gpu && !(rule && rule->has_ignore))
                *ret = (struct obstacle){ FACTS, s->node };
        else if (rules_are_unreadable(p, s->node))
                *ret = (struct obstacle){ FACT_DEVICES, s->node };
        else if (s->missing.node)
                *ret = s->missing;
        else
                return false;
        return true;
}

/* The node whose row of SLIT cannot be read now, or NULL. */
static const struct node *find_unreadable_row(const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (node_is_unreadable(&m->nodes[i], FACT_DISTANCE))
                        return &m->nodes[i];
        return NULL;
}

static bool is_tie(const struct speed *a, const struct speed *b)
{
        return a->latency == b->latency && a->bandwidth == b->bandwidth;
}

/* Sets ret if what tells two nodes with the same latency and bandwidth apart cannot be read now. */
static void note_undecided_tie(const struct machine *m, const struct speed *a,
                               const struct speed *b, struct obstacle *ret)
{
        const struct node *row = find_unreadable_row(m);

        assert(is_tie(a, b));
        if (row)
                *ret = (struct obstacle){ FACT_DISTANCE, row };
        else if (a->distance != b->distance)
                return;
        else if (node_is_unreadable(a->node, FACT_SIZE))
                *ret = (struct obstacle){ FACT_SIZE, a->node };
        else if (node_is_unreadable(b->node, FACT_SIZE))
                *ret = (struct obstacle){ FACT_SIZE, b->node };
}

/* Compares one more node with the best so far. tie: what is missing to decide between the best. */
static void take_faster(const struct machine *m, const struct speed *s, struct speed *best,
                        struct obstacle *tie)
{
        if (best->node && is_tie(s, best))
                note_undecided_tie(m, s, best, tie);
        if (best->node && !is_faster(s, best))
                return;
        if (!best->node || !is_tie(s, best))
                *tie = (struct obstacle){ 0 };
        *best = *s;
}

/* The fastest; the last baseline, if it cannot be decided now which that is. */
static const struct node *choose_fastest(const struct machine *m, const struct policy *p,
                                         const struct state *last, struct obstacle *undecided)
{
        const struct node *same = NULL;
        struct obstacle missing = { 0 }, tie = { 0 };
        struct speed best = { 0 };

        for (size_t i = 0; i < m->n_nodes; i++) {
                struct speed s;

                if (!may_be_baseline(p, &m->nodes[i]))
                        continue;
                s = find_speed(m, p, &m->nodes[i], last);
                same = s.last ? s.node : same;
                if (!is_undecided(p, &s, &missing))
                        take_faster(m, &s, &best, &tie);
        }
        if (!missing.node)
                missing = tie;
        if (!missing.node)
                return best.node;
        if (!same)
                *undecided = missing;
        return same;
}

static void warn_of_fastest(const struct policy *p, const struct node *n, struct messages *warnings)
{
        if (p->method == METHOD_ADISTANCE)
                messages_add(warnings, "No node has both CPUs and memory: method = adistance has "
                                       "nothing to compare with, and classifies no node by values");
        else if (p->n_tiers > 0) /* else nothing is classified */
                messages_add(warnings,
                             "No node has both CPUs and memory: the baseline is node %u, the "
                             "fastest memory that CPUs reach, as far as is known. To choose "
                             "another: baseline = node:N in [policy]",
                             n->id);
}

bool baseline_is_named(const struct policy *p, const struct node *node)
{
        return !p->baseline_auto && p->baseline == node->id;
}

const struct node *baseline_choose(const struct machine *m, const struct policy *p,
                                   const struct state *last, struct obstacle *undecided,
                                   struct messages *warnings)
{
        const struct node *n;

        *undecided = (struct obstacle){ 0 };
        if (!p->baseline_auto) {
                n = machine_get_node(m, p->baseline);
                if (n && n->has_memory)
                        return n;
                messages_add(warnings,
                             "The baseline of the policy, node %u, is not online or has no "
                             "memory: using baseline = auto",
                             p->baseline);
        }
        n = choose_largest(m, last, undecided);
        if (n || undecided->node)
                return n;
        n = choose_fastest(m, p, last, undecided);
        if (n)
                warn_of_fastest(p, n, warnings);
        return n;
}
