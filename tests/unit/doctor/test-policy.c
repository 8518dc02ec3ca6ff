/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "examine.h"

#define OWN "/etc/numatier/numatierd.conf"

static void test_invalid(void)
{
        struct messages errors = MESSAGES_INIT;

        /* as the program does: the snapshot is that of a policy that wants nothing */
        examine(THREAD_GUEST TIER "memory_tier4/nodelist: 0-1\n", VENDOR);
        assert_not_found("policy-invalid");
        messages_add(&errors, OWN ":3: tier.x: expected y");
        messages_add(&errors, "no policy: expected one");
        subject.policy_errors = &errors;
        examine_again();
        assert_found("policy-invalid", ERROR, "The policy is refused");
        assert(has_evidence("policy-invalid", OWN ":3", "tier.x: expected y"));
        assert(has_evidence("policy-invalid", "the policy", "no policy: expected one"));
        subject.policy_is_missing = true;
        examine_again();
        assert_found("policy-invalid", ERROR, "There is no policy");
        messages_done(&errors);
}

static void test_tier_unused(void)
{
        examine(SOCKETS, VENDOR);
        assert_not_found("policy-tier-unused"); /* the vendor's is for all machines */
        examine_policy(SOCKETS ACCESS1(0, 10, 10) ACCESS1(1, 10, 10), OWN,
                       "[tier dram]\nmax-latency=1.5x\n[tier cxl]\nmax-latency=5x\n[tier far]\n");
        assert_found("policy-tier-unused", NOTE, "");
        assert(has_evidence("policy-tier-unused", OWN ":3", "[tier cxl]"));
        assert(!has_evidence("policy-tier-unused", OWN ":5", "")); /* it takes the rest */
        examine_policy(SOCKETS, OWN, "[tier all]\n");
        assert_not_found("policy-tier-unused");
}

#define LAPTOP_WITH_OFFLINE                                                                        \
        KERNEL("6.12.95")                                                                          \
        NODE "online: 0\n" NODE "possible: 0\n" NODE "has_memory: 0\n" NODE "has_cpu: 0\n" NODE    \
             "has_generic_initiator:\n" NODE "node0/distance: 10\n" MEMINFO(0, 16777216) TIER      \
                "memory_tier4/nodelist: 0\n" BLOCKS(                                               \
                        "  0-127 node 0 online kernel\n  200 node 1 offline of PNP0C80:00\n")
#define SECTION(key) "[tier all]\n[node expander]\n" key "\nignore=yes\n"

static void test_node_unmatched(void)
{
        examine_policy(SOCKETS, OWN, SECTION("cxl-serial=0x1234"));
        assert_found("policy-node-unmatched", WARNING, "[node expander]");
        assert(has_evidence("policy-node-unmatched", OWN ":2", "[node expander]"));
        examine_policy(SOCKETS, OWN, SECTION("node=1"));
        assert_not_found("policy-node-unmatched");
        examine_policy(LAPTOP_WITH_OFFLINE, OWN,
                       "[tier all]\n[node expander]\nfirmware-node=PNP0C80:00\nonline=no\n");
        assert_not_found("policy-node-unmatched"); /* it has no node with memory */
        examine_policy(SOCKETS, OWN,
                       "[tier all]\n[node expander]\nfirmware-node=PNP0C80:00\nonline=no\n");
        assert_found("policy-node-unmatched", WARNING, "[node expander]");
        /* of a kind that this machine need not have */
        examine_policy(SOCKETS, OWN, SECTION("kind=gpu"));
        assert_found("policy-node-unmatched", NOTE, "");
        /* what it means may be offline */
        examine_policy(SOCKETS, OWN, SECTION("cxl-serial=0x1234"));
        nodeset_add(&subject.drained, 2);
        examine_again();
        assert_found("policy-node-unmatched", NOTE, "");
}

#define DAX "sys/bus/dax/devices/"

/* What is memory already is no absent memory, on 7.3 either, nor is the device of no size that each
 * region has. */
static void test_node_unmatched_dax(void)
{
        examine_policy(SOCKETS DAX "dax0.0/driver -> ../../../../bus/dax/drivers/kmem\n" DAX
                                   "dax0.0/size: 1073741824\n" DAX "dax0.0/state: online\n" DAX
                                   "dax0.1/size: 0\n",
                       OWN, SECTION("cxl-serial=0x1234"));
        assert(health->n_dax == 2);
        assert_found("policy-node-unmatched", WARNING, "[node expander]");
        examine_policy(SOCKETS DAX "dax0.0/driver -> ../../../../bus/dax/drivers/kmem\n" DAX
                                   "dax0.0/size: 1073741824\n" DAX "dax0.0/state: unplugged\n",
                       OWN, SECTION("cxl-serial=0x1234"));
        assert_found("policy-node-unmatched", NOTE, "");
}

static void test_unsupported(void)
{
        examine(LAPTOP, VENDOR "[apply]\nnuma-balancing=tiering\npromotion-rate-limit=100MiB/s\n");
        assert_found("policy-unsupported", WARNING, "no effect");
        assert(has_evidence("policy-unsupported",
                            "/proc/sys/kernel/numa_balancing_promote_rate_limit_MBps",
                            "promotion-rate-limit"));
        assert(!has_evidence("policy-unsupported", "/proc/sys/kernel/numa_balancing", ""));
        examine(LAPTOP, VENDOR "[apply]\nnuma-balancing=tiering\n");
        assert_not_found("policy-unsupported");
}

static void test_baseline(void)
{
        examine(SOCKETS, "[policy]\nbaseline=node:7\n" VENDOR);
        assert_found("policy-baseline", WARNING, "node 7, is not online");
        examine(SOCKETS, "[policy]\nbaseline=node:1\n" VENDOR);
        assert_not_found("policy-baseline");
}

#define LONE                                                                                       \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)            \
                MEMINFO(1, 9) NODE "node0/distance: 10 20\n" ACCESS1(1, 250, 100) TIER             \
                "memory_tier4/nodelist: 0-1\n"

static void test_values_alone(void)
{
        examine(LONE, VENDOR);
        assert_found("values-alone", WARNING, "numatier measure 0");
        examine(LONE ACCESS1(0, 100, 300), VENDOR);
        assert_not_found("values-alone");
}

static void test_service(void)
{
        examine(SOCKETS, VENDOR);
        assert_not_found("service-down");
        subject.service = SERVICE_STOPPED;
        examine_again();
        assert_not_found("service-down");
        subject.service = SERVICE_DOWN;
        examine_again();
        assert_found("service-down", WARNING, "systemctl start numatierd");
}

static void test_state(void)
{
        struct messages damage = MESSAGES_INIT;

        examine(SOCKETS, VENDOR);
        subject.state_problems = &damage;
        examine_again();
        assert_not_found("state-damaged");
        messages_add(&damage, "/run/numatier/undo:7: expected original PATH VALUE");
        examine_again();
        assert_found("state-damaged", WARNING, "numatier restore");
        messages_done(&damage);
}

/* Two remedies are two files: a section may stand only once in a file. */
static void test_files(void)
{
        examine(THREAD_GUEST THREAD_TIERS LRU_GEN(0) DEMOTION(false) BALANCING(0), VENDOR);
        assert_found("demotion-off", WARNING, "numatierd.conf.d/demotion-off.conf");
        assert_found("demotion-off", WARNING, "make its directory"); /* no package has it */
        assert_found("balancing-off", WARNING, "numatierd.conf.d/balancing-off.conf");
}

/* The gravest first, whatever the order of the checks. */
static void test_order(void)
{
        examine_policy(THREAD_GUEST THREAD_TIERS KERNEL("6.12.95")
                               DEMOTION(true) "sys/kernel/mm/lru_gen/enabled: 0x0007\n"
                                              "sys/kernel/mm/lru_gen/min_ttl_ms: 0\n" NO_SWAP,
                       OWN, SECTION("cxl-serial=0x1234"));
        assert(found.n_findings >= 3);
        for (size_t i = 1; i < found.n_findings; i++)
                assert(found.findings[i - 1].severity <= found.findings[i].severity);
        assert(found.findings[0].severity == SEVERITY_ERROR);
        for (size_t i = 0; doctor_get_check(i); i++)
                assert(i < found.checks);
}

int main(void)
{
        test_invalid();
        test_tier_unused();
        test_node_unmatched();
        test_node_unmatched_dax();
        test_unsupported();
        test_baseline();
        test_values_alone();
        test_service();
        test_state();
        test_files();
        test_order();
        forget();
        return 0;
}
