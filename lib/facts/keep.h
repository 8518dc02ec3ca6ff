/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Last good values. A fact that cannot be read in this pass takes the value that an earlier pass
 * read, if the node still has the same memory as far as can be told. */

#include "facts/machine.h"

/* The node of the previous machine (NULL: there is none) that has a good value of a fact for this
 * node, which could not be read now; or NULL. */
const struct node *keep_find_lender(const struct machine *previous, const struct node *n,
                                    enum fact f);

/* Sets the bit in node.kept. */
void keep_mark(struct node *n, enum fact f);

/* Keeps devices with the kinds that follow from them: before the keys of nodes are known. 0 or
 * -ENOMEM. */
int keep_devices(struct machine *m, const struct machine *previous);

/* Keeps sizes, distances, and the values of access classes: after the keys are known. 0 or -ENOMEM.
 */
int keep_values(struct machine *m, const struct machine *previous);
