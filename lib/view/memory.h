/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rows for memory that is brought online or taken offline. */

#include "online/plan.h"
#include "view/rows.h"
#include "view/texts.h"

/* Makes an array that the caller frees: 0 or -ENOMEM. A text that lacks memory is noted in texts.
 */
int view_make_memory(const struct online_plan *p, struct texts *texts, struct view_memory **ret);
