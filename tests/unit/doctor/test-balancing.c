/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "examine.h"

#define OVERRIDE(n, tier) NODE "node" #n "/memtier_override: memory_tier" #tier "\n"
#define TWO_TIERS         THREAD_GUEST THREAD_TIERS
/* Two sockets, and a slow node. */
#define THREE                                                                                      \
        NODE "online: 0-2\n" NODE "has_memory: 0-2\n" NODE "has_cpu: 0-1\n" NODE                   \
             "node0/distance: 10 21 24\n" NODE "node1/distance: 21 10 34\n" MEMINFO(0, 9)          \
                     MEMINFO(1, 9) MEMINFO(2, 9) TIER "memory_tier4/nodelist: 0-1\n" TIER          \
                                                      "memory_tier5/nodelist: 2\n"

static void test_off(void)
{
        examine(TWO_TIERS OVERRIDE(0, 4) OVERRIDE(1, 18) BALANCING(0) DEMOTION(false),
                VENDOR "[apply]\ninterface=none\n");
        assert_found("balancing-off", WARNING, "only if there is more than one node");
        /* once it is on, some nodes cannot be moved any more */
        assert(snapshot->plan->n_unmet == 1);
        assert_found("balancing-off", WARNING, "It moves the nodes first");
        assert(!strstr(get_finding("balancing-off")->remedy, "sysctl"));
        examine(TWO_TIERS BALANCING(0) DEMOTION(false), VENDOR);
        assert_found("balancing-off", WARNING, "sysctl -w kernel.numa_balancing=2");
        examine(TWO_TIERS BALANCING(1) DEMOTION(false), VENDOR);
        assert_not_found("balancing-off");
        examine(TWO_TIERS BALANCING(0) DEMOTION(false), VENDOR "[apply]\nnuma-balancing=off\n");
        assert_not_found("balancing-off");
        examine(LAPTOP, VENDOR);
        assert_not_found("balancing-off");
}

/* On several sockets somebody switched it off: demotion alone makes that a mistake. */
static void test_off_on_sockets(void)
{
        examine(THREE BALANCING(0) DEMOTION(false), VENDOR);
        assert_not_found("balancing-off");
        examine(THREE BALANCING(0) DEMOTION(true), VENDOR);
        assert_found("balancing-off", WARNING, "what was demoted stays there");
        assert(!strstr(get_finding("balancing-off")->consequence, "more than one node"));
        assert(snapshot->plan->n_unmet == 0);
        assert_found("balancing-off", WARNING, "sysctl -w kernel.numa_balancing=2");
        examine(TWO_TIERS BALANCING(0)
                        DEMOTION(false) "proc/cmdline: ro quiet numa_balancing=disable\n",
                VENDOR);
        assert_not_found("balancing-off");
}

static void test_useless(void)
{
        examine(SOCKETS, VENDOR);
        assert_not_found("tiering-useless");
        snapshot->machine->numa_balancing.value = 2;
        examine_again();
        assert_found("tiering-useless", WARNING, "what normal mode does");
        snapshot->machine->numa_balancing.value = 3;
        examine_again();
        assert_found("tiering-useless", NOTE, "");
        examine(TWO_TIERS BALANCING(2), VENDOR);
        assert_not_found("tiering-useless");
}

int main(void)
{
        test_off();
        test_off_on_sockets();
        test_useless();
        forget();
        return 0;
}
