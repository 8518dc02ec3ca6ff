/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is known of a machine without asking the kernel now: values it showed earlier in this boot,
 * the nodes of GPUs, the tiers that a running daemon knows (state.h), and values that were measured
 * (measured.h). */

#include "base/messages.h"
#include "facts/survey.h"
#include "state/state.h"
#include "sysroot/sysroot.h"

/* Completes a machine between survey_begin() and survey_finish(). state may be NULL, and previous,
 * of which more there. 0 or -ENOMEM. */
int recall(struct sysroot *root, struct machine *m, const struct state *state,
           const struct machine *previous, struct messages *problems);

/* Reads the whole machine: survey_begin(), recall(), survey_finish(), and their errors. previous:
 * the machine of the last pass, or NULL; what cannot be read now is taken from it. */
int machine_read(struct sysroot *root, struct tier_reading tiers, const struct state *state,
                 const struct machine *previous, struct messages *problems, struct machine **ret);
