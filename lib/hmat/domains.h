/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which proximity domain is which node, checked against the memory blocks; and which domains can be
 * initiators. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "hmat/facts.h"
#include "hmat/refusals.h"

/* The memory of a node. */
enum hmat_place {
        PLACE_NONE,    /* it has no memory */
        PLACE_SRAT,    /* it is that of a domain in SRAT */
        PLACE_OUTSIDE, /* it is a device's, and not in SRAT: HMAT cannot describe it */
};

struct hmat_domains {
        struct domain_map map;
        enum hmat_place *places; /* as machine.nodes */
        uint32_t *of;            /* as machine.nodes: the domain, if PLACE_SRAT */
        uint32_t *cpus;          /* domains with CPUs that Linux uses, ascending */
        size_t n_cpus;
};

/* What does not fit is reported in refusals, what is left out in remarks. 0 or -ENOMEM;
 * hmat_domains_done() in any case. */
int hmat_domains_read(const struct hmat_facts *f, struct hmat_domains *ret,
                      struct refusals *refusals, struct messages *remarks);
void hmat_domains_done(struct hmat_domains *d);

bool hmat_domains_have_cpu(const struct hmat_domains *d, uint32_t domain);

/* The attached initiator of a target: of several structures the last counts. */
bool hmat_find_initiator(const struct hmat *h, uint32_t target, uint32_t *ret);

/* The node is memory that counts as DRAM for Linux: it has CPUs, online or not, since at boot all
 * are (mm/memory-tiers.c: default_dram_nodes). */
bool hmat_is_dram(const struct node *n);
