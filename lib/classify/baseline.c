/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/baseline.h"

#include "classify/figures.h"
#include "classify/rules.h"

static bool is_last(const struct node *n, const struct state *last)
{
        return last && state_is_baseline(last, n);
}

/* Whether a has so much more memory than the last baseline b that it takes its place. A size that
 * cannot be read now changes nothing. */
static bool outgrows(const struct node *a, const struct node *b)
{
        if (node_is_unreadable(a, FACT_SIZE) || node_is_unreadable(b, FACT_SIZE))
                return false;
        return (double)a->size_kib >= (double)b->size_kib * (1 + BASELINE_HYSTERESIS);
}

/* The largest of the nodes with CPUs and memory; the last baseline, unless that outgrows it. */
static const struct node *choose_largest(const struct machine *m, const struct state *last)
{
        const struct node *largest = NULL, *same = NULL;

        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];

                if (!n->has_cpu || !n->has_memory)
                        continue;
                if (is_last(n, last))
                        same = n;
                if (!largest || n->size_kib > largest->size_kib)
                        largest = n;
        }
        return same && !outgrows(largest, same) ? same : largest;
}

/* What the fastest memory is chosen by. */
struct speed {
        const struct node *node;
        double latency, bandwidth; /* 0: unknown */
        unsigned distance;         /* of SLIT; 0: unknown */
        bool last;                 /* it was the baseline in the last pass */
};

static struct speed find_speed(const struct machine *m, const struct policy *p,
                               const struct node *n, const struct state *last)
{
        struct figures f;

        figures_resolve(m, p, rules_find(p, n), n, NULL, NULL, &f);
        return (struct speed){ n, f.latency.value, f.bandwidth.value, slit_nearest(m, n),
                               is_last(n, last) };
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

/* Whether the speeds of two nodes cannot be compared now. */
static bool is_undecided(const struct machine *m)
{
        static const enum fact facts[] = { FACT_DISTANCE, FACT_ACCESS, FACT_MEASURED,
                                           FACT_DEVICES };

        for (size_t i = 0; i < m->n_nodes; i++)
                for (size_t f = 0; f < ELEMENTSOF(facts); f++)
                        if (node_is_unreadable(&m->nodes[i], facts[f]))
                                return true;
        return false;
}

/* A GPU's memory and what a rule ignores are not compared with. */
static bool may_be_baseline(const struct policy *p, const struct node *n)
{
        const struct node_rule *rule = rules_find(p, n);

        return n->has_memory && !n->unsettled && !n->may_be_gpu && !(rule && rule->ignore);
}

static const struct node *choose_fastest(const struct machine *m, const struct policy *p,
                                         const struct state *last)
{
        struct speed best = { 0 };

        for (size_t i = 0; i < m->n_nodes; i++) {
                struct speed s;

                if (!may_be_baseline(p, &m->nodes[i]))
                        continue;
                s = find_speed(m, p, &m->nodes[i], last);
                if (s.last && is_undecided(m))
                        return s.node;
                if (!best.node || is_faster(&s, &best))
                        best = s;
        }
        return best.node;
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

const struct node *baseline_choose(const struct machine *m, const struct policy *p,
                                   const struct state *last, struct messages *warnings)
{
        const struct node *n;

        if (!p->baseline_auto) {
                n = machine_get_node(m, p->baseline);
                if (n && n->has_memory)
                        return n;
                messages_add(warnings,
                             "The baseline of the policy, node %u, is not online or has no "
                             "memory: using baseline = auto",
                             p->baseline);
        }
        if (last && last->policy != p->hash)
                last = NULL;
        n = choose_largest(m, last);
        if (n)
                return n;
        n = choose_fastest(m, p, last);
        if (n)
                warn_of_fastest(p, n, warnings);
        return n;
}
