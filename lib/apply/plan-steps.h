/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps in which a plan is made. */

#include "apply/plan.h"
#include "state/state.h"

/* What moves nodes here: what the policy allows and the kernel has. */
enum interface plan_choose_interface(const struct machine *m, const struct policy *p,
                                     struct messages *warnings);

int plan_node(struct plan *p, const struct assignment *a, const struct state *state,
              const struct node_assignment *n);
/* Takes the writes out that might panic the kernel, and says so in unmet: those that make a node
 * top-tier whose pages may hold access times. */
int plan_keep_from_top_tier(struct plan *p, const struct machine *m, const struct state *state);

/* The last step: completes the plan by the guard that its writes need, and holds back those that
 * nothing would guard. */
int plan_against_freeze(struct plan *p, const struct assignment *a, const struct state *state,
                        struct messages *warnings);
/* Holds the writes that must not be made while a move is held: tiering mode would make that move
 * unsafe. 0 or -ENOMEM. */
int plan_hold_after_moves(struct plan *p);
int plan_knobs(struct plan *p, const struct assignment *a, const struct state *state,
               struct messages *warnings);
