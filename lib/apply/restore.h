/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The plan that undoes what numatier wrote. */

#include "apply/plan.h"
#include "state/state.h"
#include "sysroot/sysroot.h"

/* What a file of the journal reads now. */
struct present_value {
        int error;   /* why it could not be read: a negative errno, or 0 */
        char *value; /* one line, or NULL */
};

struct present_values {
        struct present_value *values; /* as state->originals */
        size_t n;
};

struct present_values *present_values_free(struct present_values *p);
DEFINE_CLEANUP(struct present_values *, present_values_free)

/* Reads what each file of the journal holds now. 0 or -ENOMEM. */
int restore_read(struct sysroot *root, const struct state *state, struct present_values **ret);

/* The plan that undoes everything in the journal, latest first. Nodes that cannot be given back, or
 * not safely, are in unmet; settings that cannot be undone, or not safely, in held: for both, the
 * journal keeps the original. 0 or -ENOMEM. */
int plan_new_restore(const struct machine *machine, const struct state *state,
                     const struct present_values *present, struct plan **ret);
