/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Parses /proc/PID/numa_maps: one line for each mapping of a process, with the pages that it has on
 * each node (fs/proc/task_mmu.c:show_numa_map). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/nodeset.h"

enum numa_map_kind {
        NUMA_MAP_UNNAMED, /* anonymous memory, or one of the kernel's own mappings */
        NUMA_MAP_FILE,    /* also shared memory and memfd */
        NUMA_MAP_HEAP,
        NUMA_MAP_STACK,
};

struct numa_map_node {
        unsigned node;
        uint64_t pages;
};

/* The texts are parts of the line: not ended by a NUL. Pages are of page_kib KiB each. */
struct numa_map {
        uint64_t start;     /* the address */
        const char *policy; /* "default", "bind:0-1", "prefer (many):1"; may hold spaces */
        size_t policy_size;
        enum numa_map_kind kind;
        const char
                *file; /* of NUMA_MAP_FILE. The kernel writes space, tab, newline and = in octal */
        size_t file_size;
        bool huge;         /* hugetlb */
        unsigned page_kib; /* 0 if there are no pages */
        uint64_t pages;    /* on all nodes. At most UINT64_MAX bytes */
        uint64_t anon;     /* of these; never more */
        uint64_t dirty;    /* as they are in the line; 0: not there */
        uint64_t mapped;   /* the same; only there if it is neither anon nor dirty */
        struct numa_map_node nodes[NODE_MAX]; /* ascending; not initialized beyond n_nodes */
        size_t n_nodes;
};

/* Parses the line at *at, which ends before end, and moves *at to the next one. 1: a mapping;
 * 0: there is no other line; -EBADMSG: this line is not one of numa_maps. */
int numa_maps_next(const char **at, const char *end, struct numa_map *ret);
