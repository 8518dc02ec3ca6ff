/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Assigns each node to a tier: a pure function of machine, policy and the last assignment. */

#include "base/messages.h"
#include "classify/assignment.h"
#include "state/state.h"

/* machine and policy must outlive the assignment. last (may be NULL) is where each node was; it
 * counts for hysteresis only if it was made under the same policy. A node is left exactly where it
 * is (CAUSE_UNREADABLE) if a fact that decides cannot be read now. warnings: what the administrator
 * should know (baseline.h, notices.h). 0 or -ENOMEM. */
int assignment_new(const struct machine *machine, const struct policy *policy,
                   const struct state *last, struct messages *warnings, struct assignment **ret);
