/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/counts.h"

#include "testing.h"

static void test_find(void)
{
        uint64_t v = 0;

        assert(meminfo_find("Node 0 Inactive(file): 3 kB\nNode 0 Active(file): 20 kB\n",
                            "Active(file)", &v) == 0 &&
               v == 20);
        assert(meminfo_find("MemTotal: 1 kB\nSwapFree:  6 kB\n", "SwapFree", &v) == 0 && v == 6);
        assert(meminfo_find("Node 0 XMemFree: 3 kB\nNode 0 MemFree: 5 kB\n", "MemFree", &v) == 0);
        assert(v == 5);
        v = 20;
        assert(meminfo_find("Node 0 MemFreeX: 3 kB\n", "MemFree", &v) == -ENOENT);
        assert(meminfo_find("Node 0 MemFree: kB\n", "MemFree", &v) == -ENOENT && v == 20);
}

/* As 6.12 has them (drivers/base/node.c), node 2 without vmstat, node 3 gone. */
static const char machine[] =
        NODE "node0/meminfo:\n"
             "  Node 0 MemTotal:         507368 kB\n"
             "  Node 0 MemFree:           98132 kB\n"
             "  Node 0 Active(anon):         12 kB\n"
             "  Node 0 FilePages:          2000 kB\n"
             "  Node 0 AnonPages:          3000 kB\n"
             "  Node 0 Shmem:                 4 kB\n"
             "  Node 0 Slab:                 50 kB\n" NODE "node0/vmstat:\n"
             "  nr_free_pages 24533\n"
             "  pgpromote_success 7\n"
             "  pgpromote_candidate 9\n"
             "  pgdemote_kswapd 100\n"
             "  pgdemote_direct 20\n"
             "  pgdemote_khugepaged 3\n" NODE "node2/meminfo: Node 2 MemTotal: 8 kB\n" NODE
             "node4/meminfo ! EIO\n"
             "proc/vmstat:\n  pgdemote_kswapd 200\n  pgdemote_direct 40\n";

static void test_read(void)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_from(machine);
        _cleanup_(counts_freep) struct counts *c = NULL;
        struct messages problems = MESSAGES_INIT;
        const struct count *n;
        struct nodeset nodes;

        assert(nodeset_parse("0,2-4", &nodes) == 0);
        assert(counts_read(root, &nodes, &problems, &c) == 0 && c->n_nodes == 3);
        n = counts_get_node(c, 0)->counts;
        assert(n[COUNT_SIZE].known && n[COUNT_SIZE].value == 507368);
        assert(n[COUNT_FREE].value == 98132 && n[COUNT_ANON].value == 3000);
        assert(n[COUNT_FILE].value == 2000 && n[COUNT_SHMEM].value == 4);
        assert(n[COUNT_SLAB].value == 50 && n[COUNT_PROMOTED].value == 7);
        assert(n[COUNT_PROMOTE_CANDIDATES].value == 9 && !n[COUNT_DEMOTED_PROACTIVE].known);
        assert(counts_get_demoted(n).known && counts_get_demoted(n).value == 123);
        assert(!counts_get_demoted(counts_get_node(c, 2)->counts).known);
        assert(counts_get_demoted(c->machine).value == 240 && !c->machine[COUNT_SIZE].known);
        /* unreadable is not absent: the node has its row, and is reported */
        assert(!counts_get_node(c, 3) && !counts_get_node(c, 4)->counts[COUNT_SIZE].known);
        assert(problems.n == 1 && messages_have(&problems, "node4/meminfo"));
        messages_done(&problems);
}

int main(void)
{
        test_find();
        test_read();
        return 0;
}
