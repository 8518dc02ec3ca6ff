/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/device.h"

#include "base/util.h"

const char *node_kind_name(enum node_kind k)
{
        static const char *const names[] = {
                [KIND_UNKNOWN] = "unknown", [KIND_DRAM] = "dram", [KIND_CXL] = "cxl",
                [KIND_PMEM] = "pmem",       [KIND_HBM] = "hbm",   [KIND_GPU] = "gpu",
                [KIND_VIRTIO] = "virtio",
        };

        return names[k];
}

void node_device_done(struct node_device *d)
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
                node_device_done(&devices[i]);
        free(devices);
}
