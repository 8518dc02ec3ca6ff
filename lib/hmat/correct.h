/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The HMAT that Linux should boot with: a pure function of a classified machine, its SRAT and the
 * HMAT in use. Nothing is written on a guess: what is missing or contradictory is refused, with
 * what would help.
 *
 * The table (ACPI 6.5, 5.2.28, revision 2):
 *
 * - Its OEM ID and OEM table ID are those of the table in use, or of SRAT if there is none: Linux
 *   replaces only a table that has the same (drivers/acpi/tables.c:acpi_table_initrd_override). Its
 *   OEM revision is one more than that of the table in use: Linux takes no other. But if the table
 *   in use is ours and says the same, it stays as it is, byte for byte. The creator ID is
 *   HMAT_CREATOR.
 * - A Memory Proximity Domain Attributes Structure for each proximity domain whose memory is a node
 *   now, with its initiator if only one is nearest; and those of the table in use. A structure for
 * a domain that is not in SRAT is left out: Linux would ignore the whole table
 *   (hmat.c:hmat_parse_proximity_domain).
 * - A matrix of latencies and one of bandwidths if reads and writes are alike everywhere, else two
 *   of each, over all initiators and targets. A node's values (user, measured, hmat, cdat; never
 *   SLIT) are those from its nearest initiators with CPUs. Another pair keeps its entry of the
 *   table in use, but for one of CPUs that is better than the nearest: 0, no information.
 * - The matrices of side caches, and the Memory Side Cache Information Structures, of the table in
 *   use.
 *
 * A node that the policy ignores, and a domain that has no memory now (it can be hot-added), keep
 * what the table in use says of them. So does a single value that no source knows.
 *
 * Nodes with CPUs that the policy puts into the tier of the baseline get the baseline's values if
 * theirs would have Linux put them into another tier, or not use HMAT at all
 * (mm/memory-tiers.c:mt_set_default_dram_perf). So do other nodes that their values put into one
 * tier of the policy, and that Linux would part: values of the first, or of the baseline. Remarks
 * say so. */

#include <stddef.h>

#include "acpi/hmat.h"
#include "base/messages.h"
#include "hmat/facts.h"

struct hmat_correction {
        struct hmat *table;       /* NULL: it is refused */
        void *bytes;              /* the same encoded */
        size_t size;              /* of bytes */
        struct messages refusals; /* sentences: why there is no table, and what would help */
        struct messages remarks;  /* sentences: what the administrator should know */
};

/* 0, also if it is refused (then refusals is not empty), or -ENOMEM. hmat_correction_done() in any
 * case. */
int hmat_correct(const struct hmat_facts *facts, struct hmat_correction *ret);
void hmat_correction_done(struct hmat_correction *c);

/* Whether two tables say the same: all is equal but OEM revision, creator and checksum. 1, 0, or
 * -ENOMEM. */
int hmat_says_same(const struct hmat *a, const struct hmat *b);
