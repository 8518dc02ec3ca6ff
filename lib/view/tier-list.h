/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tiers by their names: "cxl", "dram,cxl". */

#include "base/messages.h"
#include "base/nodeset.h"
#include "view/view.h"

/* The nodes with memory that belong in the tiers of a list, names separated by commas: those that
 * the policy puts there, wherever the kernel has them now. 0; -EINVAL: there is no such tier, or
 * -ENOENT: no node is in any of them (both said in errors); -ENOMEM. */
int tier_list_find_nodes(const struct view *v, const char *list, struct nodeset *ret,
                         struct messages *errors);
