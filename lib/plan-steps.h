/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What plan.c, plan-nodes.c and plan-knobs.c share: the steps a plan is made of. */

#include "plan.h"

/* printf into new memory; NULL when there is none, which plan_add_write() notices. */
char *plan_print(const char *format, ...) _printf_(1, 2);

/* Adds a write, whose strings it takes over. -ENOMEM also when one of them is NULL. */
int plan_add_write(struct plan *p, struct plan_write w);
void plan_write_done(struct plan_write *w);

/* Adds a difference that stays, whose hazard it takes over. */
int plan_add_unmet(struct plan *p, struct plan_unmet u);

/* What to write to undo: the original value, or "default" where the module takes that. */
char *plan_restore_value(const struct machine *m, const struct state_original *original);

/* What moves nodes here: what the policy allows and the kernel has. */
enum interface plan_choose_interface(const struct machine *m, const struct policy *p,
                                     struct messages *warnings);

int plan_node(struct plan *p, const struct assignment *a, const struct state *state,
              const struct node_assignment *n);
/* Takes the writes out that might panic the kernel, and says so in unmet: those that make a node
 * top-tier whose pages may hold access times. */
int plan_keep_from_top_tier(struct plan *p, const struct machine *m, const struct state *state);

/* Takes a write out of the plan, and says why. 0 or -ENOMEM. */
int plan_hold(struct plan *p, size_t i, const char *reason);

/* The last step: completes the plan by the guard that its writes need, and holds back those that
 * nothing would guard. */
int plan_against_freeze(struct plan *p, const struct assignment *a, const struct state *state,
                        struct messages *warnings);
int plan_knobs(struct plan *p, const struct assignment *a, const struct state *state,
               struct messages *warnings);
