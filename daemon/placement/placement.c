/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/placement.h"

#include <errno.h>
#include <numaif.h>

#include "placement/near.h"

/* The kernel ignores nodes outside the cpuset, and refuses a policy that has no other. */
static int keep_allowed(const struct allowance *allowed, struct messages *errors,
                        struct messages *warnings, struct nodeset *nodes)
{
        char out[NODESET_STRING_MAX], in[NODESET_STRING_MAX];
        struct nodeset left_out = { 0 };

        nodeset_foreach (n, nodes)
                if (!nodeset_has(&allowed->memory, n))
                        nodeset_add(&left_out, n);
        if (nodeset_count(&left_out) == 0)
                return 0;
        nodeset_format(&left_out, out);
        nodeset_format(&allowed->memory, in);
        if (nodeset_equal(&left_out, nodes)) {
                messages_add(errors,
                             "the cpuset of this process does not allow memory of node %s, only of "
                             "node %s",
                             out, in);
                return -EINVAL;
        }
        messages_add(
                warnings,
                "node %s is left out: the cpuset of this process allows memory of node %s only",
                out, in);
        nodeset_foreach (n, &left_out)
                nodeset_remove(nodes, n);
        return 0;
}

static struct nodeset find_cpu_nodes(const struct machine *m, const struct allowance *allowed)
{
        struct nodeset nodes = { 0 };

        nodeset_foreach (n, &m->cpu)
                if (nodeset_has(&allowed->cpus, n))
                        nodeset_add(&nodes, n);
        return nodes;
}

static bool has_local(const struct machine *m, unsigned from, const struct nodeset *cpus,
                      const struct nodeset *nodes)
{
        struct nodeset local = near_get_local(m, from, cpus, nodes);

        return nodeset_count(&local) > 0;
}

/* The node on which it runs, unless some of the memory is near to others only: then the first of
 * those. */
static int make_local(const struct machine *m, const struct allowance *allowed,
                      struct messages *errors, struct placement *p)
{
        struct nodeset cpus = find_cpu_nodes(m, allowed);
        unsigned best = NODE_MAX;

        nodeset_foreach (n, &cpus)
                if (has_local(m, n, &cpus, &p->nodes) && (best == NODE_MAX || n == allowed->node))
                        best = n;
        if (best == NODE_MAX) {
                messages_add(errors, "--local: this process may run on no node that has CPUs");
                return -EINVAL;
        }
        p->is_local = true;
        p->cpus = best;
        p->nodes = near_get_local(m, best, &cpus, &p->nodes);
        return 0;
}

/* MPOL_PREFERRED takes one node: of several the kernel uses the lowest, wherever that is. */
static void keep_nearest(const struct machine *m, unsigned from, struct nodeset *nodes)
{
        unsigned nearest = near_find(m, from, nodes);

        *nodes = (struct nodeset){ 0 };
        nodeset_add(nodes, nearest);
}

int placement_decide(const struct machine *m, const struct nodeset *nodes, const struct mode *mode,
                     bool local, const struct allowance *allowed, struct messages *errors,
                     struct messages *warnings, struct placement *ret)
{
        struct placement p = { .mode = mode, .nodes = *nodes };
        int r;

        r = keep_allowed(allowed, errors, warnings, &p.nodes);
        if (r == 0 && local)
                r = make_local(m, allowed, errors, &p);
        if (r < 0)
                return r;
        if (mode->number == MPOL_PREFERRED)
                keep_nearest(m, p.is_local ? p.cpus : allowed->node, &p.nodes);
        *ret = p;
        return 0;
}
