/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* HMAT, the Heterogeneous Memory Attribute Table, as a document: parsed from bytes and written as
 * bytes (drivers/acpi/numa/hmat.c reads it in Linux). Chapters are those of ACPI 6.5 (5.2.28), and
 * numbers of tables those of ACPI 6.6, where this is 5.2.29: they are others in each version. A
 * table that was parsed and is written again has the same bytes, but for what is reserved, which
 * becomes 0, and structures of unknown type, which are left out. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acpi/table.h"

/* Memory Proximity Domain Attributes Structure, type 0 (5.2.28.3, table 5.179) */
/* Of flags */
#define HMAT_INITIATOR_VALID 1U
#define HMAT_MEMORY_VALID    2U /* of revision 1 only (ACPI 6.2) */

struct hmat_domain {
        uint16_t flags;
        uint32_t initiator;    /* the attached initiator's proximity domain, if flags say so */
        uint32_t memory;       /* the memory's proximity domain */
        uint64_t base, length; /* bytes; revision 1 only (ACPI 6.2, table 5-141), else 0 */
};

/* System Locality Latency and Bandwidth Information Structure, type 1 (5.2.28.4, table 5.180) */
enum hmat_data_type {
        HMAT_ACCESS_LATENCY,
        HMAT_READ_LATENCY,
        HMAT_WRITE_LATENCY,
        HMAT_ACCESS_BANDWIDTH,
        HMAT_READ_BANDWIDTH,
        HMAT_WRITE_BANDWIDTH,
        HMAT_DATA_TYPES,
};

#define HMAT_HIERARCHY_MASK    0x0fU   /* of flags: 0 memory, 1 to 3 a side cache of that level */
#define HMAT_ENTRY_UNREACHABLE 0xffffU /* 0: no information; 0xffff: this initiator cannot */

struct hmat_matrix {
        uint8_t flags;
        uint8_t data_type; /* enum hmat_data_type; more is reserved */
        uint8_t min_transfer_size;
        uint64_t base_unit;             /* picoseconds (revision 1: too; see hmat_value) or MB/s */
        uint32_t *initiators, *targets; /* proximity domains */
        size_t n_initiators, n_targets;
        uint16_t *entries; /* entries[i * n_targets + t] */
};

/* Memory Side Cache Information Structure, type 2 (5.2.28.5, table 5.181) */
#define HMAT_CACHE_EXTENDED_LINEAR 1 /* address_mode: the cache has addresses of its own */

struct hmat_cache {
        uint32_t memory;     /* proximity domain */
        uint64_t size;       /* bytes */
        uint32_t attributes; /* bits 0-3 number of levels, 4-7 this level, 8-11 associativity, 12-15
                                write policy, 16-31 line size in bytes */
        uint16_t address_mode; /* 0: unknown (before ACPI 6.6: reserved). 7.3 reads it for CXL */
        uint16_t *handles;     /* SMBIOS handles */
        size_t n_handles;
};

/* The structures of a table in their order. */
struct hmat_item {
        uint16_t type;
        size_t index; /* in domains, matrices or caches, by type */
};

struct hmat {
        struct acpi_header header;
        struct hmat_domain *domains;
        size_t n_domains;
        struct hmat_matrix *matrices;
        size_t n_matrices;
        struct hmat_cache *caches;
        size_t n_caches;
        struct hmat_item *items;
        size_t n_items;
        bool has_long_domain; /* one of type 0 is longer than it should be: Linux ignores the table
                               */
};

/* Who makes our tables: the header's creator ID. */
#define HMAT_CREATOR "NTIR"

static inline bool hmat_is_ours(const struct acpi_header *h)
{
        return streq(h->creator_id, HMAT_CREATOR);
}

/* A table has room for millions of faults: so many warnings are the most, and one that says how
 * many are left out. */
#define HMAT_WARNINGS_MAX 20

/* 0, -EBADMSG (reported in errors) or -ENOMEM. Structures of unknown type are skipped, and reported
 * in warnings. */
int hmat_parse(const void *data, size_t size, const char *name, struct messages *errors,
               struct messages *warnings, struct hmat **ret);
/* The bytes of a table, with header.length and header.checksum as they must be; the caller frees
 * them. 0, -ENOMEM, -EFBIG. */
int hmat_encode(const struct hmat *h, void **ret, size_t *ret_size);
struct hmat *hmat_free(struct hmat *h);
DEFINE_CLEANUP(struct hmat *, hmat_free)

/* Adds an empty structure at the end. NULL: out of memory. */
struct hmat_domain *hmat_add_domain(struct hmat *h);
/* With room for that many domains, all 0. */
struct hmat_matrix *hmat_add_matrix(struct hmat *h, size_t n_initiators, size_t n_targets);
struct hmat_cache *hmat_add_cache(struct hmat *h, size_t n_handles);

/* An entry as Linux understands it (hmat_normalize): nanoseconds, rounded up, or MB/s, which Linux
 * takes for the MiB/s that its interface promises. 0: nothing is known, or it does not fit into
 * 32 bits, with what is added to round up: see HMAT_LATENCY_MAX. */
uint32_t hmat_value(const struct hmat *h, const struct hmat_matrix *m, size_t initiator,
                    size_t target);

/* The highest whole number of nanoseconds that Linux can read */
#define HMAT_LATENCY_MAX ((UINT32_MAX - 999) / 1000)

static inline bool hmat_is_latency(uint8_t data_type)
{
        return data_type <= HMAT_WRITE_LATENCY;
}
