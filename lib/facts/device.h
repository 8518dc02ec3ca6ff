/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a node's memory is made of: the types, and how they are kept. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "facts/access.h"

enum node_kind {
        KIND_UNKNOWN,
        KIND_DRAM,
        KIND_CXL,
        KIND_PMEM,
        KIND_HBM,
        KIND_GPU,
        KIND_VIRTIO,
        KIND_SPECIAL, /* soft-reserved by the firmware for a special purpose (EFI_MEMORY_SP), and
                         nothing more is known of it */
        NODE_KINDS,
};

const char *node_kind_name(enum node_kind k); /* "unknown", "dram" ... */

/* A CXL memory device (drivers/cxl/core/memdev.c). */
struct memdev {
        char *name;        /* "mem0" */
        uint64_t serial;   /* 0: it has none */
        char *pci_address; /* "0000:0d:00.0", or NULL */
        char *pci_id;      /* "8086:0d93", or NULL */
        char *decoder;     /* the endpoint decoder of its region, or NULL */
        bool locked;       /* firmware locked that until the next reset */
        bool has_qos_class;
        unsigned qos_class;
};

/* What one stretch of a node's memory is made of. */
struct node_device {
        enum node_kind kind;
        char *dax;           /* "dax0.0", or NULL: none, or Linux had the memory from the start */
        char *region;        /* "region0", or NULL: not CXL, or not known to Linux as such */
        char *firmware_node; /* "PNP0C80:00": the ACPI device that a memory block names; NULL in
                                nodes' devices (block-devices.h) */
        uint64_t address, size; /* physical, in bytes; size 0: unknown */
        unsigned ways;          /* over how many devices the region is interleaved */
        struct memdev *memdevs;
        size_t n_memdevs;
        bool unreadable; /* not all of this could be read or understood in this pass */
        struct perf access[ACCESS_CLASSES]; /* the region's own values, from CDAT */
};

/* Frees what a device holds, but not the device itself. */
void node_device_done(struct node_device *d);

/* Makes a deep copy. 0 or -ENOMEM. */
int node_devices_copy(const struct node_device *devices, size_t n, struct node_device **ret);

void node_devices_free(struct node_device *devices, size_t n);

/* Whether an error says that a device has no such file. -ENODEV does not: there was one when it was
 * opened. The device is just going, and its memory may still be there. */
bool device_file_is_absent(ssize_t error);
