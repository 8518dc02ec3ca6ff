/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* To which nodes Linux would demote the pages of each node, by its own rule
 * (mm/memory-tiers.c:establish_demotion_targets, Linux 6.1 to 7.3) and the present tiers. Nothing
 * else says it: the kernel only logs it, from 6.12 on. */

#include <stdbool.h>
#include <stddef.h>

#include "base/nodeset.h"
#include "base/util.h"
#include "facts/machine.h"

/* The pages of one node. The kernel takes one of the targets at random; if they have no room, any
 * node of a slower tier. */
struct node_targets {
        bool known;            /* false: a tier or a distance that decides is not known */
        struct nodeset nodes;  /* empty: they are not demoted */
        struct nodeset across; /* those of them that are in another socket: see below */
};

/* A target is across sockets if all of this is known and true: the nodes with CPUs that are nearest
 * to the source and those that are nearest to the target have none in common, nor have their
 * packages. So a target that is as near to the source's own CPUs as to others is not across, nor is
 * one that is nearer to another part of the same package (sub-NUMA clusters). */

struct targets {
        struct node_targets *nodes; /* as machine.nodes; unset where there is no memory */
        size_t n;
        struct nodeset homes; /* nodes whose package decides (node.package) */
};

/* 0 or -ENOMEM. */
int targets_new(const struct machine *m, struct targets **ret);

struct targets *targets_free(struct targets *t);
DEFINE_CLEANUP(struct targets *, targets_free)

/* The nodes whose own distances decide, and have not been read: see survey_fill_distances(). */
struct nodeset targets_find_missing_distances(const struct machine *m);
