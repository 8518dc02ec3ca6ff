/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/virtio.h"

#include <ctype.h>
#include <errno.h>

#include "facts/blocks.h"

#define VIRTIO_DIR  "sys/bus/virtio/drivers/virtio_mem"
#define FIRMWARE    "sys/firmware/memmap"
#define TARGET_SIZE 1024
#define NUMBER_SIZE 64
/* "virtio" and a number; a number. */
#define DEVICE_LENGTH_MAX 32
#define ENTRY_LENGTH_MAX  16

/* virtio-mem has no link to a node. But its memory is in no table of the firmware: drivers add it
 * (mm/memory_hotplug.c:add_memory_driver_managed), and of those the dax devices and the GPUs' are
 * known. */
static int is_virtio_device(const char *name, void *userdata)
{
        struct sysroot *root = userdata;
        char target[TARGET_SIZE];

        if (!startswith(name, "virtio") || strlen(name) > DEVICE_LENGTH_MAX)
                return 0;
        return sysroot_readlinkf(root, target, sizeof(target), VIRTIO_DIR "/%s", name) == 0;
}

int virtio_has_device(struct sysroot *root)
{
        int r = sysroot_list(root, VIRTIO_DIR, is_virtio_device, root);

        return sysroot_is_absent(r) ? 0 : r;
}

struct firmware_range {
        unsigned long long start, end; /* the end is part of it */
};

static int read_bound(struct sysroot *root, const char *entry, const char *name,
                      unsigned long long *ret)
{
        char buf[NUMBER_SIZE];
        ssize_t n = sysroot_readf(root, buf, sizeof(buf), FIRMWARE "/%s/%s", entry, name);

        return n < 0 ? (int)n : parse_u64(buf, 16, UINT64_MAX, ret);
}

struct map_reading {
        struct sysroot *root;
        struct firmware_map *map;
};

/* An entry that cannot be read may hold any address. */
static int add_entry(const char *entry, void *userdata)
{
        struct map_reading *reading = userdata;
        struct firmware_map *map = reading->map;
        struct firmware_range range;

        if (!isdigit((unsigned char)entry[0]) || strlen(entry) > ENTRY_LENGTH_MAX)
                return 0;
        if (read_bound(reading->root, entry, "start", &range.start) < 0 ||
            read_bound(reading->root, entry, "end", &range.end) < 0) {
                map->unreadable = true;
                return 0;
        }
        if (array_grow(&map->ranges, &map->allocated, map->n + 1, sizeof(*map->ranges)) < 0)
                return -ENOMEM;
        map->ranges[map->n++] = range;
        return 0;
}

int firmware_map_read(struct sysroot *root, struct firmware_map *map)
{
        struct map_reading reading = { root, map };
        int r;

        r = sysroot_list(root, FIRMWARE, add_entry, &reading);
        map->unreadable = map->unreadable || r < 0;
        return r == -ENOMEM ? r : 0;
}

void firmware_map_done(struct firmware_map *map)
{
        free(map->ranges);
        *map = (struct firmware_map){ 0 };
}

bool firmware_map_may_hold(const struct firmware_map *map, uint64_t address, uint64_t size)
{
        for (size_t i = 0; i < map->n; i++)
                if (map->ranges[i].end >= address &&
                    (map->ranges[i].start < address || map->ranges[i].start - address < size))
                        return true;
        return map->unreadable;
}

static bool is_driver_managed(struct sysroot *root, const struct machine *m, const struct node *n)
{
        struct firmware_map map = { 0 };
        uint64_t address;
        bool found;

        if (blocks_find_lowest(root, m->block_size, n->id, &address, NULL) < 0)
                return false;
        found = firmware_map_read(root, &map) == 0 &&
                !firmware_map_may_hold(&map, address, m->block_size);
        firmware_map_done(&map);
        return found;
}

void virtio_find_nodes(struct sysroot *root, struct machine *m)
{
        if (virtio_has_device(root) <= 0)
                return;
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (n->kind == KIND_UNKNOWN && n->has_memory && !n->has_cpu && n->n_devices == 0 &&
                    !node_is_unreadable(n, FACT_DEVICES) && is_driver_managed(root, m, n))
                        n->kind = KIND_VIRTIO;
        }
}
