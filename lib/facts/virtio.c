/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/virtio.h"

#include <ctype.h>
#include <errno.h>

#include "facts/blocks.h"

#define VIRTIO_DIR  "sys/bus/virtio/drivers/virtio_mem"
#define FIRMWARE    "sys/firmware/memmap"
#define PATH_SIZE   256
#define TARGET_SIZE 1024

/* virtio-mem has no link to a node. But its memory is in no table of the firmware: drivers add it
 * (mm/memory_hotplug.c:add_memory_driver_managed), and of those the dax devices and the GPUs' are
 * known. */
static int is_virtio_device(const char *name, void *userdata)
{
        struct sysroot *root = userdata;
        char path[PATH_SIZE], target[TARGET_SIZE];

        if (!startswith(name, "virtio") || strlen(name) > 32)
                return 0;
        snprintf(path, sizeof(path), VIRTIO_DIR "/%s", name);
        return sysroot_readlink(root, path, target, sizeof(target)) == 0;
}

struct range_search {
        struct sysroot *root;
        uint64_t address;
};

static int read_bound(struct sysroot *root, const char *entry, const char *name,
                      unsigned long long *ret)
{
        char path[PATH_SIZE], buf[64];
        ssize_t n;

        snprintf(path, sizeof(path), FIRMWARE "/%s/%s", entry, name);
        n = sysroot_read(root, path, buf, sizeof(buf));
        return n < 0 ? (int)n : parse_u64(buf, 16, UINT64_MAX, ret);
}

/* 1: the address is in this entry; an entry that cannot be read may hold anything. */
static int holds_address(const char *entry, void *userdata)
{
        struct range_search *s = userdata;
        unsigned long long start, end;

        if (!isdigit((unsigned char)entry[0]) || strlen(entry) > 16)
                return 0;
        if (read_bound(s->root, entry, "start", &start) < 0 ||
            read_bound(s->root, entry, "end", &end) < 0)
                return 1;
        return s->address >= start && s->address <= end;
}

static bool is_driver_managed(struct sysroot *root, const struct node *n)
{
        struct range_search search = { .root = root };

        return blocks_find_lowest(root, n->id, &search.address) == 0 &&
               sysroot_list(root, FIRMWARE, holds_address, &search) == 0;
}

void virtio_find_nodes(struct sysroot *root, struct machine *m)
{
        if (sysroot_list(root, VIRTIO_DIR, is_virtio_device, root) <= 0)
                return;
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (n->has_memory && !n->has_cpu && n->n_devices == 0 && !n->may_be_gpu &&
                    is_driver_managed(root, n))
                        n->kind = KIND_VIRTIO;
        }
}
