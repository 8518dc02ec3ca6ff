/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "blocks.h"
#include "identity-cxl.h"
#include "identity-gpu.h"
#include "machine.h"

#define DAX_DIR     "sys/bus/dax/devices"
#define VIRTIO_DIR  "sys/bus/virtio/drivers/virtio_mem"
#define FIRMWARE    "sys/firmware/memmap"
#define PATH_SIZE   256
#define TARGET_SIZE 1024

/* From here on memory is high-bandwidth memory, beside the fastest node with CPUs. hwloc's
 * heuristics (hwloc/topology-linux.c) draw the line there too. */
#define HBM_RATIO 2

struct look {
        struct sysroot *root;
        struct machine *machine;
        struct messages *problems;
};

const char *node_kind_name(enum node_kind k)
{
        static const char *const names[] = {
                [KIND_UNKNOWN] = "unknown", [KIND_DRAM] = "dram", [KIND_CXL] = "cxl",
                [KIND_PMEM] = "pmem",       [KIND_HBM] = "hbm",   [KIND_GPU] = "gpu",
                [KIND_VIRTIO] = "virtio",
        };

        return names[k];
}

static void device_done(struct node_device *d)
{
        for (size_t i = 0; i < d->n_memdevs; i++) {
                free(d->memdevs[i].name);
                free(d->memdevs[i].pci_address);
                free(d->memdevs[i].pci_id);
        }
        free(d->memdevs);
        free(d->dax);
        free(d->region);
}

void node_devices_free(struct node_device *devices, size_t n)
{
        for (size_t i = 0; i < n; i++)
                device_done(&devices[i]);
        free(devices);
}

/* Takes the device over, whatever it returns. */
static int add_device(struct node *n, struct node_device *d)
{
        struct node_device *devices = reallocarray(n->devices, n->n_devices + 1, sizeof(*devices));

        if (!devices) {
                device_done(d);
                return -ENOMEM;
        }
        n->devices = devices;
        n->devices[n->n_devices++] = *d;
        *d = (struct node_device){ 0 };
        return 0;
}

int identity_add_device(struct node *n, struct node_device *d, int made)
{
        if (made == 0)
                return add_device(n, d);
        device_done(d);
        return made;
}

static struct node *find_node(struct machine *m, unsigned id)
{
        struct node *n = (struct node *)machine_get_node(m, id);

        return n && n->has_memory ? n : NULL;
}

static const char *last_component(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* The dax devices that the kmem driver made into memory of a node. */

/* drivers/dax: below which device it hangs says what it is. */
static int trace_dax(struct look *l, const char *name, struct node_device *d)
{
        char path[PATH_SIZE], target[TARGET_SIZE];
        const char *region;

        snprintf(path, sizeof(path), DAX_DIR "/%s", name);
        if (sysroot_readlink(l->root, path, target, sizeof(target)) < 0)
                return 0;
        if (strstr(target, "/ndbus"))
                d->kind = KIND_PMEM;
        region = strstr(target, "/dax_region");
        if (!region || d->kind == KIND_PMEM)
                return 0;
        d->kind = KIND_CXL;
        if (asprintf(&d->region, "region%.*s", (int)strcspn(region + strlen("/dax_region"), "/"),
                     region + strlen("/dax_region")) < 0) {
                d->region = NULL;
                return -ENOMEM;
        }
        return 0;
}

static bool is_bound_to_kmem(struct look *l, const char *name)
{
        char path[PATH_SIZE], target[TARGET_SIZE];

        snprintf(path, sizeof(path), DAX_DIR "/%s/driver", name);
        return sysroot_readlink(l->root, path, target, sizeof(target)) == 0 &&
               streq(last_component(target), "kmem");
}

/* resource is for root alone; what may not be read stays unknown. */
static void read_extent(struct look *l, const char *name, struct node_device *d)
{
        char path[PATH_SIZE], buf[64];
        unsigned long long v;

        snprintf(path, sizeof(path), DAX_DIR "/%s/resource", name);
        if (sysroot_read(l->root, path, buf, sizeof(buf)) >= 0 &&
            parse_u64(buf, 16, UINT64_MAX, &v) == 0)
                d->address = v;
        snprintf(path, sizeof(path), DAX_DIR "/%s/size", name);
        if (sysroot_read(l->root, path, buf, sizeof(buf)) >= 0 &&
            parse_u64(buf, 10, UINT64_MAX, &v) == 0)
                d->size = v;
}

/* target_node is a node, or -1. */
static struct node *find_target(struct look *l, const char *name)
{
        char path[PATH_SIZE], buf[64];
        unsigned id;

        snprintf(path, sizeof(path), DAX_DIR "/%s/target_node", name);
        if (sysroot_read(l->root, path, buf, sizeof(buf)) < 0 || buf[0] == '-')
                return NULL;
        if (parse_unsigned(buf, NODE_MAX - 1, &id) < 0) {
                messages_add(l->problems, "/%s: expected the number of a node", path);
                return NULL;
        }
        return find_node(l->machine, id);
}

static int add_dax(const char *name, void *userdata)
{
        struct look *l = userdata;
        struct node_device d = { 0 };
        struct node *n;
        int r;

        if (!startswith(name, "dax") || strlen(name) > 64 || !is_bound_to_kmem(l, name))
                return 0;
        n = find_target(l, name);
        if (!n)
                return 0;
        d.dax = strdup(name);
        r = d.dax ? trace_dax(l, name, &d) : -ENOMEM;
        if (r == 0 && d.region)
                r = identity_read_region(l->root, &d, l->problems);
        if (r < 0) {
                device_done(&d);
                return r;
        }
        read_extent(l, name, &d);
        return add_device(n, &d);
}

/* CXL regions whose memory Linux had from the start: firmware made them, and no dax device stands
 * between. Their addresses tell. */

static bool is_known_region(const struct machine *m, const char *name)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                for (size_t j = 0; j < m->nodes[i].n_devices; j++)
                        if (m->nodes[i].devices[j].region &&
                            streq(m->nodes[i].devices[j].region, name))
                                return true;
        return false;
}

static struct node *find_node_at(struct look *l, uint64_t address)
{
        for (size_t i = 0; i < l->machine->n_nodes; i++) {
                struct node *n = &l->machine->nodes[i];

                if (n->has_memory && blocks_hold_address(l->root, n->id, address))
                        return n;
        }
        return NULL;
}

static int add_region(const char *name, void *userdata)
{
        struct look *l = userdata;
        struct node_device d = { .kind = KIND_CXL };
        struct node *n;
        int r;

        if (!identity_is_region_name(name) || is_known_region(l->machine, name))
                return 0;
        d.region = strdup(name);
        r = d.region ? identity_read_region(l->root, &d, l->problems) : -ENOMEM;
        n = r == 0 && d.size > 0 ? find_node_at(l, d.address) : NULL;
        if (n)
                return add_device(n, &d);
        device_done(&d);
        return r;
}

/* virtio-mem has no link to a node. But its memory is in no table of the firmware: drivers add it
 * (mm/memory_hotplug.c:add_memory_driver_managed), and of those the dax devices and the GPUs' are
 * known. */

static int is_virtio_device(const char *name, void *userdata)
{
        struct look *l = userdata;
        char path[PATH_SIZE], target[TARGET_SIZE];

        if (!startswith(name, "virtio") || strlen(name) > 32)
                return 0;
        snprintf(path, sizeof(path), VIRTIO_DIR "/%s", name);
        return sysroot_readlink(l->root, path, target, sizeof(target)) == 0;
}

struct range_search {
        struct look *look;
        uint64_t address;
};

static int read_bound(struct look *l, const char *entry, const char *name, unsigned long long *ret)
{
        char path[PATH_SIZE], buf[64];
        ssize_t n;

        snprintf(path, sizeof(path), FIRMWARE "/%s/%s", entry, name);
        n = sysroot_read(l->root, path, buf, sizeof(buf));
        return n < 0 ? (int)n : parse_u64(buf, 16, UINT64_MAX, ret);
}

/* 1: the address is in this entry; an entry that cannot be read may hold anything. */
static int holds_address(const char *entry, void *userdata)
{
        struct range_search *s = userdata;
        unsigned long long start, end;

        if (!isdigit((unsigned char)entry[0]) || strlen(entry) > 16)
                return 0;
        if (read_bound(s->look, entry, "start", &start) < 0 ||
            read_bound(s->look, entry, "end", &end) < 0)
                return 1;
        return s->address >= start && s->address <= end;
}

static bool is_driver_managed(struct look *l, const struct node *n)
{
        struct range_search search = { .look = l };

        return blocks_find_lowest(l->root, n->id, &search.address) == 0 &&
               sysroot_list(l->root, FIRMWARE, holds_address, &search) == 0;
}

static void find_virtio(struct look *l)
{
        if (sysroot_list(l->root, VIRTIO_DIR, is_virtio_device, l) <= 0)
                return;
        for (size_t i = 0; i < l->machine->n_nodes; i++) {
                struct node *n = &l->machine->nodes[i];

                if (n->has_memory && !n->has_cpu && n->n_devices == 0 && !n->may_be_gpu &&
                    is_driver_managed(l, n))
                        n->kind = KIND_VIRTIO;
        }
}

/* The kinds */

static uint32_t read_bandwidth(const struct node *n)
{
        return n->access[ACCESS_CPU].v[READ_BANDWIDTH] ?: n->access[ACCESS_LOCAL].v[READ_BANDWIDTH];
}

static uint32_t best_cpu_bandwidth(const struct machine *m)
{
        uint32_t best = 0;

        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_cpu && read_bandwidth(&m->nodes[i]) > best)
                        best = read_bandwidth(&m->nodes[i]);
        return best;
}

static enum node_kind kind_of_devices(const struct node *n)
{
        static const enum node_kind telling[] = { KIND_GPU, KIND_CXL, KIND_PMEM };

        for (size_t k = 0; k < ELEMENTSOF(telling); k++)
                for (size_t i = 0; i < n->n_devices; i++)
                        if (n->devices[i].kind == telling[k])
                                return telling[k];
        return KIND_UNKNOWN;
}

/* What stands beside CPUs is DRAM, whatever else was added to it. Firmware has no word for HBM: its
 * bandwidth tells. Soft-reserved memory (a dax device of which no more is known) may be anything.
 */
static enum node_kind judge_kind(const struct machine *m, const struct node *n)
{
        uint32_t cpu = best_cpu_bandwidth(m);
        enum node_kind kind = n->has_cpu ? KIND_DRAM : kind_of_devices(n);

        if (kind != KIND_UNKNOWN)
                return kind;
        if (cpu > 0 && read_bandwidth(n) / HBM_RATIO >= cpu)
                return KIND_HBM;
        return n->n_devices == 0 ? KIND_DRAM : KIND_UNKNOWN;
}

int identity_read(struct sysroot *root, struct machine *m, const struct state *state,
                  struct messages *problems)
{
        struct look l = { root, m, problems };
        int r;

        r = sysroot_list(root, DAX_DIR, add_dax, &l);
        if (r != -ENOMEM)
                r = sysroot_list(root, CXL_DIR, add_region, &l);
        if (r != -ENOMEM)
                r = identity_read_gpus(root, m, state, problems);
        if (r == -ENOMEM)
                return r;
        find_virtio(&l);
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && m->nodes[i].kind == KIND_UNKNOWN &&
                    !m->nodes[i].may_be_gpu)
                        m->nodes[i].kind = judge_kind(m, &m->nodes[i]);
        return 0;
}

/* The key */

static int compare_serials(const void *a, const void *b)
{
        const uint64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static char *join_serials(const uint64_t *serials, size_t n)
{
        char *text = NULL;
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return NULL;
        for (size_t i = 0; i < n; i++)
                fprintf(f, "%s0x%" PRIx64, i > 0 ? "+" : "cxl:", serials[i]);
        if (fclose(f) == 0)
                return text;
        free(text);
        return NULL;
}

/* In their own order, for the kernel lists devices in that of their coming; and each once, for a
 * device may be in several regions. */
static int key_of_serials(const struct node *n, char **ret)
{
        _cleanup_(freep) uint64_t *serials = NULL;
        size_t allocated = 0, count = 0, unique = 0;

        for (size_t i = 0; i < n->n_devices; i++)
                for (size_t j = 0; j < n->devices[i].n_memdevs; j++) {
                        if (grow(&serials, &allocated, count + 1, sizeof(*serials)) < 0)
                                return -ENOMEM;
                        serials[count++] = n->devices[i].memdevs[j].serial;
                }
        qsort(serials, count, sizeof(*serials), compare_serials);
        for (size_t i = 0; i < count; i++)
                if (unique == 0 || serials[unique - 1] != serials[i])
                        serials[unique++] = serials[i];
        *ret = join_serials(serials, unique);
        return *ret ? 0 : -ENOMEM;
}

/* All its memory is CXL devices' that have a serial number each. */
static bool has_serials(const struct node *n)
{
        for (size_t i = 0; i < n->n_devices; i++) {
                if (n->devices[i].kind != KIND_CXL || n->devices[i].n_memdevs == 0 ||
                    n->devices[i].n_memdevs < n->devices[i].ways)
                        return false;
                for (size_t j = 0; j < n->devices[i].n_memdevs; j++)
                        if (n->devices[i].memdevs[j].serial == 0)
                                return false;
        }
        return n->kind == KIND_CXL && n->n_devices > 0;
}

int identity_read_key(struct sysroot *root, const struct node *node, char **ret)
{
        uint64_t address;
        int r;

        *ret = NULL;
        if (has_serials(node))
                return key_of_serials(node, ret);
        r = blocks_find_lowest(root, node->id, &address);
        if (r < 0)
                return r;
        if (asprintf(ret, "node%u@%" PRIx64, node->id, address) >= 0)
                return 0;
        *ret = NULL;
        return -ENOMEM;
}
