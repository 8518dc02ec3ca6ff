/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "online/unplug.h"

#include "fake-kernel.h"

#define DAX    "sys/bus/dax/devices/"
#define KMEM   "sys/bus/dax/drivers/kmem/"
#define CXL    "sys/bus/cxl/devices/"
#define MEMORY "sys/devices/system/memory/"

#define DAX_DEVICE(name, node)                                                                     \
        DAX name " -> ../../../devices/root0/decoder0.0/region0/dax_region0/" name "\n" DAX name   \
                 "/target_node: " #node "\n"
#define BOUND(name) DAX name "/driver -> ../../bus/dax/drivers/kmem\n"

#define REGION                                                                                     \
        CXL "region0 -> ../../../devices/ACPI0017:00/root0/decoder0.0/region0\n" CXL               \
            "region0/driver -> ../../../bus/cxl/drivers/cxl_region\n" CXL                          \
            "region0/target0: decoder2.0\n" CXL "region0/target1: decoder3.0\n" CXL                \
            "region0/commit: 1\n" CXL "decoder2.0/dpa_size: 0x10000000\n" CXL                      \
            "decoder3.0/dpa_size: 0x10000000\n" CXL "decoder2.0/locked: 0\n" CXL                   \
            "decoder0.0/delete_region:\nsys/bus/cxl/drivers/cxl_region/unbind:\n"

static struct fake_kernel *kernel;
static struct sysroot *root;
static struct memory_devices devices;
static struct messages steps, problems;
static struct cxl_decoders held;

/* What the kernel does on such a write beside the change of the file. */
static void play_drivers(struct fake_kernel *k, const char *path)
{
        if (streq(path, KMEM "unbind"))
                (void)sysroot_remove(k->files, DAX "dax0.0/driver");
        if (strstr(path, "cxl_region/unbind"))
                (void)sysroot_remove(k->files, CXL "region0/driver");
        if (strstr(path, "delete_region"))
                (void)sysroot_remove(k->files, CXL "region0");
}

static int find(const char *text)
{
        struct block blocks[] = { { .number = 32 }, { .number = 33 }, { .number = 34 } };
        const struct block_table table = { .blocks = blocks, .n = ELEMENTSOF(blocks) };

        root = fake_kernel_new(text, &kernel);
        kernel->before_write = play_drivers;
        return memory_devices_find(root, 1, &table, &problems, &devices);
}

static void halt(void)
{
        memory_devices_done(&devices);
        messages_done(&steps);
        messages_done(&problems);
        root = sysroot_free(root);
}

static void test_find(void)
{
        assert(find(DAX_DEVICE("dax0.0", 1) BOUND("dax0.0") DAX_DEVICE("dax1.0", 2) DAX
                    "dax2.0/target_node: -1\n" MEMORY
                    "memory32/firmware_node -> ../PNP0C80:03\n" MEMORY
                    "memory33/firmware_node -> ../PNP0C80:03\n" MEMORY
                    "memory34/firmware_node -> ../PNP0A08:00\n") == 0);
        assert(devices.n == 2);
        assert_streq(devices.items[0].name, "dax0.0");
        assert_streq(devices.items[0].region, "region0");
        assert(devices.items[0].driver == DAX_DRIVER_KMEM && !devices.items[0].has_state);
        assert_streq(devices.items[1].name, "PNP0C80:03");
        assert(devices.items[1].kind == MEMORY_DEVICE_ACPI);
        halt();
        assert(find(NODE "online: 0\n") == 0 && devices.n == 0);
        halt();
}

/* What is on it is lost when it becomes memory. */
static void test_persistent(void)
{
        assert(find(DAX_DEVICE("dax0.0", 1) DAX
                    "dax1.0 -> ../../../devices/LNXSYSTM:00/ndbus0/region1/dax1.0/dax1.0\n" DAX
                    "dax1.0/target_node: 1\n" DAX "dax2.0/target_node: 1\n") == 0);
        assert(devices.n == 3 && !devices.items[0].is_persistent);
        assert(devices.items[1].is_persistent && !*devices.items[1].region);
        assert(devices.items[2].is_persistent); /* not known */
        halt();
}

static void test_unbind(void)
{
        assert(find(DAX_DEVICE("dax0.0", 1) BOUND("dax0.0") KMEM "unbind:\n") == 0);
        assert(dax_unplug(root, &devices.items[0]) == 0);
        assert_streq(kernel->log, KMEM "unbind=dax0.0\n");
        assert(dax_unplug(root, &devices.items[0]) == 1);
        halt();
        /* the kernel accepts it and does nothing */
        assert(find(DAX_DEVICE("dax0.0", 1) BOUND("dax0.0") KMEM "unbind:\n") == 0);
        kernel->before_write = NULL;
        assert(dax_unplug(root, &devices.items[0]) == -EIO);
        halt();
}

static void test_state(void)
{
        assert(find(DAX_DEVICE("dax0.0", 1) BOUND("dax0.0") DAX "dax0.0/state: online\n") == 0);
        assert(devices.items[0].has_state && !devices.items[0].is_unplugged);
        assert(dax_plug(root, &devices.items[0], REQUEST_ONLINE_MOVABLE) == 1);
        assert(dax_unplug(root, &devices.items[0]) == 0);
        assert(dax_unplug(root, &devices.items[0]) == 1);
        assert(dax_plug(root, &devices.items[0], REQUEST_ONLINE_MOVABLE) == 0);
        assert_streq(kernel->log,
                     DAX "dax0.0/state=unplugged\n" DAX "dax0.0/state=online_movable\n");
        kernel->fail_path = "state";
        kernel->fail_error = -EBUSY;
        assert(dax_unplug(root, &devices.items[0]) == -EBUSY);
        halt();
}

/* A program may have mapped a device of device_dax. */
static void test_other_driver(void)
{
        assert(find(DAX_DEVICE("dax0.0", 1) DAX "dax0.0/driver -> ../../drivers/device_dax\n") ==
               0);
        assert(devices.items[0].driver == DAX_DRIVER_OTHER);
        assert(dax_plug(root, &devices.items[0], REQUEST_ONLINE_MOVABLE) == -EBUSY);
        assert(dax_unplug(root, &devices.items[0]) == 1 && kernel->writes == 0);
        halt();
        assert(find(DAX_DEVICE("dax0.0", 1) BOUND("dax0.0")) == 0);
        kernel->unreadable_path = "state";
        kernel->unreadable_error = -EIO;
        assert(dax_unplug(root, &devices.items[0]) == -EIO && kernel->writes == 0);
        halt();
}

static void test_region(void)
{
        assert(find(REGION DAX_DEVICE("dax0.0", 1)) == 0);
        assert(region_may_go(root, "region0", &problems) && problems.n == 0);
        assert(region_remove(root, "region0", &steps, &problems, &held) == 0);
        assert_streq(kernel->log, "sys/bus/cxl/drivers/cxl_region/unbind=region0\n" CXL
                                  "region0/commit=0\n" CXL "decoder0.0/delete_region=region0\n" CXL
                                  "decoder2.0/dpa_size=0\n" CXL "decoder3.0/dpa_size=0\n");
        assert(problems.n == 0 && steps.n == 2 && held.n == 0);
        halt();
}

/* A region is gone although a later decoder keeps a part of the device. */
static void test_decoder_held(void)
{
        assert(find(REGION) == 0);
        kernel->fail_path = "decoder2.0/dpa_size";
        kernel->fail_error = -EBUSY;
        assert(region_remove(root, "region0", &steps, &problems, &held) == 0);
        assert(problems.n == 0 && held.n == 1 && held.error == -EBUSY);
        assert_streq(held.names[0], "decoder2.0");
        assert_streq(fake_kernel_get(kernel, CXL "decoder3.0/dpa_size"), "0");
        cxl_decoders_free(root, &held);
        assert(held.n == 1 && held.error == -EBUSY);
        kernel->fail_path = NULL;
        cxl_decoders_free(root, &held);
        assert(held.n == 0 && held.error == 0);
        assert_streq(fake_kernel_get(kernel, CXL "decoder2.0/dpa_size"), "0");
        halt();
}

/* A step that fails ends it. */
static void test_region_fails(void)
{
        assert(find(REGION) == 0);
        kernel->fail_path = "commit";
        kernel->fail_error = -EBUSY;
        assert(region_remove(root, "region0", &steps, &problems, &held) == -EBUSY);
        assert(messages_have(&problems, "region0/commit failed"));
        assert_streq(kernel->log, "sys/bus/cxl/drivers/cxl_region/unbind=region0\n");
        halt();
}

static void test_region_stays(void)
{
        assert(find(REGION DAX_DEVICE("dax0.0", 1) DAX_DEVICE("dax0.1", 1) DAX
                    "dax0.1/driver -> ../../drivers/device_dax\n") == 0);
        assert(!region_may_go(root, "region0", &problems));
        assert(messages_have(&problems, "dax0.1 in it is still in use"));
        halt();
        assert(find(REGION CXL "decoder3.0/locked: 1\n") == 0);
        assert(!region_may_go(root, "region0", &problems));
        assert(messages_have(&problems, "locked its decoder decoder3.0"));
        halt();
        assert(find(REGION) == 0);
        kernel->unreadable_path = "decoder3.0/locked";
        kernel->unreadable_error = -EIO;
        assert(!region_may_go(root, "region0", &problems));
        halt();
}

static void test_eject(void)
{
        assert(find("sys/bus/acpi/devices/PNP0C80:00/eject:\n") == 0);
        assert(acpi_eject(root, "PNP0C80:00") == 0);
        assert_streq(kernel->log, "sys/bus/acpi/devices/PNP0C80:00/eject=1\n");
        assert(acpi_eject(root, "PNP0C80:01") == -ENOENT);
        halt();
}

int main(void)
{
        test_find();
        test_persistent();
        test_unbind();
        test_state();
        test_other_driver();
        test_region();
        test_decoder_held();
        test_region_fails();
        test_region_stays();
        test_eject();
        return 0;
}
