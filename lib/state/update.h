/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Brings a state up to date with a machine. What could not be read is not taken for gone. */

#include "facts/machine.h"
#include "state/state.h"

/* Before the machine is classified: entries follow the key of their memory to its present node, and
 * are forgotten where other memory has come in its place. Placements in doubt are settled. 0 or
 * -ENOMEM. */
int state_follow(struct state *s, const struct machine *m);

/* Without our module, which keeps them, overrides go with the memory, and nothing is left to undo.
 * Whether one that was written when the node's memory had this key is known to have gone so, as the
 * node is now other memory. */
bool state_override_is_replaced(const struct machine *m, unsigned id, const char *key);

/* Afterwards: forgets memory that is gone, but for what an undo needs, and remembers values and
 * GPUs. 0 or -ENOMEM. */
int state_update(struct state *s, const struct machine *m);
