/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/block-devices.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/blocks.h"
#include "facts/cxl.h"
#include "facts/virtio.h"

#define NAME_SIZE 64

/* What is read once for all blocks. */
struct search {
        struct sysroot *root;
        const struct block_table *table;
        const struct machine *machine;
        struct messages *problems;
        struct block_devices *devices;
        int has_virtio; /* as virtio_has_device() says */
        struct firmware_map map;
};

static void item_done(struct block_device *d)
{
        node_device_done(&d->device);
        free(d->ranges);
}

/* Takes the item over, whatever it returns. */
static int add_item(struct block_devices *d, struct block_device *item)
{
        if (array_grow(&d->items, &d->allocated, d->n + 1, sizeof(*d->items)) < 0) {
                item_done(item);
                return -ENOMEM;
        }
        d->items[d->n++] = *item;
        return 0;
}

static int add_dax(struct dax_device *dax, void *userdata)
{
        struct search *s = userdata;
        struct block_device item = {
                .origin = ORIGIN_DAX,
                .device = dax->device,
                .is_kmem = dax->is_kmem,
                .target = dax->target,
        };

        item.ranges_error = dax_read_ranges(s->root, &item.device, &item.ranges, &item.n_ranges);
        if (item.ranges_error == -ENOMEM) {
                item_done(&item);
                return -ENOMEM;
        }
        return add_item(s->devices, &item);
}

static bool is_known_region(const struct block_devices *d, const char *name)
{
        for (size_t i = 0; i < d->n; i++)
                if (d->items[i].device.region && streq(d->items[i].device.region, name))
                        return true;
        return false;
}

static int add_region(struct node_device *d, void *userdata)
{
        struct search *s = userdata;
        struct block_device item = {
                .origin = ORIGIN_REGION,
                .device = *d,
                .target = DAX_NO_TARGET,
        };

        if (is_known_region(s->devices, d->region)) {
                item_done(&item);
                return 0;
        }
        item.ranges = calloc(1, sizeof(*item.ranges));
        if (!item.ranges) {
                item_done(&item);
                return -ENOMEM;
        }
        item.ranges[item.n_ranges++] = (struct dax_range){ d->address, d->address + d->size };
        return add_item(s->devices, &item);
}

/* kmem leaves out what does not fill a whole block (drivers/dax/kmem.c:dax_kmem_range). */
static bool holds_block(const struct block_device *d, uint64_t start, uint64_t size)
{
        for (size_t i = 0; i < d->n_ranges; i++)
                if (start >= d->ranges[i].start && start < d->ranges[i].end &&
                    d->ranges[i].end - start >= size)
                        return true;
        return false;
}

static uint32_t find_holder(const struct block_devices *d, enum block_origin origin, uint64_t start,
                            uint64_t size)
{
        for (size_t i = 0; i < d->n; i++)
                if (d->items[i].origin == origin && holds_block(&d->items[i], start, size))
                        return (uint32_t)i;
        return BLOCK_DEVICE_NONE;
}

/* A GPU has the PCI address that [node] sections match. */
static int name_item(struct search *s, struct block_device *item, const char *name)
{
        if (item->origin == ORIGIN_GPU)
                return cxl_add_memdev(s->root, &item->device, name, name, NULL);
        if (item->origin != ORIGIN_ACPI)
                return 0;
        item->device.firmware_node = strdup(name);
        return item->device.firmware_node ? 0 : -ENOMEM;
}

/* The item of that origin and name, made if it is missing: its index in *ret. 0 or -ENOMEM. */
static int take_item(struct search *s, enum block_origin origin, enum node_kind kind,
                     const char *name, uint32_t *ret)
{
        struct block_devices *d = s->devices;
        struct block_device item = {
                .origin = origin,
                .device.kind = kind,
                .target = DAX_NO_TARGET,
        };
        int r;

        for (size_t i = d->n; i > 0; i--)
                if (d->items[i - 1].origin == origin &&
                    (!name || streq(block_device_name(&d->items[i - 1]), name))) {
                        *ret = (uint32_t)(i - 1);
                        return 0;
                }
        r = name_item(s, &item, name);
        if (r < 0) {
                item_done(&item);
                return r;
        }
        *ret = (uint32_t)d->n;
        return add_item(d, &item);
}

/* acpi_memhotplug binds each block of a memory device to it (acpi_bind_memory_blocks). 0, -ENOMEM,
 * -ENOENT (it has none), or why that cannot be read. */
static int find_firmware_node(struct search *s, const struct block *b, uint32_t *ret)
{
        char name[NAME_SIZE];
        int r;

        r = block_read_firmware_node(s->root, s->table, b->number, name, sizeof(name));
        if (r == 0)
                return take_item(s, ORIGIN_ACPI, KIND_DRAM, name, ret);
        if (r != -ENOENT)
                sysroot_reportf(s->problems, r, MEMORY_DIR "/memory%" PRIu64 "/firmware_node",
                                b->number);
        return r;
}

/* Also of a GPU whose node is known from before. */
static int find_gpu(struct search *s, const struct block *b, uint32_t *ret)
{
        const struct machine *m = s->machine;

        for (size_t i = 0; i < m->n_gpus; i++) {
                const struct gpu *g = &m->gpus[i];

                if ((g->report == GPU_NODE || g->report == GPU_REMEMBERED) && g->node == b->node)
                        return take_item(s, ORIGIN_GPU, KIND_GPU, g->address, ret);
        }
        return -ENOENT;
}

static bool may_be_gpu(const struct machine *m, const struct block *b)
{
        const struct node *n = b->node == BLOCK_NO_NODE ? NULL : machine_get_node(m, b->node);
        bool unknown = m->gpus_unlisted;

        for (size_t i = 0; i < m->n_gpus; i++)
                unknown = unknown || m->gpus[i].report == GPU_UNREADABLE;
        return unknown && !(n && (n->has_cpu || n->has_offline_cpu));
}

/* A device whose extent is not known may have the block. Who may not read the extent (it is for
 * root alone) changes nothing either: then the node tells enough. */
static uint32_t find_by_node(const struct search *s, const struct block *b)
{
        const struct block_devices *d = s->devices;
        uint32_t found = d->unlisted ? BLOCK_DEVICE_UNREADABLE : BLOCK_DEVICE_NONE;

        for (size_t i = 0; i < d->n; i++) {
                const struct block_device *item = &d->items[i];

                if (item->origin != ORIGIN_DAX || item->ranges_error == 0 || !item->is_kmem ||
                    (item->target != DAX_NO_TARGET && item->target != b->node))
                        continue;
                found = item->ranges_error == -EACCES && found == BLOCK_DEVICE_NONE &&
                                        item->target != DAX_NO_TARGET
                                ? (uint32_t)i
                                : BLOCK_DEVICE_UNREADABLE;
        }
        return found;
}

/* Memory of which no device says that it is its own. */
static int find_other(struct search *s, const struct block *b, uint32_t *ret)
{
        int r;

        r = find_gpu(s, b, ret);
        if (r != -ENOENT)
                return r;
        *ret = find_by_node(s, b);
        if (*ret != BLOCK_DEVICE_NONE)
                return 0;
        if (may_be_gpu(s->machine, b) || s->has_virtio < 0) {
                *ret = BLOCK_DEVICE_UNREADABLE;
                return 0;
        }
        if (s->has_virtio == 0 ||
            firmware_map_may_hold(&s->map, b->number * s->table->block_size, s->table->block_size))
                return 0;
        return take_item(s, ORIGIN_VIRTIO, KIND_VIRTIO, NULL, ret);
}

static int find_device(struct search *s, const struct block *b, uint32_t *ret)
{
        uint64_t size = s->table->block_size, start = b->number * size;
        int r;

        *ret = size > 0 ? find_holder(s->devices, ORIGIN_DAX, start, size)
                        : BLOCK_DEVICE_UNREADABLE;
        if (*ret != BLOCK_DEVICE_NONE)
                return 0;
        r = find_firmware_node(s, b, ret);
        if (r == 0 || r == -ENOMEM)
                return r;
        if (r != -ENOENT) {
                *ret = BLOCK_DEVICE_UNREADABLE;
                return 0;
        }
        *ret = find_holder(s->devices, ORIGIN_REGION, start, size);
        return *ret == BLOCK_DEVICE_NONE ? find_other(s, b, ret) : 0;
}

static int find_devices(struct search *s)
{
        struct block_devices *d = s->devices;
        int r;

        r = dax_list(s->root, s->problems, &d->unlisted, add_dax, s);
        if (r == 0)
                r = cxl_list_regions(s->root, s->problems, &d->unlisted, add_region, s);
        s->has_virtio = virtio_has_device(s->root);
        if (r == 0 && s->has_virtio > 0)
                r = firmware_map_read(s->root, &s->map);
        d->of = calloc(s->table->n ?: 1, sizeof(*d->of));
        if (!d->of)
                return -ENOMEM;
        for (; r == 0 && d->n_blocks < s->table->n; d->n_blocks++)
                r = find_device(s, &s->table->blocks[d->n_blocks], &d->of[d->n_blocks]);
        return r;
}

int block_devices_read(struct sysroot *root, const struct block_table *t, const struct machine *m,
                       struct messages *problems, struct block_devices **ret)
{
        _cleanup_(block_devices_freep) struct block_devices *d = calloc(1, sizeof(*d));
        struct search s = {
                .root = root,
                .table = t,
                .machine = m,
                .problems = problems,
                .devices = d,
        };
        int r;

        if (!d)
                return -ENOMEM;
        r = find_devices(&s);
        firmware_map_done(&s.map);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

struct block_devices *block_devices_free(struct block_devices *d)
{
        if (!d)
                return NULL;
        for (size_t i = 0; i < d->n; i++)
                item_done(&d->items[i]);
        free(d->items);
        free(d->of);
        free(d);
        return NULL;
}

const struct block_device *block_devices_get(const struct block_devices *d, size_t block)
{
        return d->of[block] < d->n ? &d->items[d->of[block]] : NULL;
}

bool block_devices_is_unreadable(const struct block_devices *d, size_t block)
{
        return d->of[block] == BLOCK_DEVICE_UNREADABLE;
}

const char *block_device_name(const struct block_device *d)
{
        switch (d->origin) {
        case ORIGIN_DAX:
                return d->device.dax;
        case ORIGIN_ACPI:
                return d->device.firmware_node;
        case ORIGIN_GPU:
                return d->device.memdevs[0].pci_address;
        case ORIGIN_REGION:
                return d->device.region;
        default:
                return "virtio-mem";
        }
}
