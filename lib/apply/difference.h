/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The difference between a machine and its assignment: the plan that removes it. */

#include "apply/plan.h"
#include "base/messages.h"
#include "state/state.h"

/* 0 or -ENOMEM. warnings: what the policy asks and this kernel does not have. */
int plan_new(const struct assignment *a, const struct state *state, struct messages *warnings,
             struct plan **ret);
