/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What Linux reads out of an HMAT: whether it uses the table at all, and the values of an access
 * class (drivers/acpi/numa/hmat.c, Linux 6.12 to 7.3). Sets are of proximity domains here: Linux
 * numbers nodes only in domains below NODE_MAX. A table of any size takes time in proportion to it.
 */

#include <stdbool.h>

#include "acpi/hmat.h"
#include "acpi/srat.h"
#include "base/messages.h"
#include "base/nodeset.h"
#include "facts/access.h"

/* The values of one target in one access class. */
struct hmat_access {
        struct nodeset initiators; /* those that Linux links: the attached, else the best */
        struct perf perf;          /* 0: unknown */
};

/* Reads the values of all targets. With an initiator in the target's Memory Proximity Domain
 * Attributes Structure that may be one: that initiator's, a later matrix over an earlier one. Else
 * the best of all that may be, by the last matrix of each type (hmat_update_target_attrs).
 *
 * candidates: the domains that may be initiators: those with CPUs for access class 1, which makes
 * the tiers; all that have a node for access class 0. ret: NODE_MAX of them, by domain. 0 or
 * -ENOMEM. */
int hmat_read_access(const struct hmat *h, const struct nodeset *candidates,
                     struct hmat_access *ret);

/* The domains of SRAT that are targets to Linux, ascending; the caller frees them. NULL: out of
 * memory. */
uint32_t *hmat_list_targets(const struct srat *s, size_t *ret_n);
bool hmat_is_target(const uint32_t *targets, size_t n, uint32_t domain);

/* Whether Linux uses the table beside this SRAT, whose map this is; why not is reported in flaws.
 * 0, -ENOMEM. */
int hmat_check_use(const struct hmat *h, const struct srat *s, const struct domain_map *map,
                   struct messages *flaws);
