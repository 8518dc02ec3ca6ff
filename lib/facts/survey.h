/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the machine, in two steps; between them the caller adds what it remembers (state/recall.h).
 */

#include "base/messages.h"
#include "facts/machine.h"
#include "facts/tiers.h"
#include "sysroot/sysroot.h"

/* Reads what the kernel shows. What cannot be read or understood is reported in problems and marked
 * in node.unreadable; previous, the machine of the last pass (NULL: there is none), lends its good
 * values, which are marked in node.kept. A machine whose node masks cannot be read is an error:
 * -ENOENT (no NUMA support), -EBADMSG or another error of reading (reported in problems), -EAGAIN
 * (it changed again and again while being read), -ENOMEM. */
int survey_begin(struct sysroot *root, const struct machine *previous, struct messages *problems,
                 struct machine **ret);

/* Completes it: the kinds of memory, which depend on all that is known, and the present tiers. 0 or
 * -ENOMEM. */
int survey_finish(struct sysroot *root, struct tier_reading tiers, const struct machine *previous,
                  struct machine *m, struct messages *problems);

/* Fills in the keys of nodes with CPUs. The directory of such a node has an entry for each of
 * thousands of memory blocks, and few need its key: the survey leaves it out. 0 or -ENOMEM. */
int survey_fill_keys(struct sysroot *root, struct machine *m);

/* Reads the distances of these nodes too, which the survey reads only for nodes with CPUs: few need
 * the others. To be called when the machine has been classified, as these distances are no fact
 * that classifying knows. 0 or -ENOMEM. */
int survey_fill_distances(struct sysroot *root, const struct nodeset *nodes, struct machine *m,
                          struct messages *problems);
