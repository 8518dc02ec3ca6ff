/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The pipeline in one call: sysroot -> machine -> assignment -> plan -> report. */

#include <stdbool.h>

#include "facts/tiers.h"
#include "snapshot.h"
#include "state/state.h"
#include "sysroot/sysroot.h"

enum reconcile_mode {
        RECONCILE_PLAN,  /* read and classify; nothing is written, not even state */
        RECONCILE_APPLY, /* and write */
};

/* previous: the snapshot of the last pass, or NULL; what cannot be read now is taken from its
 * machine. state is brought up to date: with RECONCILE_APPLY it is also saved, if it changed. The
 * caller sets state->now before. The snapshot does not refer to the state, and is not changed
 * afterwards. On error the snapshot holds what was learnt so far, and the same error; only without
 * memory for it is *ret NULL. Errors are those of the steps. */
int reconcile(struct sysroot *root, struct policy *policy, struct tier_reading tiers,
              enum reconcile_mode mode, struct state *state, const struct snapshot *previous,
              struct snapshot **ret);
