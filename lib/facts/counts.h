/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What each node's memory holds now, and how many of its pages the kernel has moved between nodes
 * since boot (drivers/base/node.c, mm/vmstat.c). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/nodeset.h"
#include "base/util.h"
#include "sysroot/sysroot.h"

enum count_kind {
        /* nodeN/meminfo, in KiB */
        COUNT_SIZE, /* MemTotal */
        COUNT_FREE, /* MemFree */
        COUNT_FILE, /* FilePages: with shmem */
        COUNT_ANON, /* AnonPages */
        COUNT_SHMEM,
        COUNT_SLAB,
        /* nodeN/vmstat, in pages since boot. Before 6.7 those of demotion are in /proc/vmstat only.
         * Demotion is counted on the node that the pages leave, promotion on the one that gets
         * them. */
        COUNT_DEMOTED_KSWAPD,
        COUNT_DEMOTED_DIRECT,     /* in direct reclaim: a task waited for it */
        COUNT_DEMOTED_KHUGEPAGED, /* 6.10 and later */
        COUNT_DEMOTED_PROACTIVE,  /* 6.16 and later: memory.reclaim */
        COUNT_PROMOTED,
        COUNT_PROMOTE_CANDIDATES,
        COUNTS,
        COUNT_VMSTAT_FIRST = COUNT_DEMOTED_KSWAPD,
};

/* known is false if this kernel does not have it there, or if it cannot be read now. */
struct count {
        bool known;
        uint64_t value;
};

struct node_counts {
        unsigned node;
        struct count counts[COUNTS];
};

struct counts {
        struct node_counts *nodes; /* ascending; a node that went away meanwhile is left out */
        size_t n_nodes;
        struct count machine[COUNTS]; /* /proc/vmstat: of all nodes; only those of vmstat */
};

/* Reads the counts of these nodes. What cannot be read is reported in problems, and unknown. 0 or
 * -ENOMEM. */
int counts_read(struct sysroot *root, const struct nodeset *nodes, struct messages *problems,
                struct counts **ret);

/* The same without what meminfo says: only pages that were moved. */
int counts_read_moved(struct sysroot *root, const struct nodeset *nodes, struct messages *problems,
                      struct counts **ret);

struct counts *counts_free(struct counts *c);
DEFINE_CLEANUP(struct counts *, counts_free)

/* The row of a node, or NULL. */
const struct node_counts *counts_get_node(const struct counts *c, unsigned node);

/* All pages that were demoted, by whomever; unknown if none of the counts is known. */
struct count counts_get_demoted(const struct count counts[static COUNTS]);

/* The number of a field of a meminfo file: "MemFree", "Inactive(file)". 0, or -ENOENT: the text has
 * no such field with a number. */
int meminfo_find(const char *text, const char *field, uint64_t *ret);
