/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which device each memory block belongs to: what is plugged in and can be unplugged again. Nodes
 * have devices only once they have memory (facts/dax.h); this also sees those that have none online
 * yet, and dax devices that no driver makes into memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/util.h"
#include "facts/block-table.h"
#include "facts/dax.h"
#include "facts/device.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

enum block_origin {
        ORIGIN_DAX,    /* a dax device: CXL, persistent or special-purpose memory */
        ORIGIN_VIRTIO, /* virtio-mem; all such devices are one */
        ORIGIN_ACPI,   /* an ACPI memory device: device.firmware_node */
        ORIGIN_REGION, /* a CXL region that Linux had from the start, without a dax device */
        ORIGIN_GPU,    /* a GPU's memory: its driver's */
        BLOCK_ORIGINS,
};

struct block_device {
        enum block_origin origin;
        struct node_device device; /* the kind is that of the device alone: never KIND_HBM */
        bool is_kmem;             /* of a dax device: it is bound to the driver that makes it memory
                                   */
        uint32_t target;          /* of a dax device: the node of its memory, or DAX_NO_TARGET */
        struct dax_range *ranges; /* of a dax device or a region: where its memory is */
        size_t n_ranges;
        int ranges_error; /* why that is not known */
};

struct block_devices {
        struct block_device *items;
        size_t n, allocated;
        /* For each block of the table, in its order: the index of its device, or one of these. */
        uint32_t *of;
        size_t n_blocks;
        bool unlisted; /* there may be other dax devices or regions */
};

#define BLOCK_DEVICE_NONE       UINT32_MAX       /* boot memory, as far as is known */
#define BLOCK_DEVICE_UNREADABLE (UINT32_MAX - 1) /* it cannot be known now */

/* Finds the devices of the table's blocks, and all dax devices. m is the machine as it is now
 * (facts/survey.h): it knows of GPUs and CPUs. What cannot be read is reported in problems. 0 or
 * -ENOMEM. */
int block_devices_read(struct sysroot *root, const struct block_table *t, const struct machine *m,
                       struct messages *problems, struct block_devices **ret);

struct block_devices *block_devices_free(struct block_devices *d);
DEFINE_CLEANUP(struct block_devices *, block_devices_free)

/* The device of the block at this index of the table, or NULL: none, or not known. */
const struct block_device *block_devices_get(const struct block_devices *d, size_t block);
bool block_devices_is_unreadable(const struct block_devices *d, size_t block);

/* "dax0.0", "virtio-mem", "PNP0C80:00", "region0", "0009:01:00.0". */
const char *block_device_name(const struct block_device *d);
