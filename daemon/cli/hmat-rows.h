/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* HMAT and SRAT as rows: what hmat show prints, for people or as JSON. */

#include "acpi/hmat.h"
#include "acpi/srat.h"
#include "base/messages.h"
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

/* A generic initiator or port, as SRAT has it. */
struct hmat_device_row {
        const char *kind; /* "initiator", "port" */
        unsigned domain;
        struct view_number node;
        const char *handle; /* "pci", "acpi" or "reserved" */
        const char *device; /* "0000:3a:00.0", "ACPI0016:7", or NULL */
        char buf[32];       /* for device */
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

/* An entry of a matrix, as it stands in the table. */
struct hmat_entry_row {
        unsigned matrix; /* the first is 0 */
        unsigned initiator, target, entry;
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
        const char *indexing, *write_policy, *address_mode;
        unsigned smbios_handles;
};

/* What Linux makes of all this for a node with memory, in an access class. */
struct hmat_node_row {
        unsigned node, domain;
        unsigned access;           /* N of accessN: 1 only has initiators with CPUs */
        struct nodeset initiators; /* nodes */
        struct view_number read_latency, write_latency;     /* ns */
        struct view_number read_bandwidth, write_bandwidth; /* MiB/s */
        struct view_number tier; /* access class 1: N of memory_tierN, as Linux 6.7 and later form
                                    it at boot; unknown: they do not place the node by HMAT */
};

struct hmat_rows {
        struct hmat_table_row table;
        struct hmat_domain_row *domains;
        size_t n_domains;
        struct hmat_device_row *devices;
        size_t n_devices;
        struct hmat_attribute_row *attributes;
        size_t n_attributes;
        struct hmat_matrix_row *matrices;
        size_t n_matrices;
        struct hmat_entry_row *entries;
        size_t n_entries;
        struct hmat_value_row *values;
        size_t n_values;
        struct hmat_cache_row *caches;
        size_t n_caches;
        struct hmat_node_row *nodes; /* by node and access class; none if Linux ignores the table */
        size_t n_nodes;
};

/* What is known beside the table */
struct hmat_surroundings {
        const struct srat *srat;  /* NULL: unknown, and then no domain has a node */
        struct domain_map map;    /* of srat */
        struct view_nodeset cpus; /* nodes that have CPUs: SRAT may have some that are not there */
};

/* What Linux ignores or cannot use is reported in warnings. 0 or -ENOMEM; hmat_rows_done() in any
 * case. */
int hmat_rows_new(const char *file, const struct hmat *h, const struct hmat_surroundings *s,
                  struct messages *warnings, struct hmat_rows *ret);
/* Fills ret->nodes; hmat_rows_new() calls it. */
int hmat_node_rows(const struct hmat *h, const struct hmat_surroundings *s,
                   struct messages *warnings, struct hmat_rows *ret);
void hmat_rows_done(struct hmat_rows *r);
