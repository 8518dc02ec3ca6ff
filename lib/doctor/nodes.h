/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the checks share: which nodes there are, and where they are. */

#include "doctor/finding.h"
#include "doctor/subject.h"

/* "node 1", "nodes 1-3" */
#define NODES_TEXT_MAX (NODESET_STRING_MAX + 8)
const char *nodes_format(const struct nodeset *nodes, char buf[static NODES_TEXT_MAX]);

/* "is", "are" */
static inline const char *nodes_are(const struct nodeset *nodes)
{
        return nodeset_count(nodes) == 1 ? "is" : "are";
}

/* Whether a node counts for tiers: it has memory, and nobody says that it is to be left alone (as
 * is the memory of GPUs). */
bool node_counts(const struct node_assignment *n);

/* Whether the present tiers are known. If not, the check that needs them is skipped: once for all.
 */
bool tiers_are_known(const struct subject *s);

/* The number of tiers that nodes which count are in now. */
unsigned tiers_count(const struct subject *s);

/* The slowest tier that has a node with CPUs and memory, or TIER_UNKNOWN: there is none. Up to it,
 * all tiers are top-tier (mm/memory-tiers.c:establish_demotion_targets). */
uint32_t tiers_find_top(const struct subject *s);

/* The nodes that count and are in a slower tier than the top one now. */
struct nodeset tiers_find_slow(const struct subject *s);

/* The nodes that count, have no CPUs, and whose tier no section of the policy names: what firmware
 * says of them decides. */
struct nodeset nodes_find_described(const struct subject *s);

/* Adds as the remedy who writes what the plan has: numatierd, which may run already, or numatier.
 */
void finding_add_writer(const struct subject *s, struct diagnosis *d);

/* Whether a file of the policy is not the vendor's. */
bool is_administrators(const char *file);

/* The same as finding_add_policy() for a key that stands once in a policy: where a file of the
 * administrator sets it, that line is to be changed, since a drop-in may be read before it. Nothing
 * if the policy has that value. */
void finding_add_setting(const struct subject *s, struct diagnosis *d, const char *sentence,
                         enum policy_section section, const char *key, const char *value);

/* Adds how to switch demotion off, so that it stays off if the policy switches it on. */
void finding_add_demotion_off(const struct subject *s, struct diagnosis *d);

/* Whether the machine has a node with memory and without CPUs, other than a GPU's. */
bool nodes_have_cpuless(const struct subject *s);

/* Adds the four values in a node's accessC/initiators as evidence. */
void finding_add_access(struct diagnosis *d, const struct node *n);
