/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What numatier top knows at one moment. A number that cannot be read is not known; it is never 0
 * for that. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/nodeset.h"
#include "base/util.h"
#include "facts/counts.h"
#include "usage/usage.h"
#include "view/view.h"

/* Of a node, or the sum of a tier. */
struct memory {
        struct view_number size_kib, free_kib, file_kib, anon_kib;
};

struct top_node {
        unsigned node;
        const char *tier; /* the policy's name, or NULL: left to Linux */
        struct view_number wanted_tier, present_tier;
        struct memory memory;
        struct count demoted, promoted; /* pages since boot */
        bool has_cpu;
};

struct top_tier {
        const char *name; /* or NULL: nodes that are left to Linux */
        struct memory memory;
};

/* A user of memory: a systemd unit. */
struct top_unit {
        const char *name;
        struct view_number slow_kib, all_kib; /* in the slow tiers, and in all */
};

struct sample {
        uint64_t usec;          /* of a clock that does not jump */
        struct top_tier *tiers; /* those that have memory, the fastest first */
        size_t n_tiers;
        struct top_node *nodes; /* those that have memory, by tier and number */
        size_t n_nodes;
        struct top_unit *units;
        size_t n_units;
        bool has_units;                 /* they were read */
        struct count demoted, promoted; /* of the whole machine */
        bool has_tiers, withheld;       /* as in struct view */
        const char *problem;            /* one line: what is wrong with these values, or NULL */
        struct texts texts;
};

/* Of a machine as rows, and of the counts of its nodes. 0 or -ENOMEM. */
int sample_new(const struct view *v, const struct counts *c, uint64_t usec, struct sample **ret);

/* Those users that have memory in slow tiers. 0 or -ENOMEM. */
int sample_set_units(struct sample *s, const struct usage_list *users);

struct sample *sample_free(struct sample *s);
DEFINE_CLEANUP(struct sample *, sample_free)

const struct top_node *sample_get_node(const struct sample *s, unsigned node);
