/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "examine.h"

#define TWO_TIERS THREAD_GUEST THREAD_TIERS
#define DAMON     "sys/module/damon_stat/parameters/enabled: "
#define WEIGHTS(a, b)                                                                              \
        "sys/kernel/mm/mempolicy/weighted_interleave/node0: " #a "\n"                              \
        "sys/kernel/mm/mempolicy/weighted_interleave/node1: " #b "\n"

static void test_damon(void)
{
        examine(TWO_TIERS DAMON "Y\n", VENDOR);
        assert_found("damon-stat", NOTE, "echo N");
        examine(TWO_TIERS DAMON "N\n", VENDOR);
        assert_not_found("damon-stat");
        examine(SOCKETS DAMON "Y\n", VENDOR);
        assert_healthy(); /* it is on everywhere */
}

static void test_interleave(void)
{
        examine(TWO_TIERS WEIGHTS(1, 1), VENDOR);
        assert_found("interleave-default", NOTE, "by-bandwidth");
        assert(has_evidence("interleave-default",
                            "/sys/kernel/mm/mempolicy/weighted_interleave/node1", "1"));
        /* Linux 6.12 has a file for each node that may come */
        examine(TWO_TIERS WEIGHTS(1, 1) "sys/kernel/mm/mempolicy/weighted_interleave/node2: 1\n",
                VENDOR);
        assert_found("interleave-default", NOTE, "");
        assert(!has_evidence("interleave-default",
                             "/sys/kernel/mm/mempolicy/weighted_interleave/node2", ""));
        examine(TWO_TIERS WEIGHTS(21, 10), VENDOR);
        assert_not_found("interleave-default");
        examine(SOCKETS ACCESS1(0, 100, 1000) ACCESS1(1, 100, 990) WEIGHTS(1, 1), VENDOR);
        assert_healthy(); /* they are alike */
}

static void test_differ(void)
{
        examine(TWO_TIERS DEMOTION(true), VENDOR "[apply]\ndemotion=no\n");
        assert_found("settings-differ", WARNING, "1 setting differs");
        assert(has_evidence("settings-differ", "/sys/kernel/mm/numa/demotion_enabled",
                            "true; the policy wants false"));
        subject.service = SERVICE_RUNNING;
        examine_again();
        assert_found("settings-differ", WARNING, "journalctl");
        examine(TWO_TIERS DEMOTION(false), VENDOR "[apply]\ndemotion=no\n");
        assert_not_found("settings-differ");
}

/* demotion = yes is refused where it might freeze the machine. */
static void test_held(void)
{
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(false) NO_SWAP,
                VENDOR "[apply]\ndemotion=yes\n");
        assert_found("settings-held", WARNING, "1 setting of the policy is held back");
        assert(has_evidence("settings-held", "/sys/kernel/mm/numa/demotion_enabled", "refused"));
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(false) SWAP, VENDOR "[apply]\ndemotion=yes\n");
        assert_not_found("settings-held");
}

int main(void)
{
        test_damon();
        test_interleave();
        test_differ();
        test_held();
        forget();
        return 0;
}
