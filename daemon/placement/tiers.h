/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A pass that finds which node belongs in which tier. It does not ask where the kernel has the
 * nodes now, so it never waits until that may be read (common/quiet.h). */

#include "base/messages.h"
#include "common/input.h"
#include "state/state.h"
#include "view/view.h"

struct tiers {
        struct policy *policy;
        struct sysroot *root;
        struct state *state;
        struct snapshot *result;
        struct view *view;
        struct messages doubts; /* what could not be read: it may be why a tier has no node */
};

/* Reports errors on standard error. 0 or a negative errno; tiers_close() in both cases. */
int tiers_open(const struct input *in, struct tiers *ret);
void tiers_close(struct tiers *t);

/* tier_list_find_nodes() that reports what is wrong, and what could not be read, on standard error.
 */
int tiers_find_nodes(struct tiers *t, const char *list, struct nodeset *ret);

/* The names of the tiers in which these nodes belong, in the policy's order: "dram,cxl". NULL: out
 * of memory. */
char *tiers_name_nodes(const struct tiers *t, const struct nodeset *nodes);
