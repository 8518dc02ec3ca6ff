/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* drain --unplug: removes memory that is offline, so that its device can be pulled out. */

#include "cli/hotplug.h"

/* All blocks of the node must be offline. What was done and what was not is added to the steps and
 * notes. Whether all is done; ret_gone: whether Linux has no memory of the node any more. If no
 * device for it is left either, the node is no longer recorded as drained. */
bool drain_unplug(struct hotplug *h, bool *ret_gone);
