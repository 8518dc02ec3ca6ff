/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which device is this node? The chain node -> memory -> dax device -> CXL region -> CXL memory
 * devices, from sysfs alone (Documentation/ABI/testing/sysfs-bus-cxl, sysfs-bus-dax). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messages.h"
#include "perf.h"
#include "sysroot.h"

enum node_kind {
        KIND_UNKNOWN,
        KIND_DRAM,
        KIND_CXL,
        KIND_PMEM,
        KIND_HBM,
        KIND_GPU,
        KIND_VIRTIO,
        NODE_KINDS,
};

const char *node_kind_name(enum node_kind k); /* "unknown", "dram" ... */

/* A CXL memory device (drivers/cxl/core/memdev.c). */
struct memdev {
        char *name;        /* "mem0" */
        uint64_t serial;   /* 0: it has none */
        char *pci_address; /* "0000:0d:00.0", or NULL */
        char *pci_id;      /* "8086:0d93", or NULL */
        bool locked;       /* firmware locked its decoder until the next reset */
        bool has_qos_class;
        unsigned qos_class;
};

/* What one stretch of a node's memory is made of. */
struct node_device {
        enum node_kind kind;
        char *dax;    /* "dax0.0", or NULL: none, or Linux had the memory from the start */
        char *region; /* "region0", or NULL: not CXL, or not known to Linux as such */
        uint64_t address, size; /* physical, in bytes; size 0: unknown */
        unsigned ways;          /* over how many devices the region is interleaved */
        struct memdev *memdevs;
        size_t n_memdevs;
        struct perf access[ACCESS_CLASSES]; /* the region's own figures, from CDAT */
};

/* What the driver reports of a GPU (identity-gpu.h). */
enum gpu_report {
        GPU_NO_NODE,
        GPU_NODE,
        GPU_UNREADABLE, /* and it is not known which node it is */
        GPU_REMEMBERED, /* unreadable, and the node is the one reported earlier in this boot */
};

#define GPU_ADDRESS_MAX 32

struct gpu {
        char *address; /* "0009:01:00.0" */
        enum gpu_report report;
        unsigned node; /* GPU_NODE, GPU_REMEMBERED */
        int error;     /* why it is unreadable: a negative errno, -EBADMSG for a text that is not
                          understood */
};

/* Whether this is written like the address of a GPU. */
bool gpu_is_address(const char *name);
void gpus_free(struct gpu *gpus, size_t n);

struct machine;
struct node;
struct state;

/* Fills in the kind and the devices of all nodes with memory. state (may be NULL) says which nodes
 * were those of GPUs. What cannot be followed (a dangling link, a region without devices) is told
 * in problems, unless it just went away. 0 or -ENOMEM. */
int identity_read(struct sysroot *root, struct machine *m, const struct state *state,
                  struct messages *problems);

/* Adds a device to a node, if made is 0, or frees it. Returns made or -ENOMEM. */
int identity_add_device(struct node *n, struct node_device *d, int made);

void node_devices_free(struct node_device *devices, size_t n);

/* What identifies the memory behind a node rather than the node's number alone: "cxl:0x1234" (the
 * serials of its devices, joined by +), else "node1@140000000" with the physical address at which
 * its first memory block begins. To be freed by the caller. 0, -ENOENT (no memory block, or it just
 * went away), -ENOMEM. */
int identity_read_key(struct sysroot *root, const struct node *node, char **ret);
