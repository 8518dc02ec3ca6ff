/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/targets.h"

#include <errno.h>

/* A kernel without tiers demotes nothing, or by another rule. */
static bool tiers_are_known(const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && m->nodes[i].present_tier == TIER_UNKNOWN)
                        return false;
        return m->has_tiers;
}

static uint32_t find_slowest(const struct machine *m)
{
        uint32_t slowest = 0;

        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && m->nodes[i].present_tier > slowest)
                        slowest = m->nodes[i].present_tier;
        return slowest;
}

/* The nodes of the next slower tier; none if there is no such tier. */
static struct nodeset find_candidates(const struct machine *m, const struct node *source)
{
        struct nodeset nodes = { 0 };
        uint32_t next = TIER_UNKNOWN;

        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];

                if (!n->has_memory || n->present_tier <= source->present_tier ||
                    n->present_tier > next)
                        continue;
                if (n->present_tier < next)
                        nodes = (struct nodeset){ 0 };
                next = n->present_tier;
                nodeset_add(&nodes, n->id);
        }
        return nodes;
}

struct nodeset targets_find_missing_distances(const struct machine *m)
{
        uint32_t slowest = find_slowest(m);
        struct nodeset missing = { 0 };

        if (!tiers_are_known(m))
                return missing;
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];
                struct nodeset candidates;

                if (!n->has_memory || n->distance || n->present_tier == slowest)
                        continue;
                candidates = find_candidates(m, n);
                if (nodeset_count(&candidates) > 1)
                        nodeset_add(&missing, n->id);
        }
        return missing;
}

/* mm/page_alloc.c:find_next_best_node takes candidates in this order: by distance, and a bit later
 * if the number is lower than the source's or there are CPUs. What remains equal depends on
 * node_load there, which nobody can see: the lower number is taken to be first. */
static unsigned get_rank(const struct machine *m, const struct node *source, size_t i)
{
        const struct node *n = &m->nodes[i];
        unsigned rank = (unsigned)source->distance[i] + (n->id < source->id) + n->has_cpu;

        return rank * NODE_MAX + n->id;
}

static bool distances_are_known(const struct machine *m, const struct node *source,
                                const struct nodeset *candidates)
{
        if (!source->distance)
                return false;
        for (size_t i = 0; i < m->n_nodes; i++)
                if (nodeset_has(candidates, m->nodes[i].id) && source->distance[i] == 0)
                        return false;
        return true;
}

/* Of those candidates that are (or are not) at this distance, the lowest rank, and whose it is. */
static unsigned find_lowest_rank(const struct machine *m, const struct node *source,
                                 const struct nodeset *candidates, unsigned other_than, size_t *ret)
{
        unsigned lowest = UINT32_MAX;

        for (size_t i = 0; i < m->n_nodes; i++) {
                unsigned rank;

                if (!nodeset_has(candidates, m->nodes[i].id) || source->distance[i] == other_than)
                        continue;
                rank = get_rank(m, source, i);
                if (rank >= lowest)
                        continue;
                lowest = rank;
                *ret = i;
        }
        return lowest;
}

/* The kernel takes candidates in their order until one is at another distance than the first. */
static void choose_targets(const struct machine *m, const struct node *source,
                           const struct nodeset *candidates, struct node_targets *ret)
{
        unsigned distance, end;
        size_t first = 0, other = 0;

        ret->known = nodeset_count(candidates) < 2 || distances_are_known(m, source, candidates);
        if (!ret->known)
                return;
        if (nodeset_count(candidates) < 2) {
                ret->nodes = *candidates;
                return;
        }
        (void)find_lowest_rank(m, source, candidates, 0, &first);
        distance = source->distance[first];
        end = find_lowest_rank(m, source, candidates, distance, &other);
        for (size_t i = 0; i < m->n_nodes; i++)
                if (nodeset_has(candidates, m->nodes[i].id) && source->distance[i] == distance &&
                    get_rank(m, source, i) < end)
                        nodeset_add(&ret->nodes, m->nodes[i].id);
}

/* Nodes with CPUs: few of many. */
struct cpu_nodes {
        const struct node **items;
        size_t n;
};

static int list_cpu_nodes(const struct machine *m, struct cpu_nodes *ret)
{
        ret->items = calloc(m->n_nodes ?: 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_cpu)
                        ret->items[ret->n++] = &m->nodes[i];
        return 0;
}

/* Those that are nearest to a node; none if that is not known. */
static struct nodeset find_home(const struct machine *m, const struct cpu_nodes *cpus, size_t node)
{
        struct nodeset home = { 0 };
        unsigned nearest = UINT32_MAX;

        if (m->nodes[node].has_cpu) {
                nodeset_add(&home, m->nodes[node].id);
                return home;
        }
        for (size_t i = 0; i < cpus->n; i++) {
                const struct node *n = cpus->items[i];
                unsigned distance = n->distance ? n->distance[node] : 0;

                if (distance == 0)
                        return (struct nodeset){ 0 };
                if (distance > nearest)
                        continue;
                if (distance < nearest)
                        home = (struct nodeset){ 0 };
                nearest = distance;
                nodeset_add(&home, n->id);
        }
        return home;
}

static struct nodeset intersect(const struct nodeset *a, const struct nodeset *b)
{
        struct nodeset both;

        for (size_t i = 0; i < ELEMENTSOF(both.words); i++)
                both.words[i] = a->words[i] & b->words[i];
        return both;
}

static bool are_apart(const struct nodeset *a, const struct nodeset *b)
{
        struct nodeset both = intersect(a, b);

        return nodeset_count(a) > 0 && nodeset_count(b) > 0 && nodeset_count(&both) == 0;
}

static bool packages_are_apart(const struct machine *m, const struct nodeset *a,
                               const struct nodeset *b)
{
        nodeset_foreach (i, a) {
                const struct node *x = machine_get_node(m, i);

                nodeset_foreach (j, b) {
                        const struct node *y = machine_get_node(m, j);

                        if (!x->has_package || !y->has_package || x->package == y->package)
                                return false;
                }
        }
        return true;
}

static void add_all(struct nodeset *set, const struct nodeset *more)
{
        for (size_t i = 0; i < ELEMENTSOF(set->words); i++)
                set->words[i] |= more->words[i];
}

static void find_across(const struct machine *m, const struct nodeset *homes, size_t source,
                        struct targets *t)
{
        const struct nodeset *home = &homes[source];

        nodeset_foreach (target, &t->nodes[source].nodes) {
                const struct nodeset *other = &homes[machine_get_node(m, target) - m->nodes];

                if (!are_apart(home, other))
                        continue;
                add_all(&t->homes, home);
                add_all(&t->homes, other);
                if (packages_are_apart(m, home, other))
                        nodeset_add(&t->nodes[source].across, target);
        }
}

static void fill_node(const struct machine *m, const struct nodeset *homes, uint32_t slowest,
                      size_t i, struct targets *t)
{
        struct nodeset candidates;

        if (!m->nodes[i].has_memory)
                return;
        t->nodes[i].known = m->nodes[i].present_tier == slowest;
        if (t->nodes[i].known)
                return;
        candidates = find_candidates(m, &m->nodes[i]);
        choose_targets(m, &m->nodes[i], &candidates, &t->nodes[i]);
        find_across(m, homes, i, t);
}

static int fill(const struct machine *m, struct targets *t)
{
        _cleanup_(freep) struct nodeset *homes = calloc(m->n_nodes ?: 1, sizeof(*homes));
        uint32_t slowest = find_slowest(m);
        struct cpu_nodes cpus = { 0 };
        int r;

        r = homes ? list_cpu_nodes(m, &cpus) : -ENOMEM;
        if (r < 0)
                return r;
        for (size_t i = 0; i < m->n_nodes; i++)
                homes[i] = find_home(m, &cpus, i);
        free(cpus.items);
        for (size_t i = 0; i < m->n_nodes; i++)
                fill_node(m, homes, slowest, i, t);
        return 0;
}

int targets_new(const struct machine *m, struct targets **ret)
{
        _cleanup_(targets_freep) struct targets *t = calloc(1, sizeof(*t));
        int r = 0;

        if (!t)
                return -ENOMEM;
        t->n = m->n_nodes;
        t->nodes = calloc(m->n_nodes ?: 1, sizeof(*t->nodes));
        if (!t->nodes)
                return -ENOMEM;
        if (tiers_are_known(m))
                r = fill(m, t);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

struct targets *targets_free(struct targets *t)
{
        if (!t)
                return NULL;
        free(t->nodes);
        free(t);
        return NULL;
}
