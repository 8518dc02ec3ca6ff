/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The node that "x" in a policy refers to. */

#include "base/messages.h"
#include "facts/machine.h"
#include "policy/policy.h"
#include "state/state.h"

/* The automatic baseline changes only if another node has this much more memory: balloons, and
 * blocks that go offline, do not change it. */
#define BASELINE_HYSTERESIS 0.125

/* The policy's own (baseline = node:N); else the node with both CPUs and memory that has the most
 * memory; if there is none, the fastest memory that CPUs reach. Warns if it is not the first that
 * applies. last: the state after the last pass, or NULL; its baseline counts if it was chosen under
 * the same policy. NULL: no node has memory. */
const struct node *baseline_choose(const struct machine *m, const struct policy *p,
                                   const struct state *last, struct messages *warnings);
