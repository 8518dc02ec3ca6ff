/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who else brings hot-added memory online, against what the policy wants. */

#include "base/messages.h"
#include "facts/onliners.h"
#include "policy/policy.h"

/* Adds a message for each: the file, the line, what stands there, and what the policy wants. */
void rivals_find(const struct policy *p, const struct onliners *o, struct messages *ret);
