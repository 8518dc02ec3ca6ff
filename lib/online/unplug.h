/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The devices that the memory of a node comes from, and the writes that take that memory out of the
 * machine or put it in again: dax devices (drivers/dax), the CXL regions below them
 * (drivers/cxl/core/region.c), and ACPI memory devices (drivers/acpi/acpi_memhotplug.c). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "facts/block-table.h"
#include "online/request.h"
#include "sysroot/sysroot.h"

#define MEMORY_DEVICE_NAME_MAX 64

enum memory_device_kind {
        MEMORY_DEVICE_DAX,
        MEMORY_DEVICE_ACPI,
        MEMORY_DEVICE_KINDS,
};

/* Who has a dax device. */
enum dax_driver {
        DAX_DRIVER_NONE,
        DAX_DRIVER_KMEM,
        DAX_DRIVER_OTHER, /* device_dax: a program may have it mapped */
        DAX_DRIVERS,
};

struct memory_device {
        enum memory_device_kind kind;
        char name[MEMORY_DEVICE_NAME_MAX]; /* "dax0.0", "PNP0C80:00" */
        /* Of a dax device: */
        enum dax_driver driver;
        bool has_state;                      /* Linux 7.3: daxX.Y/state */
        bool is_unplugged;                   /* it says "unplugged" */
        bool is_persistent;                  /* it may hold data that must stay; also: not known */
        char region[MEMORY_DEVICE_NAME_MAX]; /* "region0", or "" */
};

struct memory_devices {
        struct memory_device *items;
        size_t n, allocated;
};

/* The devices of a node: dax devices with that target_node, and the ACPI devices of the blocks in
 * the table. What cannot be read is reported: then an error is returned, since nothing should be
 * unplugged by half. 0 or a negative errno. */
int memory_devices_find(struct sysroot *root, unsigned node, const struct block_table *table,
                        struct messages *problems, struct memory_devices *ret);
void memory_devices_done(struct memory_devices *d);

/* Takes the memory of a dax device out: 7.3's state, or unbinds kmem. All its blocks must be
 * offline: a kernel before 7.3 that finds one online keeps the memory until the next boot. 1: it
 * was so already. 0: done. Or an error. */
int dax_unplug(struct sysroot *root, const struct memory_device *d);

/* Puts it in again. q: for 7.3's state. As above. */
int dax_plug(struct sysroot *root, const struct memory_device *d, enum block_request q);

/* Whether the region may be removed without loss for others: all its dax devices are unplugged or
 * have no driver, and no decoder is locked by the firmware. If not, a message says why. */
bool region_may_go(struct sysroot *root, const char *region, struct messages *problems);

#define CXL_INTERLEAVE_MAX 16

/* Endpoint decoders: those of one region, at most. */
struct cxl_decoders {
        char names[CXL_INTERLEAVE_MAX][MEMORY_DEVICE_NAME_MAX];
        size_t n;
        int error; /* of the last one that was not freed */
};

/* Removes a region: unbinds it, ends its decoding, deletes it, gives the devices' memory back. Each
 * write is read back. What was done is added to steps. 0: it is deleted, and ret_held are the
 * decoders that still hold memory of their device. Or an error (reported in problems). */
int region_remove(struct sysroot *root, const char *region, struct messages *steps,
                  struct messages *problems, struct cxl_decoders *ret_held);

/* Gives the devices' memory back that decoders hold, whose region is gone. Those that still hold it
 * remain in d. -EBUSY: a later decoder of the device has memory; the kernel wants the reverse order
 * (drivers/cxl/core/hdm.c:cxl_dpa_free). */
void cxl_decoders_free(struct sysroot *root, struct cxl_decoders *d);

/* Asks the kernel to eject an ACPI memory device; it works on that after the write. -ENOENT: the
 * firmware has no method for that. 0 or an error. */
int acpi_eject(struct sysroot *root, const char *name);
