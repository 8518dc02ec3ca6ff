/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The node that "x" in a policy refers to. */

#include "base/messages.h"
#include "classify/assignment.h"
#include "facts/machine.h"
#include "policy/policy.h"
#include "state/state.h"

/* The automatic baseline changes only if another node has this much more memory: balloons, and
 * blocks that go offline, do not change it. */
#define BASELINE_HYSTERESIS 0.125

/* The policy's own (baseline = node:N); else the node with both CPUs and memory that has the most
 * memory; if there is none, the fastest memory that CPUs reach. Warns if it is not the first that
 * applies. last: the state after the last pass, or NULL; its baseline stays if the other nodes are
 * no better, or cannot be compared now. NULL: no node has memory, or a fact that decides cannot be
 * read now and nothing is known of an earlier baseline; then that fact is in undecided. */
const struct node *baseline_choose(const struct machine *m, const struct policy *p,
                                   const struct state *last, struct obstacle *undecided,
                                   struct messages *warnings);

/* Whether the policy names this node (baseline = node:N). */
bool baseline_is_named(const struct policy *p, const struct node *node);
