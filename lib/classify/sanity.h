/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tables that contradict themselves: what firmware (or the kernel) says of memory and cannot be. */

#include "base/messages.h"
#include "classify/assignment.h"

/* One message for each contradiction among the figures in use that came from firmware, with the
 * numbers and what in the policy would correct it. An administrator who gave the figures by hand,
 * or measured them, has corrected it: then there is none. */
void sanity_check(const struct assignment *a, struct messages *bugs);
