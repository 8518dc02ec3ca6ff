/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/unplug.h"

#include <errno.h>
#include <signal.h>

#include "cli/hotplug.h"
#include "fake-kernel.h"

#define MEMORY "sys/devices/system/memory/"
#define ACPI   "sys/bus/acpi/devices/PNP0C80:00/"
#define DAX    "sys/bus/dax/devices/dax0.0"
#define KMEM   "sys/bus/dax/drivers/kmem/"

#define BLOCK(n) MEMORY "memory" #n "/state: offline\n" NODE "node1/memory" #n " -> m\n"
#define MACHINE                                                                                    \
        MEMORY "block_size_bytes: 8000000\n" NODE "online: 0-1\n" BLOCK(32) BLOCK(33) BLOCK(34)
#define LINK(n) MEMORY "memory" #n "/firmware_node -> a/PNP0C80:00\n"
#define DIMM    MACHINE LINK(32) LINK(33) LINK(34) ACPI "eject:\n"
#define CXL                                                                                        \
        MACHINE DAX " -> ../../../devices/platform/hmem.0/dax0.0\n" DAX "/target_node: 1\n" DAX    \
                    "/driver -> ../../bus/dax/drivers/kmem\n" KMEM "unbind:\n"

#define CXL_DIR "sys/bus/cxl/devices/"
#define REGION(n, decoder)                                                                         \
        "sys/bus/dax/devices/dax" #n ".0 -> d/root0/decoder0.0/region" #n "/dax_region" #n         \
        "/dax" #n ".0\nsys/bus/dax/devices/dax" #n ".0/target_node: 1\n" CXL_DIR "region" #n       \
        " -> d/root0/decoder0.0/region" #n "\n" CXL_DIR "region" #n "/target0: " decoder           \
        "\n" CXL_DIR decoder "/dpa_size: 0x10000000\n"
/* The first decoder has the second region. */
#define REGIONS                                                                                    \
        MEMORY "block_size_bytes: 8000000\n" NODE "online: 0-1\n" CXL_DIR                          \
               "decoder0.0/delete_region:\n" REGION(0, "decoder2.1") REGION(1, "decoder2.0")

static struct fake_kernel *kernel;
static struct hotplug h;
static struct arguments arguments;
static unsigned removed; /* blocks */
static bool gone;

static void boot(const char *text)
{
        struct block_table *t;

        h = (struct hotplug){ .a = &arguments, .verb = "drain", .node = 1, .lock_fd = -1 };
        h.root = fake_kernel_new(text, &kernel);
        removed = 0;
        assert(hotplug_read_table(&h, &t) == 0 && hotplug_start(&h, t) == 0);
}

static void remove_file(struct fake_kernel *k, const char *directory, unsigned block,
                        const char *file)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/memory%u%s", directory, block, file);
        (void)sysroot_remove(k->files, path);
}

/* One block whenever the node is looked at. */
static void remove_one(struct fake_kernel *k, const char *path)
{
        unsigned block = 32 + removed;

        if (removed >= 3 || !strstr(path, "block_size_bytes"))
                return;
        removed++;
        remove_file(k, "sys/devices/system/memory", block, "/state");
        remove_file(k, NODE "node1", block, "");
}

/* As drivers/acpi/acpi_memhotplug.c:acpi_memory_remove_memory. */
static void eject(struct fake_kernel *k, const char *path)
{
        if (!strstr(path, "eject"))
                return;
        for (unsigned block = 32; block < 35; block++)
                remove_file(k, "sys/devices/system/memory", block, "/firmware_node");
        k->before_read = remove_one;
}

static void test_eject(void)
{
        boot(DIMM);
        kernel->before_write = eject;
        assert(drain_unplug(&h, &gone) && gone && removed == 3);
        assert(messages_have(&h.steps, "PNP0C80:00 was ejected") && h.notes.n == 0);
        hotplug_done(&h);
}

/* Memory that is online would stay until the next boot. */
static void test_online(void)
{
        boot(CXL);
        fake_kernel_set(kernel, MEMORY "memory33/state", "online");
        assert(!drain_unplug(&h, &gone) && !gone && *kernel->log == '\0');
        assert(messages_have(&h.notes, "dax0.0 cannot be unbound from kmem"));
        hotplug_done(&h);
}

/* After Ctrl-C nothing more is written. */
static void test_interrupted(void)
{
        boot(CXL);
        assert(kill(getpid(), SIGINT) == 0);
        assert(!drain_unplug(&h, &gone) && !gone && *kernel->log == '\0');
        assert(messages_have(&h.notes, "dax0.0 cannot be unbound from kmem: interrupted"));
        assert(h.run->end == -EINTR);
        hotplug_done(&h);
        boot(DIMM);
        assert(kill(getpid(), SIGINT) == 0);
        assert(!drain_unplug(&h, &gone) && !gone && *kernel->log == '\0');
        hotplug_done(&h);
}

/* The memory of a decoder is given back only after that of all later ones of its endpoint. */
static void play_regions(struct fake_kernel *k, const char *path)
{
        const char *later = fake_kernel_get(k, CXL_DIR "decoder2.1/dpa_size");
        bool is_held = strstr(path, "decoder2.0/dpa_size") && !streq(later, "0");

        k->fail_path = is_held ? "dpa_size" : NULL;
        k->fail_error = -EBUSY;
        if (!strstr(path, "delete_region"))
                return;
        (void)sysroot_remove(k->files,
                             strstr(k->log, "=region1\n") ? CXL_DIR "region0" : CXL_DIR "region1");
}

static void test_regions(void)
{
        boot(REGIONS);
        kernel->before_write = play_regions;
        assert(drain_unplug(&h, &gone) && gone);
        assert_streq(fake_kernel_get(kernel, CXL_DIR "decoder2.0/dpa_size"), "0");
        assert_streq(fake_kernel_get(kernel, CXL_DIR "decoder2.1/dpa_size"), "0");
        assert(h.steps.n == 2 && h.notes.n == 0);
        hotplug_done(&h);
}

/* What another region's memory keeps is no failure; what else keeps it is one. */
static void test_held(void)
{
        boot(REGIONS);
        kernel->before_write = play_regions;
        fake_kernel_set(kernel, CXL_DIR "region0/target0", "decoder9.0");
        assert(drain_unplug(&h, &gone) && gone);
        assert(messages_have(&h.notes, "decoder2.0 keeps its part of the device"));
        assert(!messages_have(&h.notes, "To remove"));
        assert(messages_have(&h.steps, "region1 was deleted"));
        hotplug_done(&h);
        boot(REGIONS);
        kernel->before_write = play_regions;
        kernel->unreadable_path = "decoder2.0/dpa_size";
        kernel->unreadable_error = -EIO;
        assert(!drain_unplug(&h, &gone) && gone);
        assert(messages_have(&h.notes,
                             "decoder2.0 keeps its part of the device (dpa_size): Input"));
        hotplug_done(&h);
}

int main(void)
{
        test_eject();
        test_online();
        test_interrupted();
        test_regions();
        test_held();
        return 0;
}
