/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "examine.h"

/* Node 1 is twice as slow as node 0, and in node 0's tier. */
#define ONE_TIER          THREAD_GUEST TIER "memory_tier4/nodelist: 0-1\n"
#define OVERRIDE(n, tier) NODE "node" #n "/memtier_override: memory_tier" #tier "\n"

static void test_healthy(void)
{
        examine(LAPTOP, VENDOR);
        assert_healthy();
        examine(SOCKETS, VENDOR);
        assert_healthy();
}

static void test_nothing_can_move_it(void)
{
        examine(ONE_TIER, VENDOR);
        assert_found("nodes-misplaced", WARNING, "as fast as node 0");
        assert_found("nodes-misplaced", WARNING, "It is not moved because this kernel has no way");
        assert(has_evidence("nodes-misplaced", "/sys/devices/system/node/node1",
                            "in memory_tier4; the policy wants memory_tier5"));
        subject.missing_text = "the module is gone";
        subject.missing_name = "not_installed";
        examine_again();
        assert_found("nodes-misplaced", WARNING, "It is not moved because the module is gone.");
        assert(has_evidence("nodes-misplaced", "module memtier_override", "not_installed"));
}

static void test_nobody_moved_it(void)
{
        examine(ONE_TIER OVERRIDE(0, 4) OVERRIDE(1, 4), VENDOR);
        assert_found("nodes-misplaced", WARNING, "systemctl enable --now numatierd");
        subject.service = SERVICE_RUNNING;
        examine_again();
        assert_found("nodes-misplaced", WARNING, "journalctl");
}

static void test_policy_does_not_want_it(void)
{
        examine(ONE_TIER, VENDOR "[apply]\ninterface=none\n");
        assert_found("nodes-misplaced", NOTE, "interface = auto");
}

/* Linux 7.3 numbers tiers by values: the order counts. */
static void test_numbers_only(void)
{
        examine(THREAD_GUEST THREAD_TIERS OVERRIDE(0, 4) OVERRIDE(1, 18), VENDOR);
        assert_found("nodes-misplaced", NOTE, "in the right order");
        /* where nothing can move nodes, any number will do */
        examine(THREAD_GUEST THREAD_TIERS, VENDOR);
        assert_not_found("nodes-misplaced");
        /* node 1 is as fast as node 0, and Linux has it behind */
        examine(THREAD_GUEST THREAD_TIERS, "[tier all]\n");
        assert_found("nodes-misplaced", WARNING, "node 1 for slower than node 0");
}

static void test_in_place(void)
{
        examine(THREAD_GUEST TIER "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1\n",
                VENDOR);
        assert_not_found("nodes-misplaced");
}

/* What "numatier plan" says of a move that might panic the kernel. */
static void test_hazard(void)
{
        examine(THREAD_GUEST THREAD_TIERS OVERRIDE(0, 4) OVERRIDE(1, 18) BALANCING(2),
                "[tier all]\n");
        assert_found("nodes-misplaced", WARNING, "It is not moved for a reason");
}

static void test_no_tiers(void)
{
        examine(THREAD_GUEST, VENDOR);
        assert_not_found("tiers-missing"); /* a recording may lack them */
        snapshot->machine->is_live = true;
        examine_again();
        assert_found("tiers-missing", WARNING, "6.1 or later");
        examine(ONE_TIER, VENDOR);
        snapshot->machine->is_live = true;
        examine_again();
        assert_not_found("tiers-missing");
}

#define UNEQUAL                                                                                    \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0-1\n" NODE                   \
             "node0/distance: 10 21\n" NODE "node1/distance: 21 10\n" MEMINFO(0, 9) MEMINFO(1, 9)

static void test_dram_split(void)
{
        /* both in the 10 % in which Linux believes HMAT, and yet in different tiers */
        examine(UNEQUAL ACCESS1(0, 100, 100) ACCESS1(1, 110, 90) TIER
                "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1\n",
                VENDOR);
        assert_found("dram-split", WARNING, "are in different tiers");
        assert_found("dram-split", WARNING, "The policy has them in one tier");
        /* the policy does it */
        examine(UNEQUAL ACCESS1(0, 100, 100) ACCESS1(1, 200, 100) TIER
                "memory_tier4/nodelist: 0-1\n",
                VENDOR);
        assert_found("dram-split", WARNING, "tier = dram");
        /* by a section, which may be tried before one in a drop-in */
        examine(UNEQUAL ACCESS1(0, 100, 100) ACCESS1(1, 100, 100) TIER
                "memory_tier4/nodelist: 0-1\n",
                VENDOR "[node x]\nnode=1\ntier=cxl\n");
        assert_found("dram-split", WARNING, "see [node x] in");
        assert(!strstr(get_finding("dram-split")->remedy, "tier = "));
        examine(UNEQUAL ACCESS1(0, 100, 100) ACCESS1(1, 110, 90) TIER
                "memory_tier4/nodelist: 0-1\n",
                VENDOR);
        assert_not_found("dram-split");
}

/* Not one line each. */
static void test_many(void)
{
        char *text;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        fputs(NODE "online: 0-20\n" NODE "has_memory: 0-20\n" NODE "has_cpu: 0\n" TIER
                   "memory_tier4/nodelist: 0-20\n" ACCESS1(0, 10, 10) MEMINFO(0, 9),
              f);
        for (unsigned i = 1; i <= 20; i++) {
                fprintf(f, NODE "node%u/meminfo: Node %u MemTotal: 9 kB\n", i, i);
                for (enum perf_value v = 0; v < PERF_VALUES; v++)
                        fprintf(f, NODE "node%u/access1/initiators/%s: %d\n", i, perf_value_name(v),
                                perf_value_is_latency(v) ? 20 : 5);
        }
        assert(fclose(f) == 0);
        examine(text, VENDOR);
        assert_found("nodes-misplaced", WARNING, "Nodes 1-20 are");
        assert(get_finding("nodes-misplaced")->n_evidence == 9);
        assert(has_evidence("nodes-misplaced", "/sys/devices/system/node", "and 12 more"));
        free(text);
}

int main(void)
{
        test_healthy();
        test_many();
        test_nothing_can_move_it();
        test_nobody_moved_it();
        test_policy_does_not_want_it();
        test_numbers_only();
        test_in_place();
        test_hazard();
        test_no_tiers();
        test_dram_split();
        forget();
        return 0;
}
