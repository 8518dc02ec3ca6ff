/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who else brings hot-added memory online, against what the policy wants. */

#include "base/messages.h"
#include "facts/onliners.h"
#include "policy/policy.h"

/* What the policy wants somewhere and this one of them does not do, or ONLINE_UNSET. What is not
 * known of it may be anything. */
enum policy_online rivals_find_conflict(const struct policy *p, const struct onliners *o,
                                        const struct onliner *item);

/* Adds a message for each: the file, the line, what stands there, and what the policy wants. */
void rivals_find(const struct policy *p, const struct onliners *o, struct messages *ret);
