/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the kernel's settings that have to do with tiers. */

#include "base/messages.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* Completes a new machine by what demotion and memory exhaustion depend on. */
void machine_read_guard(struct sysroot *root, struct machine *m, struct messages *problems);

/* Completes a new machine by the kernel's other settings beside the tiers. They are a file a node,
 * and most policies leave them alone: read only for those that do not. 0 or -ENOMEM. */
int machine_read_knobs(struct sysroot *root, struct machine *m, struct messages *problems);

/* kernel.numa_balancing alone. */
void machine_read_balancing(struct sysroot *root, struct machine *m, struct messages *problems);
