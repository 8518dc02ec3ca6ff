/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "examine.h"

/* Node 1 is a slow one, brought by a dax device or had from the start. */
#define DAX                                                                                        \
        "sys/bus/dax/devices/dax0.0 -> ../../../devices/platform/hmem.0/dax0.0\n"                  \
        "sys/bus/dax/devices/dax0.0/driver -> ../../../../bus/dax/drivers/kmem\n"                  \
        "sys/bus/dax/devices/dax0.0/target_node: 1\nsys/bus/dax/devices/dax0.0/size: 1073741824\n"
#define SLOW        THREAD_GUEST THREAD_TIERS
#define ONLINE(how) "sys/devices/system/memory/auto_online_blocks: " how "\n"
#define KERNEL_ZONE BLOCKS("  0-7 node 0 online kernel\n  8-11 node 1 online kernel\n")
#define ACPI_ZONE   BLOCKS("  0-7 node 0 online kernel\n  8-11 node 1 online kernel of PNP0C80:00\n")
#define MOVABLE     BLOCKS("  0-7 node 0 online kernel\n  8-11 node 1 online movable\n")

static void test_kernel_memory(void)
{
        examine(SLOW DAX KERNEL_ZONE ONLINE("online"), VENDOR);
        assert_found("kernel-memory", WARNING, "node 1 (special-purpose), which is removable");
        assert_found("kernel-memory", WARNING, "numatier drain 1");
        assert(has_evidence("kernel-memory", "/sys/devices/system/node/node1/memory*/valid_zones",
                            "all of 4 blocks"));
        examine(SLOW DAX MOVABLE ONLINE("online"), VENDOR);
        assert_not_found("kernel-memory");
        examine(SLOW DAX KERNEL_ZONE, VENDOR "[online]\nonline=kernel\n");
        assert_not_found("kernel-memory"); /* somebody wants it so */
        examine(SLOW DAX KERNEL_ZONE, VENDOR "[node n]\nnode=1\nonline=kernel\n");
        assert_not_found("kernel-memory");
        /* memory that Linux had at boot */
        examine(SLOW KERNEL_ZONE, VENDOR);
        assert_found("kernel-memory", NOTE, "movable_node");
        assert_found("kernel-memory", NOTE, "too little memory for itself");
        assert(strstr(get_finding("kernel-memory")->remedy, "memhp_default_state=online_movable") <
               strstr(get_finding("kernel-memory")->remedy, "movable_node does"));
        /* an ACPI device, which can be taken out */
        examine(SLOW ACPI_ZONE, VENDOR);
        assert_found("kernel-memory", WARNING, "removable");
        examine(SLOW ACPI_ZONE, VENDOR "[node n]\nfirmware-node=PNP0C80:00\nonline=kernel\n");
        assert_not_found("kernel-memory"); /* as numatierd understands that section */
        /* fast memory of that kind is like any other */
        examine(THREAD_GUEST TIER "memory_tier4/nodelist: 0-1\n" KERNEL_ZONE, VENDOR);
        assert_not_found("kernel-memory");
        examine(SOCKETS, VENDOR);
        assert_not_found("kernel-memory");
}

#define MEMMAP(value) "sys/module/memory_hotplug/parameters/memmap_on_memory: " #value "\n"

static void test_memmap(void)
{
        struct node *dram;

        examine(SLOW DAX MOVABLE MEMMAP(N), VENDOR);
        assert_not_found("memmap-on-memory");
        /* 500000 KiB need 7812 KiB */
        dram = &snapshot->machine->nodes[0];
        dram->size_kib = 50000;
        examine_again();
        assert_found("memmap-on-memory", WARNING, "memory_hotplug.memmap_on_memory=1");
        examine(SLOW DAX MOVABLE MEMMAP(Y), VENDOR);
        assert_found("memmap-on-memory", NOTE, "kept on that memory");
        examine(SLOW MOVABLE MEMMAP(Y), VENDOR);
        assert_not_found("memmap-on-memory"); /* nothing was added */
        examine(SOCKETS MEMMAP(Y), VENDOR);
        assert_healthy();
}

int main(void)
{
        test_kernel_memory();
        test_memmap();
        forget();
        return 0;
}
