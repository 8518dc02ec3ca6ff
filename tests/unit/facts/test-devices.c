/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device a node's memory is, from the links and files that say so, whole or broken. */
#include <sys/stat.h>

#include "facts/key.h"
#include "state/recall.h"
#include "state/state.h"
#include "testing.h"

struct scene {
        struct sysroot *root;
        struct messages problems;
        struct machine *machine, *previous;
};

static void run_pass_knowing(struct scene *s, const struct state *state)
{
        assert(machine_read(s->root, TIERS_KNOWN_ONLY, state, s->previous, &s->problems,
                            &s->machine) == 0);
}

static void run_pass(struct scene *s)
{
        run_pass_knowing(s, NULL);
}

static struct scene run_pass_over(const char *text)
{
        struct scene s = { .root = root_from(text) };

        run_pass(&s);
        return s;
}

/* The next pass finds other files. */
static void run_pass_over_next(struct scene *s, const char *text)
{
        sysroot_free(s->root);
        messages_done(&s->problems);
        machine_free(s->previous);
        s->previous = TAKE_PTR(s->machine);
        s->root = root_from(text);
        run_pass(s);
}

static void done(struct scene *s)
{
        machine_free(s->machine);
        machine_free(s->previous);
        messages_done(&s->problems);
        sysroot_free(s->root);
}

static const struct node *node(const struct scene *s, unsigned id)
{
        const struct node *n = machine_get_node(s->machine, id);

        assert(n);
        return n;
}

static const struct node_device *device(const struct scene *s, unsigned id, size_t i)
{
        assert(i < node(s, id)->n_devices);
        return &node(s, id)->devices[i];
}

static void assert_key(const struct scene *s, unsigned id, const char *want)
{
        char *key = NULL;

        assert(key_read(s->root, node(s, id), &key) == (want ? 0 : -ENOENT));
        assert(!key == !want);
        if (want)
                assert_streq(key, want);
        free(key);
}

/* Node 0 with CPUs; node 1 without, its memory at 0x140000000. */
#define NODES                                                                                      \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)            \
                MEMINFO(1, 9) BLOCK(0, 0) BLOCK(1, 40) BLOCK_SIZE
#define BLOCK_SIZE         "sys/devices/system/memory/block_size_bytes: 8000000\n"
#define BLOCK(node, block) NODE "node" #node "/memory" #block " -> ../../memory/memory" #block "\n"

#define SAYS(path, value) path ": " value "\n"

#define DAX     "sys/bus/dax/devices/"
#define CXL     "sys/bus/cxl/devices/"
#define PCI     "sys/bus/pci/devices/"
#define VIRTIO  "sys/bus/virtio/drivers/virtio_mem/"
#define MEMMAP  "sys/firmware/memmap/"
#define NVIDIA  "proc/driver/nvidia/gpus/"
#define ROOT0   "platform/ACPI0017:00/root0/"
#define REGION0 ROOT0 "decoder0.0/region0/dax_region0"
#define REGION1 ROOT0 "decoder0.0/region1/dax_region1"

#define DAX_LINK(name, below) DAX name " -> ../../../devices/" below "/" name "\n"
#define DAX_KMEM(name)        DAX name "/driver -> ../../../../bus/dax/drivers/kmem\n"
#define DAX_NODE(name, node)  DAX name "/target_node: " node "\n"
#define DAX_DEVICE(name, node, below)                                                              \
        DAX_LINK(name, below)                                                                      \
        DAX_KMEM(name)                                                                             \
        DAX_NODE(name, node)                                                                       \
        SAYS(DAX name "/resource", "0x140000000") SAYS(DAX name "/size", "268435456")

#define COMMIT(r)       CXL r "/commit: 1\n"
#define EXTENT(r)       CXL r "/resource: 0x140000000\n" CXL r "/size: 0x20000000\n"
#define WAYS(r, n)      CXL r "/interleave_ways: " n "\n"
#define REGION(r, ways) COMMIT(r) EXTENT(r) WAYS(r, ways)

/* From a region's target to the device, a piece at a time. */
#define TARGET(r, position, number) CXL r "/target" position ": decoder" number ".0\n"
#define DECODER(number)                                                                            \
        CXL "decoder" number ".0 -> ../../../devices/" ROOT0 "port1/endpoint" number               \
            "/decoder" number ".0\n"
#define UPORT(number, pci, mem)                                                                    \
        CXL "endpoint" number "/uport -> ../../../../../pci0000:0c/0000:0c:00.0/" pci "/" mem "\n"
#define SERIAL(mem, serial) CXL mem "/serial: " serial "\n"
#define MEMBER(r, position, number, pci, mem, serial)                                              \
        TARGET(r, position, number) DECODER(number) UPORT(number, pci, mem) SERIAL(mem, serial)

#define MEM0              MEMBER("region0", "0", "3", "0000:0d:00.0", "mem0", "0x1")
#define MEM1(r, position) MEMBER(r, position, "4", "0000:0e:00.0", "mem1", "0x2")

#define CXL_NODE                                                                                   \
        NODES DAX_DEVICE("dax0.0", "1", REGION0) REGION("region0", "1")                            \
                TARGET("region0", "0", "3") DECODER("3") UPORT("3", "0000:0d:00.0", "mem0")        \
                        SERIAL("mem0", "0x1234")

static enum node_kind kind_of(const char *machine, const char *more)
{
        enum node_kind kind;
        struct scene s;
        char *text;

        assert(asprintf(&text, "%s%s", machine, more) > 0);
        s = run_pass_over(text);
        assert(s.problems.n == 0);
        kind = node(&s, 1)->kind;
        free(text);
        done(&s);
        return kind;
}

static void test_cxl(void)
{
        struct scene s = run_pass_over(
                CXL_NODE SAYS(CXL "decoder3.0/locked", "1") SAYS(CXL "mem0/ram/qos_class", "42")
                        SAYS(PCI "0000:0d:00.0/vendor", "0x8086")
                                SAYS(PCI "0000:0d:00.0/device", "0x0d93")
                                        SAYS(CXL "region0/access0/read_latency", "300")
                                                SAYS(CXL "region0/access1/read_latency", "310"));
        const struct node_device *d = device(&s, 1, 0);
        const struct memdev *m = d->memdevs;

        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_CXL && node(&s, 1)->n_devices == 1);
        assert(d->kind == KIND_CXL && d->ways == 1 && d->n_memdevs == 1);
        assert_streq(d->dax, "dax0.0");
        assert_streq(d->region, "region0");
        assert(d->address == 0x140000000);
        assert(d->size == 268435456); /* the dax device's, which is decimal */
        assert_streq(m->name, "mem0");
        assert_streq(m->pci_address, "0000:0d:00.0");
        assert_streq(m->pci_id, "8086:0d93");
        assert(m->serial == 0x1234 && m->locked && m->has_qos_class && m->qos_class == 42);
        assert(d->access[ACCESS_LOCAL].v[READ_LATENCY] == 300);
        assert(d->access[ACCESS_CPU].v[READ_LATENCY] == 310);
        assert_key(&s, 1, "cxl:0x1234");
        assert(node(&s, 0)->kind == KIND_DRAM && node(&s, 0)->n_devices == 0);
        assert_key(&s, 0, "node0@0");
        done(&s);
}

/* What a device does not say stays unknown. */
static void test_cxl_silent(void)
{
        struct scene s = run_pass_over(
                NODES DAX_LINK("dax0.0", REGION0) DAX_KMEM("dax0.0") DAX_NODE("dax0.0", "1")
                        COMMIT("region0") WAYS("region0", "1") SAYS(CXL "region0/resource",
                                                                    "0xffffffffffffffff")
                                SAYS(CXL "region0/size", "0x20000000") TARGET("region0", "0", "3")
                                        DECODER("3") UPORT("3", "0000:0d:00.0", "mem0") CXL
                "decoder3.0/locked: 0\n" PCI "0000:0d:00.0/vendor: 0x8086\n");
        const struct memdev *m = device(&s, 1, 0)->memdevs;

        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_CXL);
        assert(device(&s, 1, 0)->address == 0 && device(&s, 1, 0)->size == 0);
        assert(device(&s, 1, 0)->n_memdevs == 1);
        assert(m->serial == 0 && !m->pci_id && !m->locked && !m->has_qos_class);
        assert_key(&s, 1, "node1@140000000"); /* no serial number, no cxl: */
        done(&s);
}

static void test_interleaved(void)
{
        struct scene s = run_pass_over(NODES DAX_DEVICE("dax0.0", "1", REGION0)
                                               REGION("region0", "2") MEM0 MEM1("region0", "1"));

        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_CXL && node(&s, 1)->n_devices == 1);
        assert(device(&s, 1, 0)->ways == 2 && device(&s, 1, 0)->n_memdevs == 2);
        assert_streq(device(&s, 1, 0)->memdevs[1].pci_address, "0000:0e:00.0");
        assert_key(&s, 1, "cxl:0x1+0x2");
        done(&s);
}

#define TWO_REGIONS                                                                                \
        DAX_DEVICE("dax0.0", "1", REGION0)                                                         \
        DAX_DEVICE("dax1.0", "1", REGION1)                                                         \
        REGION("region0", "1") REGION("region1", "1") MEM0 MEM1("region1", "0")

static void test_two_regions(void)
{
        struct scene s = run_pass_over(NODES TWO_REGIONS);

        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_CXL && node(&s, 1)->n_devices == 2);
        assert_streq(device(&s, 1, 0)->region, "region0");
        assert_streq(device(&s, 1, 1)->region, "region1");
        assert_key(&s, 1, "cxl:0x1+0x2");
        done(&s);
        /* in whatever order they were found */
        s = run_pass_over(NODES DAX_DEVICE("dax0.0", "1", REGION1)
                                  DAX_DEVICE("dax1.0", "1", REGION0) REGION("region0", "1")
                                          REGION("region1", "1") MEM0 MEM1("region1", "0"));
        assert(node(&s, 1)->devices[0].memdevs[0].serial == 2);
        assert_key(&s, 1, "cxl:0x1+0x2");
        done(&s);
        /* a device that memory was added from twice is one device */
        s = run_pass_over(NODES DAX_DEVICE("dax0.0", "1", REGION0)
                                  DAX_DEVICE("dax0.1", "1", REGION0) REGION("region0", "1") MEM0);
        assert(node(&s, 1)->n_devices == 2);
        assert_key(&s, 1, "cxl:0x1");
        done(&s);
        /* beside memory of which no serial number is known these two do not identify it */
        s = run_pass_over(NODES TWO_REGIONS DAX_DEVICE("dax2.0", "1", "platform/hmem.1"));
        assert(node(&s, 1)->kind == KIND_CXL && node(&s, 1)->n_devices == 3);
        assert_key(&s, 1, "node1@140000000");
        done(&s);
}

/* What was added to a node with CPUs leaves it DRAM. */
static void test_dram_with_region(void)
{
        struct scene s =
                run_pass_over(NODES DAX_DEVICE("dax0.0", "0", REGION0) REGION("region0", "1") MEM0);

        assert(s.problems.n == 0 && node(&s, 0)->kind == KIND_DRAM && node(&s, 0)->n_devices == 1);
        assert(device(&s, 0, 0)->kind == KIND_CXL && device(&s, 0, 0)->memdevs[0].serial == 1);
        assert(node(&s, 1)->n_devices == 0);
        assert_key(&s, 0, "node0@0");
        done(&s);
}

/* Firmware made the region, and Linux had its memory from the start: the address tells. */
static void test_without_dax(void)
{
        struct scene s =
                run_pass_over(NODES REGION("region0", "1") MEM0 CXL "dax_region0/size: 1\n");

        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_CXL && node(&s, 1)->n_devices == 1);
        assert(!device(&s, 1, 0)->dax && device(&s, 1, 0)->address == 0x140000000);
        assert(device(&s, 1, 0)->size == 0x20000000);
        assert_streq(device(&s, 1, 0)->region, "region0");
        assert_key(&s, 1, "cxl:0x1");
        done(&s);
        /* set up, and not where any memory is */
        s = run_pass_over(NODES COMMIT("region0") WAYS("region0", "1") MEM0 CXL
                          "region0/resource: 0x148000000\n" CXL "region0/size: 0x20000000\n");
        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_DRAM && node(&s, 1)->n_devices == 0);
        done(&s);
        /* nowhere yet */
        s = run_pass_over(NODES COMMIT("region0") WAYS("region0", "1") MEM0 CXL
                          "region0/resource: 0xffffffffffffffff\n" CXL
                          "region0/size: 0x20000000\n");
        assert(s.problems.n == 0 && node(&s, 1)->n_devices == 0);
        done(&s);
}

#define HMEM DAX_DEVICE("dax0.0", "1", "platform/hmem.1")

/* Memory that the firmware reserved for a special purpose: no DRAM, and HBM if it is fast. */
static void test_soft_reserved(void)
{
        struct scene s = run_pass_over(NODES HMEM);

        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_SPECIAL);
        assert_streq(node_kind_name(node(&s, 1)->kind), "special-purpose");
        assert(device(&s, 1, 0)->kind == KIND_SPECIAL && !device(&s, 1, 0)->region);
        assert(device(&s, 1, 0)->address == 0x140000000);
        assert_key(&s, 1, "node1@140000000");
        done(&s);
        assert(kind_of(NODES HMEM, ACCESS1(0, 100, 1000) ACCESS1(1, 100, 1999)) == KIND_SPECIAL);
        assert(kind_of(NODES HMEM, ACCESS1(0, 100, 1000) ACCESS1(1, 100, 2000)) == KIND_HBM);
        /* a dax device that hangs elsewhere, of which nothing is known */
        assert(kind_of(NODES, DAX_DEVICE("dax0.0", "1", "platform/hmem.x")) == KIND_UNKNOWN);
        assert(kind_of(NODES, DAX_DEVICE("dax0.0", "1", "platform/hmem.")) == KIND_UNKNOWN);
        assert(kind_of(NODES, DAX_DEVICE("dax0.0", "1", "platform/xhmem.1")) == KIND_UNKNOWN);
}

#define NDBUS "LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00/ndbus0/region5"

static void test_pmem(void)
{
        struct scene s = run_pass_over(NODES DAX_DEVICE("dax5.0", "1", NDBUS "/dax5.1"));

        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_PMEM);
        assert(device(&s, 1, 0)->kind == KIND_PMEM && !device(&s, 1, 0)->region);
        assert_key(&s, 1, "node1@140000000");
        done(&s);
        /* of a CXL device: persistent all the same */
        s = run_pass_over(NODES DAX_DEVICE("dax5.0", "1", NDBUS "/dax_region5"));
        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_PMEM && !device(&s, 1, 0)->region);
        done(&s);
}

#define VIRTIO_MEM            VIRTIO "virtio5 -> ../../../../devices/pci0000:00/0000:00:05.0/virtio5\n"
#define RANGE(n, first, last) MEMMAP n "/start: " first "\n" MEMMAP n "/end: " last "\n"
#define LOW_MEMORY            RANGE("0", "0x0", "0x9fbff")

/* No link leads from virtio-mem to its node; that firmware does not know the memory does. */
static void test_virtio(void)
{
        static const char virtio[] = NODES VIRTIO_MEM LOW_MEMORY;

        assert(kind_of(virtio, "") == KIND_VIRTIO);
        assert(kind_of(virtio, RANGE("1", "0x100000", "0x13fffffff")) == KIND_VIRTIO);
        assert(kind_of(virtio, RANGE("1", "0x148000000", "0x14fffffff")) == KIND_VIRTIO);
        assert(kind_of(virtio, RANGE("1", "0x147ffffff", "0x14fffffff")) == KIND_DRAM);
        assert(kind_of(virtio, RANGE("1", "0x140000000", "0x140000000")) == KIND_DRAM);
        assert(kind_of(virtio, RANGE("10", "0x100000000", "0x1ffffffff")) == KIND_DRAM);
        /* an entry that says nothing may be the one that holds it */
        assert(kind_of(virtio, MEMMAP "1/start: 0x100000\n") == KIND_DRAM);
        assert(kind_of(virtio, RANGE("1", "0x100000", "far")) == KIND_DRAM);
        assert(kind_of(virtio, HMEM) == KIND_SPECIAL);
        /* without such a device, and without a table */
        assert(kind_of(NODES LOW_MEMORY, "") == KIND_DRAM);
        assert(kind_of(NODES LOW_MEMORY, VIRTIO
                       "bind:\n" VIRTIO "module -> ../../../../module/virtio_mem\n") == KIND_DRAM);
        assert(kind_of(NODES VIRTIO_MEM, "") == KIND_DRAM);
}

/* Nodes with CPUs are DRAM, whatever the table leaves out. */
static void test_virtio_beside_cpus(void)
{
        struct scene s = run_pass_over(NODES VIRTIO_MEM RANGE("0", "0x100000", "0xfffff0"));

        assert(node(&s, 0)->kind == KIND_DRAM && node(&s, 1)->kind == KIND_VIRTIO);
        done(&s);
}

static void test_gpu(void)
{
        struct scene s = run_pass_over(
                NODES NVIDIA
                "0009:01:00.0/numa_status:\n  Node: 1\n"
                "  Status: online\n" PCI "0009:01:00.0/vendor: 0x10de\n" PCI
                "0009:01:00.0/device: 0x2342\n" NVIDIA "000a:01:00.0/numa_status: Node: -1\n" NVIDIA
                "000b:01:00.0/numa_status: disabled\n" NVIDIA
                "000c:01:00.0/numa_status: Node: 7\n" NVIDIA "000d:01:00.0/information: Node: 0\n");
        const struct memdev *m = device(&s, 1, 0)->memdevs;

        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_GPU && node(&s, 1)->n_devices == 1);
        assert(node(&s, 0)->n_devices == 0 && device(&s, 1, 0)->n_memdevs == 1);
        assert_streq(m->name, "0009:01:00.0");
        assert_streq(m->pci_address, "0009:01:00.0");
        assert_streq(m->pci_id, "10de:2342");
        assert(m->serial == 0);
        assert_key(&s, 1, "node1@140000000");
        done(&s);
}

#define GPU NVIDIA "0009:01:00.0/numa_status"

/* Texts of numa_status. A driver that says none is believed; what is not understood may be any. */
static void test_gpu_report(void)
{
        static const struct {
                const char *text;
                enum gpu_report report;
        } cases[] = {
                { ":\n  Node:      1\n  Status:    online\n  Address:   140000000\n", GPU_NODE },
                { ": Node: 1\n", GPU_NODE },
                { ": Node: -1\n", GPU_NO_NODE },
                { ":\n  Node:      -1\n  Status:    disabled\n", GPU_NO_NODE },
                { ": disabled\n", GPU_NO_NODE },
                { ": Node: -2\n", GPU_UNREADABLE },
                { ": Node: 1024\n", GPU_UNREADABLE },
                { ": Node: 99999999999999999999\n", GPU_UNREADABLE },
                { ": Node: 1x\n", GPU_UNREADABLE },
                { ": Node: \n", GPU_UNREADABLE },
                { ":\n", GPU_UNREADABLE },
                { ": Status: online\n", GPU_UNREADABLE },
                { " ! EIO\n", GPU_UNREADABLE },
                { " ! ENODEV\n", GPU_UNREADABLE }, /* there was one when it was opened */
                { " ! EINTR\n", GPU_UNREADABLE },
                { " ! EACCES\n", GPU_UNREADABLE },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char text[4096];
                struct scene s;

                snprintf(text, sizeof(text), NODES GPU "%s", cases[i].text);
                s = run_pass_over(text);
                assert(s.machine->n_gpus == 1 && s.machine->gpus[0].report == cases[i].report);
                assert(s.problems.n == (cases[i].report == GPU_UNREADABLE));
                assert(node(&s, 1)->may_be_gpu == (cases[i].report == GPU_UNREADABLE));
                assert((node(&s, 1)->kind == KIND_GPU) == (cases[i].report == GPU_NODE));
                done(&s);
        }
}

/* No file: nothing is said of any node. */
static void test_gpu_absent(void)
{
        struct scene s =
                run_pass_over(NODES GPU " ! ENOENT\n" NVIDIA "000a:01:00.0/information: x\n" NVIDIA
                                        "no-address/numa_status ! EIO\n");

        assert(s.machine->n_gpus == 0 && s.problems.n == 0);
        assert(node(&s, 1)->kind == KIND_DRAM && !node(&s, 1)->may_be_gpu);
        done(&s);
}

/* Which nodes may be the memory of a GPU that cannot be read: those without another sign. */
static void test_gpu_candidates(void)
{
        static const struct {
                const char *text;
                enum node_kind kind;
        } cases[] = {
                { NODES, KIND_UNKNOWN },
                { NODES ACCESS1(0, 100, 1000) ACCESS1(1, 100, 2000), KIND_UNKNOWN },
                { NODES VIRTIO_MEM RANGE("0", "0x100000", "0xfffff0"), KIND_UNKNOWN },
                { CXL_NODE, KIND_CXL },
                { NODES DAX_DEVICE("dax0.0", "1", NDBUS "/dax0.1"), KIND_PMEM },
                { NODES NVIDIA "000a:01:00.0/numa_status: Node: 1\n", KIND_GPU },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char text[4096];
                struct scene s;

                snprintf(text, sizeof(text), "%s" GPU " ! EIO\n", cases[i].text);
                s = run_pass_over(text);
                assert(node(&s, 1)->kind == cases[i].kind && s.problems.n == 1);
                assert(node(&s, 1)->may_be_gpu == (cases[i].kind == KIND_UNKNOWN));
                assert(node(&s, 0)->kind == KIND_DRAM && !node(&s, 0)->may_be_gpu);
                done(&s);
        }
}

static ssize_t read_below(void *data, const char *path, char *buf, size_t size)
{
        return sysroot_read(data, path, buf, size);
}

static int list_all_but_gpus(void *data, const char *path, sysroot_entry_fn fn, void *userdata)
{
        return startswith(path, "proc/driver/nvidia") ? -EACCES
                                                      : sysroot_list(data, path, fn, userdata);
}

static void free_below(void *data)
{
        sysroot_free(data);
}

/* The GPUs themselves cannot be listed: there may be any. */
static void test_gpus_unlisted(void)
{
        static const struct sysroot_ops ops = {
                .read = read_below,
                .list = list_all_but_gpus,
                .free = free_below,
        };
        struct scene s = { 0 };

        assert(sysroot_new(&ops, root_from(NODES), &s.root) == 0);
        run_pass(&s);
        assert(s.machine->gpus_unlisted && node(&s, 1)->may_be_gpu && s.problems.n == 1);
        assert(messages_have(&s.problems, "/proc/driver/nvidia/gpus: cannot be read: Permission"));
        done(&s);
}

static struct scene run_pass_remembering(const char *text, const char *state_text)
{
        struct scene s = { .root = root_from(text) };
        struct state *state;

        assert(state_parse(state_text, strlen(state_text), "state", &s.problems, &state) == 0);
        run_pass_knowing(&s, state);
        state_free(state);
        return s;
}

/* A node that was the GPU's stays it, and then no other may be. */
static void test_gpu_remembered(void)
{
        struct scene s = run_pass_remembering(NODES GPU " ! EIO\n", "gpu 0009:01:00.0 1\n");

        assert(node(&s, 1)->kind == KIND_GPU && !node(&s, 1)->may_be_gpu);
        assert_streq(device(&s, 1, 0)->memdevs[0].pci_address, "0009:01:00.0");
        assert(s.machine->gpus[0].report == GPU_REMEMBERED && s.problems.n == 1);
        assert_streq(s.problems.items[0],
                     "/" GPU
                     ": cannot be read: Input/output error; node 1 is kept as the memory of "
                     "this GPU");
        done(&s);
        /* while the driver is away */
        s = run_pass_remembering(NODES, "gpu 0009:01:00.0 1\n");
        assert(node(&s, 1)->kind == KIND_GPU && s.problems.n == 0);
        done(&s);
        /* not against what the driver says, nor against what another device says */
        s = run_pass_remembering(NODES GPU ": Node: -1\n", "gpu 0009:01:00.0 1\n");
        assert(node(&s, 1)->kind == KIND_DRAM && s.problems.n == 0);
        done(&s);
        s = run_pass_remembering(CXL_NODE GPU " ! EIO\n", "gpu 0009:01:00.0 1\n");
        assert(node(&s, 1)->kind == KIND_CXL && s.machine->gpus[0].report == GPU_UNREADABLE);
        done(&s);
        /* one of two is known, the other may be any other node */
        s = run_pass_remembering(NODES GPU " ! EIO\n" NVIDIA "000a:01:00.0/numa_status ! EIO\n",
                                 "gpu 0009:01:00.0 7\n");
        assert(node(&s, 1)->may_be_gpu && !node(&s, 0)->may_be_gpu && s.problems.n == 2);
        assert_streq(s.problems.items[0],
                     "/" GPU ": cannot be read: Input/output error; nodes that "
                     "may be its memory are left alone");
        done(&s);
}

/* Twice the bandwidth of the fastest node with CPUs. */
static void test_hbm(void)
{
        assert(kind_of(NODES ACCESS1(0, 100, 1000), ACCESS1(1, 100, 2000)) == KIND_HBM);
        assert(kind_of(NODES ACCESS1(0, 100, 1000), ACCESS1(1, 100, 1999)) == KIND_DRAM);
        assert(kind_of(NODES, ACCESS1(1, 100, 2000)) == KIND_DRAM); /* twice what? */
        /* of soft-reserved memory as well, but not where a device says what it is */
        assert(kind_of(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 100, 2000),
                       DAX_DEVICE("dax0.0", "1", "platform/hmem.1")) == KIND_HBM);
        assert(kind_of(CXL_NODE, ACCESS1(0, 100, 1000) ACCESS1(1, 100, 2000)) == KIND_CXL);
}

/* The kernel shows the values of memory once. They count also when it is back, and its kind with
 * them. */
static void test_hbm_replugged(void)
{
        struct scene s = run_pass_over(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 100, 2000));
        struct state *state;

        assert(state_new(&state) == 0);
        assert(state_remember_memory(state, node(&s, 1)->key, node(&s, 1)) == 0);
        done(&s);
        s = (struct scene){ .root = root_from(NODES ACCESS1(0, 100, 1000)) };
        run_pass_knowing(&s, state);
        assert(node(&s, 1)->remembered && node(&s, 1)->kind == KIND_HBM);
        state_free(state);
        done(&s);
}

#define DAX0 DAX_DEVICE("dax0.0", "1", REGION0)
#define LAST UPORT("3", "0000:0d:00.0", "mem0") SERIAL("mem0", "0x1")
#define HEAD DAX0 REGION("region0", "1")

#define EXPECTED_DECODER    "/" CXL "region0/target0: expected the name of an endpoint decoder"
#define EXPECTED_LINK(path) "/" CXL path ": expected a link to the memory device of region0"
#define EXPECTED_WAYS       "/" CXL "region0/interleave_ways: expected a number from 1 to 16"

/* The node is made of a CXL region, and of what devices is not known. */
static const struct {
        const char *chain, *complaint;
        bool absent; /* rather than unreadable */
} broken_regions[] = {
        /* the region itself */
        { DAX0, NULL, true },
        { DAX0 EXTENT("region0") WAYS("region0", "1") MEM0, NULL, true },
        { DAX0 CXL "region0/commit: 0\n" EXTENT("region0") WAYS("region0", "1") MEM0, NULL, true },
        { DAX0 CXL "region0/commit: yes\n" EXTENT("region0") WAYS("region0", "1") MEM0,
          "/" CXL "region0/commit: expected 0 or 1", false },
        { DAX0 CXL "region0/commit ! EACCES\n" EXTENT("region0") WAYS("region0", "1") MEM0,
          "/" CXL "region0/commit: cannot be read: Permission denied", false },
        { DAX0 COMMIT("region0") EXTENT("region0") MEM0, NULL, true }, /* just went away */
        { DAX0 REGION("region0", "0") MEM0, EXPECTED_WAYS, false },
        { DAX0 REGION("region0", "17") MEM0, EXPECTED_WAYS, false },
        { DAX0 REGION("region0", "18446744073709551617") MEM0, EXPECTED_WAYS, false },
        { DAX0 REGION("region0", "-1") MEM0, EXPECTED_WAYS, false },
        { DAX0 REGION("region0", "two") MEM0, EXPECTED_WAYS, false },
        { DAX0 COMMIT("region0") CXL "region0/interleave_ways:\n" MEM0, EXPECTED_WAYS, false },
        /* its targets */
        { HEAD, EXPECTED_DECODER, true },
        { HEAD CXL "region0/target0:\n" DECODER("3") LAST, EXPECTED_DECODER, false },
        { HEAD CXL "region0/target0: ../decoder3.0\n" DECODER("3") LAST, EXPECTED_DECODER, false },
        { HEAD CXL "region0/target0: "
                   "decoder3333333333333333333333333333333333333333333333333333333333333333333.0\n",
          EXPECTED_DECODER, false },
        /* from there on */
        { HEAD TARGET("region0", "0", "3") LAST, EXPECTED_LINK("decoder3.0"), true },
        { HEAD TARGET("region0", "0", "3") CXL "decoder3.0 -> decoder3.0\n" LAST,
          EXPECTED_LINK("decoder3.0"), false }, /* a link to itself */
        { HEAD TARGET("region0", "0", "3") CXL "decoder3.0 -> /decoder3.0\n" LAST,
          EXPECTED_LINK("decoder3.0"), false },
        { HEAD TARGET("region0", "0", "3") CXL "decoder3.0 -> endpoint3/\n" LAST,
          EXPECTED_LINK("decoder3.0"), false },
        { HEAD TARGET("region0", "0", "3") CXL "decoder3.0 -> ./decoder3.0/decoder3.0\n" LAST,
          EXPECTED_LINK("decoder3.0/uport"), true },
        { HEAD TARGET("region0", "0", "3") CXL "decoder3.0: no link\n" LAST,
          EXPECTED_LINK("decoder3.0"), false },
        { HEAD TARGET("region0", "0", "3") DECODER("3"), EXPECTED_LINK("endpoint3/uport"), true },
        { HEAD TARGET("region0", "0", "3") DECODER("3") CXL "endpoint3/uport -> uport\n",
          EXPECTED_LINK("endpoint3/uport"), false },
        { HEAD TARGET("region0", "0", "3") DECODER("3") CXL "endpoint3/uport ! EACCES\n",
          EXPECTED_LINK("endpoint3/uport"), false },
};

static void test_broken_regions(void)
{
        for (size_t i = 0; i < ELEMENTSOF(broken_regions); i++) {
                const char *complaint = broken_regions[i].complaint;
                struct scene s;
                char *text;

                assert(asprintf(&text, "%s%s", NODES, broken_regions[i].chain) > 0);
                s = run_pass_over(text);
                free(text);
                assert(s.problems.n == (complaint != NULL));
                if (complaint)
                        assert_streq(s.problems.items[0], complaint);
                assert(node(&s, 1)->kind == KIND_CXL && node(&s, 1)->n_devices == 1);
                assert(device(&s, 1, 0)->n_memdevs == 0);
                assert_streq(device(&s, 1, 0)->region, "region0");
                assert_key(&s, 1, "node1@140000000");
                assert(node_is_unreadable(node(&s, 1), FACT_DEVICES) != broken_regions[i].absent);
                /* the memory may be that of a device with a serial number */
                assert(!node(&s, 1)->key != broken_regions[i].absent);
                done(&s);
        }
}

/* One of two devices cannot be found: that is reported, and the other one is still known. */
static void test_half_broken_region(void)
{
        struct scene s = run_pass_over(NODES DAX0 REGION("region0", "2") MEM0);

        assert(s.problems.n == 1 &&
               messages_have(&s.problems, "/" CXL "region0/target1: expected"));
        assert(node(&s, 1)->kind == KIND_CXL && device(&s, 1, 0)->ways == 2);
        assert(device(&s, 1, 0)->n_memdevs == 1 && device(&s, 1, 0)->memdevs[0].serial == 1);
        assert_key(&s, 1, "node1@140000000"); /* cxl:0x1 is that device alone */
        done(&s);
}

/* A region that is not in force, and no dax device names it, is none. */
static void test_idle_region(void)
{
        struct scene s = run_pass_over(NODES CXL "region0/commit: 0\n" EXTENT("region0")
                                               WAYS("region0", "1") MEM0);

        assert(s.problems.n == 0 && node(&s, 1)->kind == KIND_DRAM && node(&s, 1)->n_devices == 0);
        assert(node(&s, 0)->n_devices == 0); /* nor is it at address 0 */
        done(&s);
}

#define LONG_NAME                                                                                  \
        "dax0123456789012345678901234567890123456789012345678901234567890123456789012345678901"    \
        "2345678901234567890123456789.0"
#define EXPECTED_NODE "/" DAX "dax0.0/target_node: expected the number of a node"

/* No part of a node, whatever else they are. */
static const struct {
        const char *dax, *complaint;
} other_dax[] = {
        { DAX_LINK("dax0.0", REGION0) DAX_KMEM("dax0.0"), NULL },
        { DAX_DEVICE("dax0.0", "-1", REGION0), NULL },
        { DAX_DEVICE("dax0.0", "5", REGION0), NULL }, /* not there */
        { DAX_DEVICE("dax0.0", "1024", REGION0), EXPECTED_NODE },
        { DAX_DEVICE("dax0.0", "node1", REGION0), EXPECTED_NODE },
        { DAX_DEVICE("dax0.0", "1 1", REGION0), EXPECTED_NODE },
        { DAX_LINK("dax0.0", REGION0) DAX_KMEM("dax0.0") DAX "dax0.0/target_node:\n",
          EXPECTED_NODE },
        { DAX_LINK("dax0.0", REGION0) DAX_NODE("dax0.0", "1"), NULL }, /* no driver */
        { DAX_LINK("dax0.0", REGION0) DAX_NODE("dax0.0", "1") DAX
          "dax0.0/driver -> ../../../../bus/dax/drivers/device_dax\n",
          NULL },
        { DAX_LINK("dax0.0", REGION0) DAX_NODE("dax0.0", "1") DAX "dax0.0/driver -> driver\n",
          NULL },
        { DAX_LINK("dax0.0", REGION0) DAX_NODE("dax0.0", "1") DAX "dax0.0/driver ! EACCES\n",
          "/" DAX "dax0.0/driver: cannot be read: Permission denied" },
        { DAX_LINK("dax0.0", REGION0) DAX_KMEM("dax0.0") DAX "dax0.0/target_node ! EIO\n",
          "/" DAX "dax0.0/target_node: cannot be read: Input/output error" },
        { DAX_LINK("dax0.0", REGION0) DAX_KMEM("dax0.0") DAX "dax0.0/target_node ! ENODEV\n",
          "/" DAX "dax0.0/target_node: cannot be read: No such device" },
        { DAX_DEVICE(LONG_NAME, "1", REGION0), NULL },
        { DAX_DEVICE("xad0.0", "1", REGION0), NULL },
};

static void test_other_dax(void)
{
        for (size_t i = 0; i < ELEMENTSOF(other_dax); i++) {
                const char *complaint = other_dax[i].complaint;
                struct scene s;
                char *text;

                assert(asprintf(&text, "%s%s", NODES, other_dax[i].dax) > 0);
                s = run_pass_over(text);
                free(text);
                assert(s.problems.n == (complaint != NULL));
                if (complaint)
                        assert_streq(s.problems.items[0], complaint);
                assert(node(&s, 1)->n_devices == 0);
                /* a device whose node is not known may be that of any node without one */
                assert(node(&s, 1)->kind == (complaint ? KIND_UNKNOWN : KIND_DRAM));
                assert(node_is_unreadable(node(&s, 1), FACT_DEVICES) == (complaint != NULL));
                assert(node(&s, 0)->kind == KIND_DRAM && node(&s, 0)->unreadable == 0);
                done(&s);
        }
}

/* A machine's text where a file, or a link, answers an error. */
static char *make_unreadable(const char *text, const char *path, const char *error)
{
        const char *line = text;
        char *made;

        for (;; line = strchr(line, '\n') + 1) {
                const char *rest = startswith(line, path);

                if (rest && (*rest == ':' || *rest == ' '))
                        break;
        }
        assert(asprintf(&made, "%.*s%s ! %s%s", (int)(line - text), text, path, error,
                        strchr(line, '\n')) > 0);
        return made;
}

/* What was known of the devices stays known while they cannot be read, and so does the key. */
static void test_devices_kept(void)
{
        static const char *const files[] = {
                CXL "region0/commit",
                CXL "mem0/serial",
                DAX "dax0.0/target_node",
                DAX "dax0.0",
        };

        for (size_t k = 0; k < 2 * ELEMENTSOF(files); k++) {
                size_t i = k / 2;
                struct scene s = run_pass_over(CXL_NODE);
                char *text = make_unreadable(CXL_NODE, files[i], k % 2 == 0 ? "EIO" : "ENODEV");

                for (unsigned pass = 0; pass < 2; pass++) {
                        run_pass_over_next(&s, text);
                        assert(s.problems.n == (i == 1 ? 0 : 1));
                        /* where the dax device does not tell, the region's address does */
                        assert(node_is_kept(node(&s, 1), FACT_DEVICES) == (i != 2));
                        assert(node(&s, 1)->kind == KIND_CXL && node(&s, 1)->n_devices == 1);
                        assert(device(&s, 1, 0)->memdevs[0].serial == 0x1234);
                        assert_streq(device(&s, 1, 0)->memdevs[0].pci_address, "0000:0d:00.0");
                        assert_streq(node(&s, 1)->key, "cxl:0x1234");
                }
                free(text);
                run_pass_over_next(&s, NODES); /* that there is no device is known */
                assert(node(&s, 1)->unreadable == 0 && node(&s, 1)->n_devices == 0);
                assert_streq(node(&s, 1)->key, "node1@140000000");
                done(&s);
        }
}

/* Memory that was there and was no GPU's is none now that its driver cannot tell. */
static void test_gpu_kept(void)
{
        struct scene s = run_pass_over(NODES GPU ": Node: -1\n");

        run_pass_over_next(&s, NODES GPU " ! EIO\n");
        assert(!node(&s, 1)->may_be_gpu && node(&s, 1)->kind == KIND_DRAM);
        assert(node_is_kept(node(&s, 1), FACT_DEVICES) && s.problems.n == 1);
        /* other memory under the same number may be its */
        run_pass_over_next(&s, NODES GPU " ! EIO\n" BLOCK(1, 9));
        assert(node(&s, 1)->may_be_gpu && node_is_unreadable(node(&s, 1), FACT_DEVICES));
        done(&s);
}

/* Its memory is not online yet. */
static void test_target_without_memory(void)
{
        struct scene s = run_pass_over(NODE "online: 0-1\n" NODE "has_memory: 0\n" NODE
                                            "has_cpu: 0\n" MEMINFO(0, 9) MEMINFO(1, 0)
                                                    DAX_DEVICE("dax0.0", "1", REGION0));

        assert(s.problems.n == 0 && node(&s, 1)->n_devices == 0);
        assert(node(&s, 1)->kind == KIND_UNKNOWN);
        done(&s);
}

/* A dax device whose own link leads nowhere that tells: something, and not known what. */
static void test_dangling_dax(void)
{
        static const char *const links[] = {
                "",
                DAX "dax0.0 -> dax0.0\n",
                DAX "dax0.0 -> ../../gone\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(links); i++)
                assert(kind_of(NODES DAX_KMEM("dax0.0") DAX_NODE("dax0.0", "1"), links[i]) ==
                       KIND_UNKNOWN);
        /* a region by no name that Linux gives */
        assert(kind_of(NODES, DAX_DEVICE("dax0.0", "1", ROOT0 "dax_regionx")) == KIND_CXL);
        assert(kind_of(NODES, DAX_DEVICE("dax0.0", "1", ROOT0 "dax_region99999999999")) ==
               KIND_CXL);
}

/* Nodes without memory blocks, and without their size. */
static void test_no_key(void)
{
        struct scene s = run_pass_over(NODE "online: 0\n" NODE "has_memory: 0\n" NODE
                                            "has_cpu: 0\n" MEMINFO(0, 9) BLOCK_SIZE);

        assert_key(&s, 0, NULL);
        done(&s);
        s = run_pass_over(NODE "online: 0\n" NODE "has_memory: 0\n" NODE
                               "has_cpu: 0\n" MEMINFO(0, 9) BLOCK(0, 7) VIRTIO_MEM LOW_MEMORY);
        assert_key(&s, 0, NULL);
        done(&s);
}

/* A capture holds what was read, and is read the same. */
static void assert_captured(const char *text)
{
        struct messages errors = MESSAGES_INIT;
        struct scene s = { .root = root_from(text) }, again = { 0 };
        struct capture *capture;
        char *captured;

        assert(capture_new(&capture) == 0);
        sysroot_record(s.root, capture_add, capture);
        sysroot_read_all(s.root);
        run_pass(&s);
        assert(capture_format(capture, &captured) == 0);
        assert(capture_open(captured, strlen(captured), "again", &errors, &again.root) == 0);
        sysroot_record(s.root, NULL, NULL);
        run_pass(&again);
        assert(again.problems.n == s.problems.n);
        assert(node(&again, 1)->kind == node(&s, 1)->kind);
        assert(node(&again, 1)->n_devices == node(&s, 1)->n_devices);
        for (size_t i = 0; i < node(&s, 1)->n_devices; i++)
                assert(device(&again, 1, i)->n_memdevs == device(&s, 1, i)->n_memdevs &&
                       device(&again, 1, i)->address == device(&s, 1, i)->address);
        for (unsigned id = 0; id < 2; id++) {
                char *key;

                assert(key_read(s.root, node(&s, id), &key) == 0);
                assert_key(&again, id, key);
                free(key);
        }
        free(captured);
        capture_free(capture);
        done(&again);
        done(&s);
}

static void test_captured(void)
{
        assert_captured(CXL_NODE);
        assert_captured(NODES TWO_REGIONS);
        assert_captured(NODES REGION("region0", "1") MEM0);
        assert_captured(NODES DAX_DEVICE("dax0.0", "1", "platform/hmem.1"));
        assert_captured(NODES VIRTIO_MEM LOW_MEMORY);
        assert_captured(NODES VIRTIO_MEM RANGE("0", "0x0", "0xfffffffff"));
        assert_captured(NODES NVIDIA "0009:01:00.0/numa_status:\n  Node: 1\n  Status: online\n");
        for (size_t i = 0; i < ELEMENTSOF(broken_regions); i++) {
                char *text;

                assert(asprintf(&text, "%s%s", NODES, broken_regions[i].chain) > 0);
                assert_captured(text);
                free(text);
        }
}

/* Links as a directory has them, where the kernel (and not a capture) follows them. */

static char directory[] = "/tmp/numatier-test-XXXXXX";

static const char *below(const char *path)
{
        static char whole[4096];

        assert(snprintf(whole, sizeof(whole), "%s/%s", directory, path) < (int)sizeof(whole));
        for (char *slash = whole + strlen(directory) + 1; (slash = strchr(slash, '/')); slash++) {
                *slash = '\0';
                assert(mkdir(whole, 0755) == 0 || errno == EEXIST);
                *slash = '/';
        }
        return whole;
}

static void put(const char *path, const char *text)
{
        FILE *f = fopen(below(path), "we");

        assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void put_link(const char *path, const char *target)
{
        assert(symlink(target, below(path)) == 0);
}

static void put_machine(void)
{
        put(NODE "online", "0-1\n");
        put(NODE "has_memory", "0-1\n");
        put(NODE "has_cpu", "0\n");
        put(NODE "node0/meminfo", "Node 0 MemTotal: 9 kB\n");
        put(NODE "node1/meminfo", "Node 1 MemTotal: 9 kB\n");
        put(NODE "node1/memory40", "");
        put("sys/devices/system/memory/block_size_bytes", "8000000\n");
        put_link(DAX "dax0.0", "../../../devices/region0/dax_region0/dax0.0");
        put("sys/devices/region0/dax_region0/dax0.0/target_node", "1\n");
        put_link("sys/devices/region0/dax_region0/dax0.0/driver", "../../bus/dax/drivers/kmem");
        put_link(DAX "dax1.0", "dax1.0");                /* itself */
        put_link(DAX "dax2.0", "../../../devices/gone"); /* nothing */
        put(CXL "region0/commit", "1\n");
        put(CXL "region0/interleave_ways", "2\n");
        put(CXL "region0/target0", "decoder3.0\n");
        put(CXL "region0/target1", "decoder4.0\n");
        put_link(CXL "decoder3.0", "decoder3.0");
        put_link(CXL "decoder4.0", "../endpoint4/decoder4.0");
        put_link(CXL "endpoint4/uport", "uport");
}

static void test_links(void)
{
        char command[128];
        struct scene s = { 0 };

        assert(mkdtemp(directory));
        put_machine();
        assert(sysroot_open(directory, &s.root) == 0);
        run_pass(&s);
        assert(s.problems.n == 3 && node(&s, 1)->kind == KIND_CXL && node(&s, 1)->n_devices == 1);
        assert(messages_have(&s.problems,
                             "/" DAX "dax1.0/driver: cannot be read: Too many levels"));
        assert(messages_have(&s.problems, EXPECTED_LINK("decoder3.0")));
        assert(messages_have(&s.problems, EXPECTED_LINK("endpoint4/uport")));
        assert_key(&s, 1, "node1@140000000");
        done(&s);
        snprintf(command, sizeof(command), "rm -r %s", directory);
        assert(system(command) == 0);
}

int main(void)
{
        test_cxl();
        test_cxl_silent();
        test_interleaved();
        test_two_regions();
        test_dram_with_region();
        test_without_dax();
        test_soft_reserved();
        test_pmem();
        test_virtio();
        test_virtio_beside_cpus();
        test_gpu();
        test_gpu_report();
        test_gpu_absent();
        test_gpu_candidates();
        test_gpus_unlisted();
        test_gpu_remembered();
        test_hbm();
        test_hbm_replugged();
        test_broken_regions();
        test_half_broken_region();
        test_idle_region();
        test_other_dax();
        test_devices_kept();
        test_gpu_kept();
        test_target_without_memory();
        test_dangling_dax();
        test_no_key();
        test_captured();
        test_links();
}
