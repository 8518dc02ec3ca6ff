/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/device.h"

#include <assert.h>
#include <errno.h>

#include "base/util.h"

const char *node_kind_name(enum node_kind k)
{
        static const char *const names[] = {
                [KIND_UNKNOWN] = "unknown", [KIND_DRAM] = "dram",
                [KIND_CXL] = "cxl",         [KIND_PMEM] = "pmem",
                [KIND_HBM] = "hbm",         [KIND_GPU] = "gpu",
                [KIND_VIRTIO] = "virtio",   [KIND_SPECIAL] = "special-purpose",
        };

        static_assert(ELEMENTSOF(names) == NODE_KINDS, "a name for each kind");
        return names[k];
}

void node_device_done(struct node_device *d)
{
        for (size_t i = 0; i < d->n_memdevs; i++) {
                free(d->memdevs[i].name);
                free(d->memdevs[i].pci_address);
                free(d->memdevs[i].pci_id);
                free(d->memdevs[i].decoder);
        }
        free(d->memdevs);
        free(d->dax);
        free(d->region);
        free(d->firmware_node);
}

static bool copy_text(const char *from, char **ret)
{
        *ret = from ? strdup(from) : NULL;
        return !from || *ret;
}

static bool copy_memdev(const struct memdev *from, struct memdev *ret)
{
        char *name, *address, *id, *decoder;
        bool done;

        done = copy_text(from->name, &name);
        done = copy_text(from->pci_address, &address) && done;
        done = copy_text(from->pci_id, &id) && done;
        done = copy_text(from->decoder, &decoder) && done;
        *ret = *from;
        ret->decoder = decoder;
        ret->name = name;
        ret->pci_address = address;
        ret->pci_id = id;
        return done;
}

/* What *ret holds afterwards is to be freed in any case. */
static bool copy_device(const struct node_device *from, struct node_device *ret)
{
        bool done;

        *ret = *from;
        ret->n_memdevs = 0;
        done = copy_text(from->dax, &ret->dax);
        done = copy_text(from->region, &ret->region) && done;
        done = copy_text(from->firmware_node, &ret->firmware_node) && done;
        ret->memdevs = calloc(from->n_memdevs ?: 1, sizeof(*ret->memdevs));
        if (!ret->memdevs)
                return false;
        while (ret->n_memdevs < from->n_memdevs) {
                size_t i = ret->n_memdevs++;

                done = copy_memdev(&from->memdevs[i], &ret->memdevs[i]) && done;
        }
        return done;
}

int node_devices_copy(const struct node_device *devices, size_t n, struct node_device **ret)
{
        struct node_device *copy = calloc(n ?: 1, sizeof(*copy));
        bool done = true;

        if (!copy)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                done = copy_device(&devices[i], &copy[i]) && done;
        if (!done) {
                node_devices_free(copy, n);
                return -ENOMEM;
        }
        *ret = copy;
        return 0;
}

void node_devices_free(struct node_device *devices, size_t n)
{
        for (size_t i = 0; i < n; i++)
                node_device_done(&devices[i]);
        free(devices);
}

bool device_file_is_absent(ssize_t error)
{
        return sysroot_is_absent(error) && error != -ENODEV;
}
