/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* drain --unplug: removes memory that is offline, so that its device can be pulled out. */

#include "cli/hotplug.h"

/* All blocks of the node must be offline. What was done and what was not is added to the steps and
 * notes. Whether nothing of the memory is left in the machine; the node is then no longer recorded
 * as drained. */
bool drain_unplug(struct hotplug *h);
