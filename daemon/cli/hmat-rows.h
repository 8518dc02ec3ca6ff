/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* HMAT and SRAT as rows: what hmat show prints, for people or as JSON. */

#include "acpi/hmat.h"
#include "acpi/srat.h"
#include "view/rows.h"

struct hmat_table_row {
        const char *file;
        unsigned revision, bytes;
        const char *oem_id, *oem_table_id;
        unsigned oem_revision;
        const char *creator_id;
        unsigned creator_revision;
};

/* A proximity domain, as SRAT has it. */
struct hmat_domain_row {
        unsigned domain;
        struct view_number node;
        unsigned cpus, generic_initiators, generic_ports;
        uint64_t memory_bytes;
        bool hotpluggable; /* some of the memory */
};

/* A structure of type 0. */
struct hmat_attribute_row {
        unsigned memory;
        struct view_number memory_node, initiator, initiator_node;
};

/* A structure of type 1. */
struct hmat_matrix_row {
        const char *data; /* "read latency" */
        unsigned level;   /* 0: memory; else the side cache of that level */
        unsigned initiators, targets;
        uint64_t base_unit; /* picoseconds or MB/s; of revision 1, a tenth of it */
        unsigned min_transfer_size, flags;
};

/* All matrices of a level for one pair of domains, as Linux reads the entries; sorted by level,
 * target and initiator. */
struct hmat_value_row {
        unsigned initiator, target, level;
        struct view_number initiator_node, target_node;
        struct view_number read_latency, write_latency;     /* ns */
        struct view_number read_bandwidth, write_bandwidth; /* MiB/s */
};

/* A structure of type 2. */
struct hmat_cache_row {
        unsigned memory;
        struct view_number node;
        unsigned level, levels;
        uint64_t size_bytes;
        unsigned line_size;
        const char *indexing, *write_policy;
        unsigned smbios_handles;
};

struct hmat_rows {
        struct hmat_table_row table;
        struct hmat_domain_row *domains;
        size_t n_domains;
        struct hmat_attribute_row *attributes;
        size_t n_attributes;
        struct hmat_matrix_row *matrices;
        size_t n_matrices;
        struct hmat_value_row *values;
        size_t n_values;
        struct hmat_cache_row *caches;
        size_t n_caches;
};

/* srat: NULL: unknown, and then no domain has a node. 0 or -ENOMEM; hmat_rows_done() in any case.
 */
int hmat_rows_new(const char *file, const struct hmat *h, const struct srat *srat,
                  const struct domain_map *map, struct hmat_rows *ret);
void hmat_rows_done(struct hmat_rows *r);
