/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is known of a node's memory without asking the kernel now: the figures it showed earlier in
 * this boot (state.h), and those that were measured (measured.h). */

#include "machine.h"
#include "messages.h"
#include "state.h"
#include "sysroot.h"

/* Completes a new machine, its identities known. state may be NULL. 0 or -ENOMEM. */
int recall_figures(struct sysroot *root, struct machine *m, const struct state *state,
                   struct messages *problems);
