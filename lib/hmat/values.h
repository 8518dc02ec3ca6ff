/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The values of each node that the table shall have, from its nearest initiators with CPUs. */

#include <stdbool.h>
#include <stdint.h>

#include "hmat/domains.h"
#include "hmat/pairs.h"

struct hmat_node_values {
        bool keep;              /* what the table in use says stays */
        struct hmat_pair value; /* else this, from each of: */
        uint32_t *initiators;   /* domains, ascending */
        size_t n_initiators;
};

struct hmat_values {
        struct hmat_node_values *nodes; /* as machine.nodes; only those of PLACE_SRAT */
        size_t n;
};

/* used: what the table in use says of each pair. What is missing or contradictory is reported in
 * refusals. 0 or -ENOMEM; hmat_values_done() in any case. */
int hmat_values_read(const struct hmat_facts *f, const struct hmat_domains *d,
                     const struct hmat_pairs *used, struct hmat_values *ret,
                     struct refusals *refusals);
void hmat_values_done(struct hmat_values *v);

/* Where Linux would part what the policy has in one tier: gives the baseline's values to the other
 * nodes with CPUs in its tier, and the first node's (the baseline's, if it is one of them) to the
 * other nodes of a tier that are there because of their values. Remarks say so. */
void hmat_values_level(const struct hmat_facts *f, const struct hmat_domains *d,
                       struct hmat_values *v, struct messages *remarks);
