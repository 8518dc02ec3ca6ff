/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The mappings of a process that have pages on certain nodes, and which of their pages are present.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/nodeset.h"
#include "placement/mover.h"
#include "sysroot/sysroot.h"

struct area {
        uint64_t start, end; /* end: 0 until /proc/PID/maps is parsed */
        uint64_t kib;        /* on a node of from */
        unsigned page_kib;
        bool huge;     /* hugetlb */
        bool is_bound; /* its policy allows no node of to */
};

struct areas {
        struct area *items; /* ascending */
        size_t n, allocated;
        uint64_t there_kib; /* of all mappings, on a node of to */
};

/* Those with pages on a node of from. 0; -ENOENT or -ESRCH: the process has ended; -EACCES, -EPERM:
 * it is another user's; or what else is wrong with reading. */
int areas_read(struct sysroot *root, pid_t pid, const struct nodeset *from,
               const struct nodeset *to, struct areas *ret);
void areas_done(struct areas *a);

/* All of them, without or only hugetlb. */
uint64_t areas_sum(const struct areas *a, bool huge);

/* The two steps of areas_read(): the texts of numa_maps and of maps. A mapping that only one of
 * them has came or went in between, and is left out. 0, -EBADMSG or -ENOMEM. */
int areas_parse_numa_maps(const char *text, const struct nodeset *from, const struct nodeset *to,
                          struct areas *a);
int areas_parse_maps(const char *text, struct areas *a);

/* Goes through an area. */
#define PAGEMAP_CHUNK 16384U

struct area_reader {
        struct sysroot *root;
        pid_t pid;
        struct area area;
        uint64_t base;  /* the usual size of a page, in bytes */
        uint64_t at;    /* the next address */
        bool is_blind;  /* pagemap cannot be read: each page may be present */
        uint64_t first; /* the address of present[0] */
        size_t n;
        uint64_t present[PAGEMAP_CHUNK]; /* of each page of the usual size, as in pagemap */
};

void area_reader_init(struct area_reader *r, struct sysroot *root, pid_t pid,
                      const struct area *area);

/* Fills the batch with the next pages that are present, at most max. It ends at a multiple of
 * align bytes if max allows that: pages of one folio, which move together, are then in one batch.
 * It may be empty where there is nothing for a long way. False: the area is at its end, and the
 * batch empty. */
bool area_reader_next(struct area_reader *r, size_t max, uint64_t align, struct batch *b);
