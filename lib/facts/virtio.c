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

struct range_search {
        struct sysroot *root;
        uint64_t address;
};

static int read_bound(struct sysroot *root, const char *entry, const char *name,
                      unsigned long long *ret)
{
        char buf[NUMBER_SIZE];
        ssize_t n = sysroot_readf(root, buf, sizeof(buf), FIRMWARE "/%s/%s", entry, name);

        return n < 0 ? (int)n : parse_u64(buf, 16, UINT64_MAX, ret);
}

/* 1: the address is in this entry; an entry that cannot be read may hold anything. */
static int holds_address(const char *entry, void *userdata)
{
        struct range_search *s = userdata;
        unsigned long long start, end;

        if (!isdigit((unsigned char)entry[0]) || strlen(entry) > ENTRY_LENGTH_MAX)
                return 0;
        if (read_bound(s->root, entry, "start", &start) < 0 ||
            read_bound(s->root, entry, "end", &end) < 0)
                return 1;
        return s->address >= start && s->address <= end;
}

static bool is_driver_managed(struct sysroot *root, const struct machine *m, const struct node *n)
{
        struct range_search search = { .root = root };

        return blocks_find_lowest(root, m->block_size, n->id, &search.address, NULL) == 0 &&
               sysroot_list(root, FIRMWARE, holds_address, &search) == 0;
}

void virtio_find_nodes(struct sysroot *root, struct machine *m)
{
        if (sysroot_list(root, VIRTIO_DIR, is_virtio_device, root) <= 0)
                return;
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (n->kind == KIND_UNKNOWN && n->has_memory && !n->has_cpu && n->n_devices == 0 &&
                    !node_is_unreadable(n, FACT_DEVICES) && is_driver_managed(root, m, n))
                        n->kind = KIND_VIRTIO;
        }
}
