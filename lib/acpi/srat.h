/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* SRAT, the System Resource Affinity Table: which processors, memory ranges and devices are in
 * which proximity domain (ACPI 6.5, 5.2.16; numbers of tables are those of ACPI 6.6). Linux numbers
 * its nodes by it (drivers/acpi/numa/srat.c). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acpi/table.h"

enum srat_kind {
        SRAT_CPU,               /* types 0, 2, 3, 7: local APIC (table 5.66), local x2APIC (5.70),
                                   GICC (5.71), RINTC (ACPI 6.6, 5.2.16.8) */
        SRAT_MEMORY,            /* type 1 (table 5.68) */
        SRAT_GENERIC_INITIATOR, /* type 5 (table 5.74) */
        SRAT_GENERIC_PORT,      /* type 6 (5.2.16.7) */
};

/* One affinity structure that is enabled, in the order of the table. */
struct srat_entry {
        enum srat_kind kind;
        uint8_t type;    /* as in the table */
        uint32_t domain; /* proximity domain */
        uint32_t flags;
        uint64_t base, length; /* SRAT_MEMORY: bytes */
        uint32_t id;           /* SRAT_CPU: APIC id, x2APIC id, or ACPI processor UID (GICC) */
        uint8_t handle_type;   /* generic initiator and port: 0 ACPI, 1 PCI (tables 5.75, 5.76) */
        uint8_t handle[16];
};

#define SRAT_HOTPLUGGABLE 2U /* of the flags of memory (table 5.69) */

struct srat {
        struct acpi_header header;
        struct srat_entry *entries;
        size_t n_entries;
        /* A generic initiator that is not enabled comes after so many entries. Linux then stops to
         * look for CPUs and initiators (srat.c:acpi_parse_gi_affinity fails). */
        bool has_disabled_initiator;
        size_t before_disabled_initiator;
};

/* 0, -EBADMSG (reported in errors) or -ENOMEM. Structures of unknown type are skipped. */
int srat_parse(const void *data, size_t size, const char *name, struct messages *errors,
               struct srat **ret);
struct srat *srat_free(struct srat *s);
DEFINE_CLEANUP(struct srat *, srat_free)

/* Memory, and generic ports with an ACPI handle: what is a target of HMAT to Linux
 * (hmat.c:srat_parse_genport_affinity). */
static inline bool srat_is_target(const struct srat_entry *e)
{
        return e->kind == SRAT_MEMORY || (e->kind == SRAT_GENERIC_PORT && e->handle_type == 0);
}

/* Which node the kernel has made of each proximity domain. */
struct domain_map {
        struct domain_node {
                uint32_t domain;
                unsigned node;
        } * items; /* ascending by domain */
        size_t n;
};

/* Numbers the domains as Linux does: first come, first served, in the order in which
 * drivers/acpi/numa/srat.c:acpi_numa_init() (and arch/x86/mm/srat.c) reads the table. 0, -E2BIG
 * (CPUs or memory are in a domain of NODE_MAX or more: Linux uses no SRAT then), -ENOMEM. */
int srat_map_domains(const struct srat *s, struct domain_map *ret);
void domain_map_done(struct domain_map *m);
/* NULL: there is none. */
const struct domain_node *domain_map_find(const struct domain_map *m, uint32_t domain);
const struct domain_node *domain_map_find_node(const struct domain_map *m, unsigned node);
