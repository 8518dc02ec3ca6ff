/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every memory block of a machine: its node, its state and its zone. The survey does not read it,
 * since a machine has thousands of blocks: only who asks for it does. */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/nodeset.h"
#include "base/util.h"
#include "sysroot/sysroot.h"

/* memoryM/state (drivers/base/memory.c:state_show). */
enum block_state {
        BLOCK_UNREADABLE, /* the file is there, and its value is not known now */
        BLOCK_OFFLINE,
        BLOCK_COMING, /* going-online */
        BLOCK_ONLINE,
        BLOCK_LEAVING, /* going-offline */
        BLOCK_STATES,
};

const char *block_state_name(enum block_state s); /* "unreadable", else as the kernel says */

/* The zone of an online block, from memoryM/valid_zones (drivers/base/memory.c:valid_zones_show).
 */
enum block_zone {
        ZONE_UNKNOWN, /* the block is not online, or that cannot be read now */
        ZONE_KERNEL,  /* Normal, DMA32, DMA, HighMem: also the kernel's own data */
        ZONE_MOVABLE, /* only pages that can be moved away */
        ZONE_NONE,    /* it spans zones or has holes: it can never be taken offline */
        BLOCK_ZONES,
};

const char *block_zone_name(enum block_zone z); /* "unknown", "kernel", "movable", "none" */

#define BLOCK_NO_NODE UINT32_MAX

struct block {
        uint64_t number; /* the M of memoryM: its physical address / block size */
        uint32_t node;   /* or BLOCK_NO_NODE: it is linked in no node yet, or in several */
        enum block_state state;
        enum block_zone zone;
};

static_assert(offsetof(struct block, number) == 0, "for array_find()");

struct block_table {
        uint64_t block_size;  /* bytes */
        struct block *blocks; /* by number */
        size_t n, allocated;
        /* of a captured machine only: block_table_parse() */
        bool is_recorded;
        struct recorded_device *recorded; /* by number */
        size_t n_recorded, recorded_allocated;
};

/* The ACPI device of some blocks in a row. */
struct recorded_device {
        uint64_t first, last;
        char *name;
};

/* Reads the blocks of the given nodes, or of the whole machine (nodes is NULL). What cannot be read
 * is reported in problems. A block that vanishes meanwhile is left out. A kernel without memory
 * hotplug has none. 0, -ENOMEM, or why they cannot be listed (reported in problems). */
int block_table_read(struct sysroot *root, const struct nodeset *nodes, struct messages *problems,
                     struct block_table **ret);

struct block_table *block_table_free(struct block_table *t);
DEFINE_CLEANUP(struct block_table *, block_table_free)

/* The block of that number, or NULL. */
const struct block *block_table_get(const struct block_table *t, uint64_t number);

/* The ACPI device that a block's firmware_node names, "PNP0C80:00". 0, -ENOENT (it has none), or
 * why that cannot be read. */
int block_read_firmware_node(struct sysroot *root, const struct block_table *t, uint64_t number,
                             char *buf, size_t size);

/* One block as it is now: 0, or an error of reading its state (it is then BLOCK_UNREADABLE). The
 * node is untouched. */
int block_read(struct sysroot *root, struct block *b);

/* A captured machine has its blocks in one file instead of thousands:
 *
 *     0-23,32-55 node 0 online kernel
 *     64-71 node 1 online movable of PNP0C80:00
 *     72 node 1 offline of PNP0C80:00
 *     56 node none online none              linked in no node, or in several
 *     73-75 node 1 unreadable
 *
 * block_table_read() reads it if the root is no running kernel. */
#define BLOCKS_RECORD_PATH "captured/memory-blocks"
#define BLOCKS_RECORD_MAX  (1U << 20) /* blocks */

/* Fills in an empty table. 0, -EBADMSG (each fault reported in errors as "NAME:LINE: ..."), or
 * -ENOMEM. */
int block_table_parse(struct block_table *t, const char *text, const char *name,
                      struct messages *errors);

/* The text, to be freed by the caller. The root is asked for the ACPI devices. 0 or -ENOMEM. */
int block_table_format(struct sysroot *root, const struct block_table *t, char **ret);
