/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is said of a node's blocks: one sentence for what they are, and one for each reason why some
 * are not as the policy wants. */

#include <stdbool.h>

#include "online/plan.h"

#define ONLINE_TEXT_MAX 320

/* The blocks that are as the policy wants, after what was done. */
size_t online_count_good(const struct online_group *g);
/* Those that are there still. */
size_t online_count_all(const struct online_group *g);

/* "2048 of 2048 blocks of node 2 online, movable". */
const char *online_format_group(const struct online_group *g, char buf[static ONLINE_TEXT_MAX]);

/* Whether something is to be said of blocks in that case. */
bool online_is_reason(enum online_case v);

/* "3 blocks of node 2 stay as they are: ...", for the cases of online_is_reason(). CASE_WAIT is
 * what failed and is tried again. NULL: there are none. */
const char *online_format_reason(const struct online_group *g, enum online_case v,
                                 char buf[static ONLINE_TEXT_MAX]);
