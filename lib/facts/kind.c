/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/kind.h"

#include "base/util.h"

/* From here on memory is high-bandwidth memory, beside the fastest node with CPUs. hwloc's
 * heuristics (hwloc/topology-linux.c) draw the line there too. */
#define HBM_RATIO 2

static uint32_t read_bandwidth(const struct node *n)
{
        return n->access[ACCESS_CPU].v[READ_BANDWIDTH] ?: n->access[ACCESS_LOCAL].v[READ_BANDWIDTH];
}

static uint32_t best_cpu_bandwidth(const struct machine *m)
{
        uint32_t best = 0;

        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_cpu && read_bandwidth(&m->nodes[i]) > best)
                        best = read_bandwidth(&m->nodes[i]);
        return best;
}

static enum node_kind kind_of_devices(const struct node *n)
{
        static const enum node_kind telling[] = { KIND_GPU, KIND_CXL, KIND_PMEM };

        for (size_t k = 0; k < ELEMENTSOF(telling); k++)
                for (size_t i = 0; i < n->n_devices; i++)
                        if (n->devices[i].kind == telling[k])
                                return telling[k];
        return KIND_UNKNOWN;
}

/* What stands beside CPUs is DRAM, whatever else was added to it. Firmware has no word for HBM: its
 * bandwidth tells. Soft-reserved memory (a dax device of which no more is known) may be anything.
 */
static enum node_kind decide_kind(const struct machine *m, const struct node *n)
{
        uint32_t cpu = best_cpu_bandwidth(m);
        enum node_kind kind = n->has_cpu ? KIND_DRAM : kind_of_devices(n);

        if (kind != KIND_UNKNOWN)
                return kind;
        if (cpu > 0 && read_bandwidth(n) / HBM_RATIO >= cpu)
                return KIND_HBM;
        return n->n_devices == 0 ? KIND_DRAM : KIND_UNKNOWN;
}

void kinds_decide(struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && m->nodes[i].kind == KIND_UNKNOWN &&
                    !m->nodes[i].may_be_gpu)
                        m->nodes[i].kind = decide_kind(m, &m->nodes[i]);
}
