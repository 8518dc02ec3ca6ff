/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "examine.h"

#define ONE_TIER    TIER "memory_tier4/nodelist: 0-1\n"
#define TABLE(name) "sys/firmware/acpi/tables/" name ":\n"

/* Node 1 has no CPUs; nothing but SLIT describes it. */
#define NODES                                                                                      \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE                     \
             "node0/distance: 10 20\n" MEMINFO(0, 9) MEMINFO(1, 9) ONE_TIER
#define ACCESS(node, rl, wl, rb, wb)                                                               \
        NODE "node" #node "/access1/initiators/read_latency: " #rl "\n" NODE "node" #node          \
             "/access1/initiators/write_latency: " #wl "\n" NODE "node" #node                      \
             "/access1/initiators/read_bandwidth: " #rb "\n" NODE "node" #node                     \
             "/access1/initiators/write_bandwidth: " #wb "\n"

static void test_absent(void)
{
        examine(NODES, VENDOR);
        assert_found("hmat-absent", WARNING, "Nothing says how fast node 1 is");
        assert_found("hmat-absent", WARNING, "numatier measure");
        examine(NODES TABLE("SRAT"), VENDOR);
        assert_found("hmat-absent", WARNING, "Firmware has no HMAT table");
        assert(has_evidence("hmat-absent", "/sys/firmware/acpi/tables/HMAT", "absent"));
        examine(NODES TABLE("HMAT"), VENDOR);
        assert_found("hmat-absent", WARNING, "Nothing says");
        examine(NODES TABLE("HMAT1") TABLE("HMAT2"), VENDOR);
        assert_found("hmat-absent", WARNING, "Nothing says");
        examine(NODES, VENDOR "[node x]\nnode=1\nonline=leave\n");
        assert_found("hmat-absent", WARNING, "for node 1 in [node x] in");
        assert(!strstr(get_finding("hmat-absent")->remedy, "[node slow]"));
        /* the administrator says */
        examine(NODES, VENDOR "[node n]\nnode=1\ntier=cxl\n");
        assert_not_found("hmat-absent");
        examine(NODES, VENDOR "[node n]\nnode=1\nignore=yes\n");
        assert_not_found("hmat-absent");
        examine(NODES, VENDOR "[node n]\nnode=1\nlatency=200ns\nbandwidth=1GiB/s\n");
        assert_not_found("hmat-absent");
        examine(NODES ACCESS1(0, 10, 10) ACCESS1(1, 20, 5), VENDOR);
        assert_not_found("hmat-absent");
        examine(SOCKETS TABLE("SRAT"), VENDOR);
        assert_not_found("hmat-absent"); /* nobody needs it */
}

static void test_zero(void)
{
        examine(NODES ACCESS1(0, 10, 10) ACCESS(1, 0, 0, 0, 0), VENDOR);
        assert_found("hmat-zero", WARNING, "HMAT describes node 1 and gives no value");
        assert(has_evidence("hmat-zero", "/sys/devices/system/node/node1/access1/initiators",
                            "latency 0 read, 0 write"));
        examine(NODES ACCESS1(0, 10, 10) ACCESS(1, 20, 0, 5, 5), VENDOR);
        assert_found("hmat-zero", WARNING, "gives no write_latency");
        examine(NODES ACCESS1(0, 10, 10) ACCESS1(1, 20, 5), VENDOR);
        assert_not_found("hmat-zero");
        /* on DRAM alone it does no harm */
        examine(SOCKETS ACCESS(0, 10, 0, 10, 0) ACCESS(1, 10, 0, 10, 0), VENDOR);
        assert_not_found("hmat-zero");
}

static void test_contradictory(void)
{
        examine(NODES ACCESS1(0, 10, 10000) ACCESS1(1, 1000, 10000), VENDOR);
        assert_found("hmat-contradictory", WARNING, "contradicts itself");
        examine(NODES ACCESS1(0, 10, 10) ACCESS1(1, 20, 5), VENDOR);
        assert_not_found("hmat-contradictory");
}

#define DRAM(n1)                                                                                   \
        NODE "online: 0-2\n" NODE "has_memory: 0-2\n" NODE "has_cpu: 0-1\n" MEMINFO(0, 9)          \
                MEMINFO(1, 9) MEMINFO(2, 9) NODE                                                   \
                "node0/distance: 10 21 24\n" NODE "node1/distance: 21 10 34\n" TIER                \
                "memory_tier4/nodelist: 0-2\n" ACCESS1(0, 100, 1000) n1 ACCESS1(2, 250, 300)

static void test_disabled(void)
{
        examine(DRAM(ACCESS1(1, 111, 1000)) KERNEL("6.12.95"), VENDOR);
        assert_found("hmat-disabled", WARNING, "nodes 0 and 1 differ by more than 10%");
        assert_found("hmat-disabled", WARNING, "latency = 100ns");
        examine(DRAM(ACCESS1(1, 111, 1000)) KERNEL("6.12.95"),
                VENDOR "[node x]\nnode=1\ntier=dram\n");
        assert_found("hmat-disabled", WARNING, "into [node x] in");
        examine(DRAM(ACCESS1(1, 110, 1000)) KERNEL("6.12.95"), VENDOR);
        assert_not_found("hmat-disabled"); /* 10% is not more than 10% */
        examine(DRAM(ACCESS1(1, 111, 1000)) KERNEL("6.1.0"), VENDOR);
        assert_not_found("hmat-disabled"); /* that kernel does not use HMAT anyway */
        examine(DRAM(ACCESS(1, 0, 0, 0, 0)) KERNEL("7.3.4"), VENDOR);
        assert_found("hmat-disabled", WARNING, "no values for the DRAM of node 1");
        /* no slow memory yet */
        examine(SOCKETS ACCESS1(0, 100, 1000) ACCESS1(1, 120, 1000), VENDOR);
        assert_found("hmat-disabled", NOTE, "added later");
        examine(SOCKETS ACCESS1(0, 100, 1000) ACCESS1(1, 100, 1000), VENDOR);
        assert_healthy();
}

/* Node 1 is CXL memory, with a region. */
#define DAX    "sys/bus/dax/devices/dax0.0"
#define REGION "sys/bus/cxl/devices/region0/"
#define CXL(lock)                                                                                  \
        DAX " -> ../../../devices/platform/ACPI0017:00/root0/decoder0.0/region0/dax_region0/"      \
            "dax0.0\n" DAX "/driver -> ../../../../bus/dax/drivers/kmem\n" DAX                     \
            "/target_node: 1\n" REGION "commit: 1\n" REGION "interleave_ways: 1\n" REGION          \
            "target0: decoder3.0\n"                                                                \
            "sys/bus/cxl/devices/decoder3.0 -> endpoint3/decoder3.0\n"                             \
            "sys/bus/cxl/devices/decoder3.0/locked: " #lock "\n"                                   \
            "sys/bus/cxl/devices/endpoint3/uport -> 0000:0d:00.0/mem0\n"                           \
            "sys/bus/cxl/devices/mem0/serial: 0x1234\n"

static void test_cxl(void)
{
        /* a latency in picoseconds: before 7 */
        examine(NODES CXL(0) ACCESS1(0, 100, 10000) ACCESS1(1, 17170, 1000) KERNEL("6.12.95"),
                VENDOR);
        assert_found("cxl-values", WARNING, "is not used");
        assert_found("cxl-values", WARNING, "cxl-serial = 0x1234");
        examine(NODES CXL(0) ACCESS1(0, 100, 10000) ACCESS1(1, 250, 3000) KERNEL("7.3.4"), VENDOR);
        assert_not_found("cxl-values");
        /* faster than DRAM */
        examine(NODES CXL(0) ACCESS1(0, 100, 10000) ACCESS1(1, 90, 3000) KERNEL("7.3.4"), VENDOR);
        assert_found("cxl-values", WARNING, "faster than the DRAM");
}

static void test_locked(void)
{
        examine(NODES CXL(1) ACCESS1(0, 100, 10000) ACCESS1(1, 250, 3000), VENDOR);
        assert_found("decoder-locked", NOTE, "");
        assert(has_evidence("decoder-locked", "/sys/bus/cxl/devices/decoder3.0/locked", "mem0"));
        examine(NODES CXL(0) ACCESS1(0, 100, 10000) ACCESS1(1, 250, 3000), VENDOR);
        assert_not_found("decoder-locked");
}

int main(void)
{
        test_absent();
        test_zero();
        test_contradictory();
        test_disabled();
        test_cxl();
        test_locked();
        forget();
        return 0;
}
