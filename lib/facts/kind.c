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
        static const enum node_kind telling[] = { KIND_GPU, KIND_CXL, KIND_PMEM, KIND_SPECIAL };

        for (size_t k = 0; k < ELEMENTSOF(telling); k++)
                for (size_t i = 0; i < n->n_devices; i++)
                        if (n->devices[i].kind == telling[k])
                                return telling[k];
        return KIND_UNKNOWN;
}

/* What stands beside CPUs is DRAM, whatever else was added to it. Firmware has no name for HBM:
 * it is recognized by its bandwidth, and so is special-purpose memory. A dax device of which no
 * more is known may be any kind of memory, and so may a node whose devices are not known. */
static enum node_kind decide_kind(const struct node *n, uint32_t cpu_bandwidth)
{
        enum node_kind kind = n->has_cpu || n->has_offline_cpu ? KIND_DRAM : kind_of_devices(n);

        if (kind != KIND_UNKNOWN && kind != KIND_SPECIAL)
                return kind;
        if (cpu_bandwidth > 0 && read_bandwidth(n) / HBM_RATIO >= cpu_bandwidth)
                return KIND_HBM;
        if (n->n_devices > 0 || node_is_unreadable(n, FACT_DEVICES))
                return kind;
        return KIND_DRAM;
}

void kinds_decide(struct machine *m)
{
        uint32_t cpu_bandwidth = best_cpu_bandwidth(m);

        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && m->nodes[i].kind == KIND_UNKNOWN &&
                    !m->nodes[i].may_be_gpu)
                        m->nodes[i].kind = decide_kind(&m->nodes[i], cpu_bandwidth);
}
