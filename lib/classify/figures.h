/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where each value comes from: what every source says of a node, and which one wins. */

#include <stdbool.h>

#include "facts/machine.h"
#include "policy/policy.h"

/* A value and its origin. Latencies in ns, bandwidths in MiB/s; or, when relative, a multiple of
 * the baseline's (all that SLIT can say when the baseline's own latency is unknown). 0 is unknown.
 */
struct figure {
        double value;
        enum source source;
        bool relative;
        bool distrusted; /* a candidate that this kernel is known to get wrong: not used */
        bool remembered; /* the kernel showed it earlier in this boot and no longer does */
        bool kept;       /* it cannot be read now: it is that of an earlier pass */
        bool clamped;    /* SLIT says slower than the baseline, another source says better: it is
                          the baseline's */
        bool unreadable; /* it is not known, or not the whole value, because of a fact that cannot
                          be read now: */
        enum fact fact;
        const struct node *fact_of; /* the node whose fact that is */
};

struct figures {
        struct figure values[PERF_VALUES];
        struct figure candidates[SOURCES][PERF_VALUES]; /* what each source says, used or not */
        struct figure slit[PERF_VALUES];  /* SLIT as it is used: no contradiction of the others */
        struct figure latency, bandwidth; /* the worse of read and write */
};

static inline bool figure_is_known(const struct figure *f)
{
        return f->value > 0;
}

/* Whether anything is known of latency or bandwidth. */
bool figures_any_known(const struct figures *f);

/* A value that cannot be read now, or NULL. */
const struct figure *figures_find_unreadable(const struct figures *f);

/* The distance from the nearest node with CPUs to this one, or 0: unknown. */
unsigned slit_nearest(const struct machine *machine, const struct node *node);

/* The values of a node. rule: the [node] section that matches, or NULL. baseline and
 * baseline_figures: what SLIT is a multiple of; NULL for the baseline itself and where there is
 * none. SLIT is a guess: where another source says that the node is better than the baseline, SLIT
 * does not make it slower than the baseline. */
void figures_resolve(const struct machine *machine, const struct policy *policy,
                     const struct node_rule *rule, const struct node *node,
                     const struct node *baseline, const struct figures *baseline_figures,
                     struct figures *ret);
