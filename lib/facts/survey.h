/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the machine, in two steps; between them the caller adds what it remembers (state/recall.h).
 */

#include "base/messages.h"
#include "facts/machine.h"
#include "facts/tiers.h"
#include "sysroot/sysroot.h"

/* Reads what the kernel shows. Values that are garbage count as unknown and are reported in
 * problems; a machine whose node masks cannot be read is an error: -ENOENT (no NUMA support),
 * -EBADMSG (reported in problems), -EAGAIN (it changed again and again while being read), -ENOMEM.
 */
int survey_begin(struct sysroot *root, struct messages *problems, struct machine **ret);

/* Completes it: the kinds of memory, which depend on all that is known, and the present tiers. 0 or
 * -ENOMEM. */
int survey_finish(struct sysroot *root, enum tier_reading tiers, struct machine *m,
                  struct messages *problems);
