/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "facts/block-devices.h"
#include "facts/survey.h"
#include "fake-kernel.h"

#define MEMORY "sys/devices/system/memory/"
#define DAX    "sys/bus/dax/devices/"
#define CXL    "sys/bus/cxl/devices/"
#define MAP    "sys/firmware/memmap/"
#define VIRTIO "sys/bus/virtio/drivers/virtio_mem/virtio5 -> ../../../devices/virtio5\n"
#define NVIDIA "proc/driver/nvidia/gpus/"

/* Blocks of 128 MiB: boot memory, an ACPI device's, a CXL region's of which one half is online, and
 * one that firmware does not know. Node 2 has none online yet: it has no memory. */
#define BLOCK(n, node)                                                                             \
        MEMORY "memory" #n "/state: offline\n" NODE "node" #node "/memory" #n " -> m\n"
#define MACHINE                                                                                    \
        NODE "online: 0-2\n" NODE "has_memory: 0\n" NODE "has_cpu: 0\n" NODE                       \
             "node0/distance: 10\n" MEMINFO(0, 1000000) MEMORY                                     \
                "block_size_bytes: 8000000\n" BLOCK(0, 0) BLOCK(32, 1) BLOCK(33, 1) BLOCK(48, 2)   \
                        BLOCK(49, 2) BLOCK(64, 3)
#define FIRMWARE_NODE                                                                              \
        MEMORY "memory32/firmware_node -> ../../LNXSYSTM:00/LNXSYBUS:00/PNP0C80:00\n" MEMORY       \
               "memory33/firmware_node -> ../../LNXSYSTM:00/LNXSYBUS:00/PNP0C80:01\n"
/* the last 64 MiB fill no block */
#define REGION                                                                                     \
        DAX "dax0.0 -> ../../../devices/region0/dax_region0/dax0.0\n" DAX                          \
            "dax0.0/driver -> ../../bus/dax/drivers/kmem\n" DAX "dax0.0/target_node: 2\n" DAX      \
            "dax0.0/size: 335544320\n" CXL "region0/commit: 1\n" CXL                               \
            "region0/resource: 0x180000000\n" CXL "region0/size: 0x14000000\n" CXL                 \
            "region0/interleave_ways: 1\n"
#define EXTENT DAX "dax0.0/resource: 0x180000000\n"

static struct messages problems;
static struct sysroot *root;
static struct fake_kernel *kernel;
static struct machine *machine;
static struct block_table *table;
static struct block_devices *devices;

static void forget(void)
{
        devices = block_devices_free(devices);
        table = block_table_free(table);
        machine = machine_free(machine);
        root = sysroot_free(root);
        messages_done(&problems);
}

static void begin(const char *text)
{
        forget();
        root = fake_kernel_new(text, &kernel);
}

static void read_devices(void)
{
        struct messages ignored = MESSAGES_INIT;

        assert(survey_begin(root, NULL, &ignored, &machine) == 0);
        messages_done(&ignored);
        assert(block_table_read(root, NULL, &problems, &table) == 0);
        assert(block_devices_read(root, table, machine, &problems, &devices) == 0);
}

static size_t find_index(uint64_t number)
{
        const struct block *b = block_table_get(table, number);

        assert(b);
        return (size_t)(b - table->blocks);
}

static const char *get_name(uint64_t number)
{
        const struct block_device *d = block_devices_get(devices, find_index(number));

        if (block_devices_is_unreadable(devices, find_index(number)))
                return "unreadable";
        return d ? block_device_name(d) : "none";
}

static void test_all(void)
{
        const struct block_device *d;

        begin(MACHINE FIRMWARE_NODE REGION EXTENT);
        read_devices();
        assert(messages_have(&problems, "target0")); /* the region has no decoders */
        assert_streq(get_name(0), "none");
        assert_streq(get_name(32), "PNP0C80:00");
        assert_streq(get_name(33), "PNP0C80:01");
        assert_streq(get_name(48), "dax0.0");
        assert_streq(get_name(49), "dax0.0");
        assert_streq(get_name(64), "none");
        d = block_devices_get(devices, find_index(48));
        assert(d->origin == ORIGIN_DAX && d->device.kind == KIND_CXL && d->is_kmem);
        assert(d->target == 2 && streq(d->device.region, "region0") && d->n_ranges == 1);
}

/* Half a block is not the device's; what is in pieces is in each of them. */
static void test_ranges(void)
{
        begin(MACHINE REGION EXTENT);
        fake_kernel_set(kernel, DAX "dax0.0/size", "201326592"); /* 192 MiB */
        read_devices();
        assert_streq(get_name(48), "dax0.0");
        assert_streq(get_name(49), "none");
        begin(MACHINE REGION EXTENT DAX
              "dax0.0/mapping0/start: 0x188000000\n" DAX "dax0.0/mapping0/end: 0x18fffffff\n" DAX
              "dax0.0/mapping1/start: 0x200000000\n" DAX "dax0.0/mapping1/end: 0x207ffffff\n");
        read_devices();
        assert_streq(get_name(48), "none");
        assert_streq(get_name(49), "dax0.0");
        assert_streq(get_name(64), "dax0.0");
}

/* A device that is not made into memory is found, with the node that it would be. */
static void test_unbound(void)
{
        begin(MACHINE DAX "dax1.0 -> ../../../devices/ndbus0/dax1.0\n" DAX
                          "dax1.0/target_node: 5\n" DAX "dax1.0/size: 1\n");
        read_devices();
        assert(devices->n == 1 && !devices->items[0].is_kmem && devices->items[0].target == 5);
        assert(devices->items[0].device.kind == KIND_PMEM);
        assert_streq(get_name(0), "none");
}

/* A region that Linux had from the start. */
static void test_region(void)
{
        begin(MACHINE CXL "region3/commit: 1\n" CXL "region3/resource: 0x180000000\n" CXL
                          "region3/size: 0x8000000\n" CXL "region3/interleave_ways: 1\n");
        read_devices();
        assert_streq(get_name(48), "region3");
        assert_streq(get_name(49), "none");
}

static void test_virtio(void)
{
        begin(MACHINE FIRMWARE_NODE VIRTIO MAP "0/start: 0x0\n" MAP "0/end: 0x7ffffff\n");
        read_devices();
        assert_streq(get_name(0), "none");
        assert_streq(get_name(32), "PNP0C80:00");
        assert_streq(get_name(48), "virtio-mem");
        assert_streq(get_name(64), "virtio-mem");
        /* boot memory that begins or ends within the block */
        begin(MACHINE FIRMWARE_NODE VIRTIO MAP "0/start: 0x1000\n" MAP "0/end: 0x6ffffff\n");
        read_devices();
        assert_streq(get_name(0), "none");
        begin(MACHINE VIRTIO); /* no table of the firmware: any memory may be in it */
        read_devices();
        assert_streq(get_name(48), "none");
}

static void test_gpu(void)
{
        begin(MACHINE VIRTIO MAP "0/start: 0x0\n" MAP "0/end: 0x7ffffff\n" NVIDIA
                                 "0009:01:00.0/numa_status:\n  Node: 2\n");
        read_devices();
        assert_streq(get_name(48), "0009:01:00.0");
        assert_streq(get_name(32), "virtio-mem");
}

/* Nothing is known of a GPU whose driver fails: it may own any memory that is beside no CPUs. */
static void test_gpu_unreadable(void)
{
        begin(MACHINE FIRMWARE_NODE NVIDIA "0009:01:00.0/numa_status ! EIO\n");
        read_devices();
        assert_streq(get_name(0), "none");
        assert_streq(get_name(32), "PNP0C80:00");
        assert_streq(get_name(48), "unreadable");
}

static void test_unreadable(void)
{
        /* who may not read where it is goes by its node */
        begin(MACHINE REGION DAX "dax0.0/resource ! EACCES\n");
        read_devices();
        assert_streq(get_name(0), "none");
        assert_streq(get_name(48), "dax0.0");
        /* root can read it, or something is wrong */
        begin(MACHINE REGION EXTENT DAX "dax0.0/mapping0/start ! EIO\n");
        read_devices();
        assert_streq(get_name(0), "none");
        assert_streq(get_name(48), "unreadable");
        begin(MACHINE FIRMWARE_NODE REGION EXTENT);
        kernel->unreadable_path = "dax0.0/target_node";
        kernel->unreadable_error = -EIO;
        read_devices();
        assert_streq(get_name(48), "dax0.0");
        assert_streq(get_name(32), "PNP0C80:00");
        assert_streq(get_name(64), "unreadable");
        begin(MACHINE MEMORY "memory32/firmware_node ! EIO\n");
        read_devices();
        assert_streq(get_name(32), "unreadable");
        assert_streq(get_name(33), "none");
        assert(problems.n == 1 && messages_have(&problems, "/memory32/firmware_node"));
}

int main(void)
{
        test_all();
        test_ranges();
        test_unbound();
        test_region();
        test_virtio();
        test_gpu();
        test_gpu_unreadable();
        test_unreadable();
        forget();
        return 0;
}
