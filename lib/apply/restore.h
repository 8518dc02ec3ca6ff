/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The plan that undoes what numatier wrote. */

#include "apply/plan.h"
#include "state/state.h"
#include "sysroot/sysroot.h"

/* The plan that undoes everything the state remembers, latest first; nodes that it would not be
 * safe to move now are in unmet, and settings that it would not be safe to undo then in held. 0 or
 * -ENOMEM. */
int plan_new_restore(struct sysroot *root, const struct machine *machine, const struct state *state,
                     struct plan **ret);

/* What to write to undo: the original value, or "default" where the module takes that. */
char *plan_restore_value(const struct machine *m, const struct state_original *original);
