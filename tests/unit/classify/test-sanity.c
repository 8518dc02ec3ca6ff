/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/assign.h"
#include "classify/sanity.h"
#include "state/recall.h"
#include "testing.h"

/* What firmware and kernel say of memory and cannot be true: reported with its values, until
 * corrected. */

/* The bugs of one machine under one policy. */
static struct messages bugs;

static void check(const char *machine, const char *policy_text)
{
        struct sysroot *root = root_from(machine);
        struct policy *p = policy_from(policy_text);
        struct messages other = MESSAGES_INIT;
        struct assignment *a;
        struct machine *m;

        messages_done(&bugs);
        assert(machine_read(root, TIERS_KNOWN_ONLY, NULL, NULL, &other, &m) == 0);
        assert(assignment_new(m, p, NULL, &other, &a) == 0);
        for (size_t i = 0; i < other.n; i++)
                assert(strstr(other.items[i], "SLIT alone"));
        messages_done(&other);
        sanity_check(a, &bugs);
        assignment_free(a);
        machine_free(m);
        policy_unref(p);
        sysroot_free(root);
}

static void assert_bug(const char *want)
{
        assert(bugs.n == 1);
        assert_streq(bugs.items[0], want);
}

#define TIERS         "[tier t]\nmax-latency=1ms\n[tier rest]\n"
#define RULE(figures) TIERS "[node n]\nnode=1\n" figures "\n"

#define NODES                                                                                      \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)            \
                MEMINFO(1, 9) NODE "node0/distance: 10 20\n" NODE                                  \
                                   "node1/memory40 -> ../../memory/memory40\n"                     \
                                   "sys/devices/system/memory/block_size_bytes: 8000000\n"
#define MEASURED(figures) "var/lib/numatier/measured: node1@140000000 " figures "\n"
#define MEASURED_ALL      MEASURED("read_latency=1 write_latency=1 read_bandwidth=1 write_bandwidth=1")

/* Each of the four, of class 1. */
#define FIGURE(node, name, value) NODE "node" #node "/access1/initiators/" name ": " #value "\n"
#define FIGURES(node, rl, wl, rb, wb)                                                              \
        FIGURE(node, "read_latency", rl)                                                           \
        FIGURE(node, "write_latency", wl)                                                          \
        FIGURE(node, "read_bandwidth", rb) FIGURE(node, "write_bandwidth", wb)

/* Node 1 is CXL memory. */
#define DAX      "sys/bus/dax/devices/dax0.0"
#define REGION   "sys/bus/cxl/devices/region0/"
#define CXL_PATH "../../../devices/platform/ACPI0017:00/root0/decoder0.0/region0/dax_region0/dax0.0"
#define CXL                                                                                        \
        DAX " -> " CXL_PATH "\n" DAX "/driver -> ../../../../bus/dax/drivers/kmem\n" DAX           \
            "/target_node: 1\n"
/* The same with a serial number, and with what its region says of it. */
#define CXL_REGION(latency, bandwidth)                                                             \
        CXL REGION "commit: 1\n" REGION "interleave_ways: 1\n" REGION                              \
                   "target0: decoder3.0\n" REGION "access1/read_latency: " #latency "\n" REGION    \
                   "access1/write_latency: " #latency "\n" REGION                                  \
                   "access1/read_bandwidth: " #bandwidth "\n" REGION                               \
                   "access1/write_bandwidth: " #bandwidth "\n"                                     \
                   "sys/bus/cxl/devices/decoder3.0 -> endpoint3/decoder3.0\n"                      \
                   "sys/bus/cxl/devices/endpoint3/uport -> 0000:0d:00.0/mem0\n"                    \
                   "sys/bus/cxl/devices/mem0/serial: 0x1234\n"
#define MEASURED_CXL "var/lib/numatier/measured: cxl:0x1234 read_latency=300 write_latency=300\n"

#define OLD_KERNEL "proc/sys/kernel/osrelease: 6.12.95\n"
#define NEW_KERNEL "proc/sys/kernel/osrelease: 7.3.0\n"

static void test_nothing_wrong(void)
{
        check(THREAD_GUEST, TIERS);
        assert(bugs.n == 0);
        check(NODES, TIERS);
        assert(bugs.n == 0);
        check(NODES CXL_REGION(250, 30000), TIERS);
        assert(bugs.n == 0);
        check(NODE "online: 0\n" NODE "has_memory:\n" NODE "has_cpu: 0\n" MEMINFO(0, 0), TIERS);
        assert(bugs.n == 0);
}

/* CXL memory does not answer sooner than DRAM. */
static void test_fast_cxl(void)
{
        static const char machine[] = NODES CXL ACCESS1(0, 100, 1000) ACCESS1(1, 99, 1000);

        check(machine, TIERS);
        assert_bug(
                "Firmware bug: HMAT or CDAT has CXL memory (node 1, 99 ns) faster than the DRAM of "
                "node 0 (100 ns). To correct it: numatier measure 1, or a [node NAME] section "
                "with node = 1 and latency = ...");
        check(NODES CXL ACCESS1(0, 100, 1000) ACCESS1(1, 100, 1000), TIERS);
        assert(bugs.n == 0); /* no slower is not faster */
        check(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 99, 1000), TIERS);
        assert(bugs.n == 0); /* no CXL */
        check(NODES CXL ACCESS1(0, 100, 1000) FIGURES(1, 99, 100, 1000, 1000), TIERS);
        assert(bugs.n == 0); /* the worse counts */
        check(machine, RULE("latency=99ns"));
        assert(bugs.n == 0);
        check(machine, RULE("ignore=yes"));
        assert(bugs.n == 0);
        check(NODES CXL ACCESS1(0, 100, 1000) ACCESS1(1, 99, 1000) MEASURED_ALL, TIERS);
        assert(bugs.n == 0);
        check(machine, TIERS "[node dram]\nnode=0\nlatency=100ns\n");
        assert(bugs.n == 0); /* who gives the DRAM's latency answers for the comparison */
}

static void test_fast_cdat(void)
{
        check(NODES CXL_REGION(90, 30000) ACCESS1(0, 100, 30000), TIERS);
        assert_bug("Firmware bug: CDAT has CXL memory (node 1, 90 ns) faster than the DRAM of "
                   "node 0 (100 ns). To correct it: numatier measure 1, or a [node NAME] section "
                   "with cxl-serial = 0x1234 and latency = ...");
        check(NODES CXL_REGION(90, 30000) ACCESS1(0, 100, 30000) MEASURED_CXL, TIERS);
        assert(bugs.n == 0);
        check(NODES CXL_REGION(90, 30000) ACCESS1(0, 100, 30000),
              TIERS "[node n]\ncxl-serial=0x1234\nlatency=300ns\n");
        assert(bugs.n == 0);
        check(NODES CXL_REGION(90, 30000), TIERS);
        assert(bugs.n == 0); /* faster than an unknown value */
}

/* SLIT is no table of latencies: what follows from it contradicts nothing. */
static void test_slit(void)
{
        check(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)
                      MEMINFO(1, 9) NODE "node0/distance: 20 10\n" CXL ACCESS1(0, 100, 1000),
              TIERS);
        assert(bugs.n == 0);
}

/* Ten times the latency at the full bandwidth, or the other way round. */
static void test_disagreement(void)
{
        static const char machine[] = NODES ACCESS1(0, 100, 1000) ACCESS1(1, 1000, 1000);

        check(machine, TIERS);
        assert_bug("Firmware bug: HMAT contradicts itself about node 1: its latency is 10x that of "
                   "node 0, its bandwidth 1x. To correct it: numatier measure 1, or a [node NAME] "
                   "section with node = 1, latency = ... and bandwidth = ...");
        check(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 999, 1000), TIERS);
        assert(bugs.n == 0);
        check(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 100, 100), TIERS);
        assert(bugs.n == 1 && messages_have(&bugs, "its latency is 1x that of node 0, its "
                                                   "bandwidth 0.1x."));
        check(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 100, 101), TIERS);
        assert(bugs.n == 0);
        check(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 2000, 500), TIERS);
        assert(bugs.n == 1 && messages_have(&bugs, "20x that of node 0, its bandwidth 0.5x."));
        check(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 2000, 90), TIERS);
        assert(bugs.n == 0); /* far away, and it adds up */
        /* either value given in the policy, or both measured */
        check(machine, RULE("latency=1us"));
        assert(bugs.n == 0);
        check(machine, RULE("bandwidth=1000MiB/s"));
        assert(bugs.n == 0);
        check(machine, TIERS "[node dram]\nnode=0\nlatency=50ns\n"); /* no table says so */
        assert(bugs.n == 0);
        check(machine, RULE("tier=rest"));
        assert(bugs.n == 1);
        check(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 1000, 1000) MEASURED_ALL, TIERS);
        assert(bugs.n == 0);
}

#define ZEROS(what)                                                                                \
        "Firmware bug: HMAT describes node 1 and gives no " what ". To correct it: numatier "      \
        "measure 1, or a [node NAME] section with node = 1, latency = ... and bandwidth = ..."

/* Linux uses 0 like any other value. A table of zeros is no data. */
static void test_zeros(void)
{
        check(NODES ACCESS1(1, 0, 0), TIERS);
        assert(bugs.n == 0);
        check(NODES FIGURE(1, "read_latency", 0), TIERS);
        assert(bugs.n == 0);
        check(NODES ACCESS1(0, 0, 0) ACCESS1(1, 0, 0), TIERS);
        assert(bugs.n == 0);
        check(NODES ACCESS1(0, 0, 0) ACCESS1(1, 100, 1000), TIERS);
        assert(bugs.n == 0);
        check(NODES FIGURES(1, 100, 100, 0, 0), TIERS);
        assert_bug(ZEROS("read_bandwidth, write_bandwidth"));
        check(NODES FIGURES(1, 0, 0, 0, 5), TIERS);
        assert_bug(ZEROS("read_latency, write_latency, read_bandwidth"));
        check(NODES FIGURES(1, 1, 1, 1, 1), TIERS);
        assert(bugs.n == 0);
        check(NODES FIGURES(0, 0, 0, 0, 5), TIERS);
        assert(bugs.n == 1 && messages_have(&bugs, "HMAT describes node 0 and"));
        /* class 0 has what class 1 lacks */
        check(NODES FIGURES(1, 0, 1, 1, 1) NODE "node1/access0/initiators/read_latency: 3\n",
              TIERS);
        assert(bugs.n == 0);
}

static void test_zeros_corrected(void)
{
        check(NODES FIGURES(1, 0, 0, 0, 5), RULE("latency=100ns"));
        assert_bug(ZEROS("read_bandwidth"));
        check(NODES FIGURES(1, 0, 0, 0, 5), RULE("latency=100ns\nbandwidth=9GiB/s"));
        assert(bugs.n == 0);
        check(NODES FIGURES(1, 0, 0, 0, 5), RULE("ignore=yes"));
        assert(bugs.n == 0);
        check(NODES FIGURES(1, 0, 0, 0, 5) MEASURED_ALL, TIERS);
        assert(bugs.n == 0);
        check(NODES FIGURES(1, 0, 0, 0, 5) MEASURED("read_bandwidth=1 write_bandwidth=1"), TIERS);
        assert_bug(ZEROS("read_latency, write_latency"));
        /* CDAT has it, and HMAT is wrong all the same: Linux uses it */
        check(NODES CXL_REGION(250, 30000) FIGURES(1, 0, 0, 0, 5), TIERS);
        assert(bugs.n == 1 && messages_have(&bugs, "cxl-serial = 0x1234"));
}

/* One line a cause, whatever the number of nodes. */
static void test_one_line_for_several_nodes(void)
{
        static const char nodes[] =
                NODE "online: 0-4\n" NODE "has_memory: 0-4\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)
                        MEMINFO(1, 9) MEMINFO(2, 9) MEMINFO(3, 9) MEMINFO(4, 9);
        char machine[8192];

        snprintf(machine, sizeof(machine), "%s%s", nodes,
                 FIGURES(1, 9, 9, 0, 0) FIGURES(2, 8, 8, 0, 0) FIGURES(3, 7, 7, 0, 0)
                         FIGURES(4, 0, 9, 0, 0));
        check(machine, TIERS);
        assert(bugs.n == 2);
        assert_streq(bugs.items[0],
                     "Firmware bug: HMAT describes nodes 1-3 and gives no read_bandwidth, "
                     "write_bandwidth. To correct it: numatier measure 1, or a [node NAME] section "
                     "with node = 1, latency = ... and bandwidth = ..., and so for each node");
        assert(strstr(bugs.items[1], "describes node 4 and gives no read_latency"));
        snprintf(machine, sizeof(machine), "%s%s", nodes,
                 ACCESS1(0, 100, 1000) ACCESS1(1, 1000, 1000) ACCESS1(2, 2000, 1000));
        check(machine, TIERS);
        assert(bugs.n == 1);
        assert(startswith(bugs.items[0], "Firmware bug: HMAT contradicts itself about nodes 1-2: "
                                         "the latency of node 1 is 10x that of node 0, its "
                                         "bandwidth 1x."));
}

#define PICOSECONDS(figure, value)                                                                 \
        "Kernel bug: the " figure " of node 1, " value ", is not used: kernels before 7 add the "  \
        "picoseconds of a CXL link to nanoseconds. To correct it: numatier measure 1, or a [node " \
        "NAME] section with cxl-serial = 0x1234 and latency = ..."

static void test_picoseconds(void)
{
        check(NODES OLD_KERNEL CXL_REGION(4250, 30000), TIERS);
        assert_bug(PICOSECONDS("read_latency", "4250 ns"));
        check(NODES OLD_KERNEL CXL_REGION(1000, 30000), TIERS);
        assert_bug(PICOSECONDS("read_latency", "1000 ns"));
        check(NODES OLD_KERNEL CXL_REGION(999, 30000), TIERS);
        assert(bugs.n == 0);
        check(NODES NEW_KERNEL CXL_REGION(4250, 30000), TIERS);
        assert(bugs.n == 0);
        check(NODES CXL_REGION(4250, 30000), TIERS); /* no kernel is known: none is accused */
        assert(bugs.n == 0);
        check(NODES OLD_KERNEL FIGURES(1, 20, 4250, 1, 1), TIERS); /* no CXL */
        assert(bugs.n == 0);
        check(NODES OLD_KERNEL CXL FIGURES(1, 20, 4250, 1, 1), TIERS);
        assert(bugs.n == 1 && messages_have(&bugs, "the write_latency of node 1, 4250 ns"));
}

static void test_picoseconds_corrected(void)
{
        static const char machine[] = NODES OLD_KERNEL CXL_REGION(4250, 30000);

        check(machine, TIERS "[node n]\ncxl-serial=0x1234\nlatency=300ns\n");
        assert(bugs.n == 0);
        check(machine, TIERS "[node n]\ncxl-serial=0x1234\nread-latency=300ns\n");
        assert_bug(PICOSECONDS("write_latency", "4250 ns")); /* one of two */
        check(machine, RULE("ignore=yes"));
        assert(bugs.n == 0);
        check(NODES OLD_KERNEL CXL_REGION(4250, 30000) MEASURED_CXL, TIERS);
        assert(bugs.n == 0);
}

#define SOCKETS                                                                                    \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0-1\n" MEMINFO(0, 9)          \
                MEMINFO(1, 9) NODE "node1/memory40 -> ../../memory/memory40\n"                     \
                                   "sys/devices/system/memory/block_size_bytes: 8000000\n"

/* Two sockets' DRAM further apart than mm/memory-tiers.c lets it be. */
static void test_unequal_dram(void)
{
        static const char machine[] = SOCKETS ACCESS1(0, 100, 1000) ACCESS1(1, 111, 1000);

        check(machine, TIERS);
        assert_bug("HMAT has the DRAM of node 0 and of node 1 differ by more than 10% "
                   "(read_latency 100 and 111): from 6.12 on Linux then places no node by HMAT. If "
                   "it is not so: a [node NAME] section with node = 1 and latency = 100ns");
        check(SOCKETS ACCESS1(0, 100, 1000) ACCESS1(1, 110, 1000), TIERS);
        assert(bugs.n == 0);
        check(SOCKETS ACCESS1(0, 100, 1000) ACCESS1(1, 90, 1100), TIERS);
        assert(bugs.n == 0);
        check(SOCKETS ACCESS1(0, 100, 1000) ACCESS1(1, 89, 1000), TIERS);
        assert(bugs.n == 1 && messages_have(&bugs, "(read_latency 100 and 89)"));
        check(SOCKETS ACCESS1(0, 100, 1000) FIGURES(1, 100, 100, 1000, 899), TIERS);
        assert(bugs.n == 1 && messages_have(&bugs, "(write_bandwidth 1000 and 899)"));
        assert(messages_have(&bugs, "node = 1 and bandwidth = 1000MiB/s"));
        check(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 111, 1000), TIERS);
        assert(bugs.n == 0); /* without CPUs it is no DRAM to Linux */
}

static void test_unequal_dram_corrected(void)
{
        static const char machine[] = SOCKETS ACCESS1(0, 100, 1000) ACCESS1(1, 111, 1000);

        check(machine, RULE("latency=100ns"));
        assert(bugs.n == 0);
        check(machine, RULE("latency=111ns")); /* so it is, and the administrator knows */
        assert(bugs.n == 0);
        check(machine, RULE("bandwidth=1000MiB/s"));
        assert(bugs.n == 1);
        check(machine, TIERS "[node dram]\nnode=0\nlatency=105ns\n");
        assert(bugs.n == 0);
        check(SOCKETS ACCESS1(0, 100, 1000) ACCESS1(1, 111, 1000) MEASURED_ALL, TIERS);
        assert(bugs.n == 0);
        check(SOCKETS ACCESS1(0, 100, 1000) FIGURES(1, 0, 0, 1000, 1000), TIERS);
        assert(bugs.n == 1 && messages_have(&bugs, "gives no read_latency, write_latency"));
}

/* Once for each: several faults of several nodes are several messages. */
static void test_several(void)
{
        check(NODES OLD_KERNEL CXL FIGURES(0, 100, 100, 0, 0) FIGURES(1, 99, 4250, 1, 1),
              "[policy]\nsources=hmat\n" TIERS); /* SLIT would give another latency for that */
        assert(bugs.n == 3 && messages_have(&bugs, "HMAT describes node 0"));
        assert(messages_have(&bugs, "the write_latency of node 1, 4250 ns"));
        assert(messages_have(&bugs, "(node 1, 99 ns) faster than"));
}

int main(void)
{
        test_nothing_wrong();
        test_fast_cxl();
        test_fast_cdat();
        test_slit();
        test_disagreement();
        test_zeros();
        test_zeros_corrected();
        test_one_line_for_several_nodes();
        test_picoseconds();
        test_picoseconds_corrected();
        test_unequal_dram();
        test_unequal_dram_corrected();
        test_several();
        messages_done(&bugs);
}
