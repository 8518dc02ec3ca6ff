/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a corrected HMAT is made from. */

#include "acpi/hmat.h"
#include "acpi/srat.h"
#include "base/nodeset.h"
#include "classify/assignment.h"
#include "facts/block-table.h"

struct hmat_facts {
        const struct assignment *assignment; /* and with it machine and policy */
        const struct srat *srat;             /* NULL: the machine has none */
        const struct hmat *used;             /* the HMAT in use; NULL: the machine has none */
        const struct block_table *blocks;    /* of the whole machine: which memory is which node's;
                                                NULL: unknown */
        struct nodeset acpi_devices; /* nodes all of whose memory is an ACPI device (PNP0C80): Linux
                                        does not place it by HMAT if it is there at boot */
};
