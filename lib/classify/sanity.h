/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What firmware (or the kernel) says of memory and cannot be true. */

#include "base/messages.h"
#include "classify/assignment.h"

/* One message for each cause, with its nodes, the values of the first, and what in the policy would
 * correct it. Only values in use that came from firmware are checked: an administrator who gave
 * values, or measured them, has corrected it. */
void sanity_check(const struct assignment *a, struct messages *bugs);
