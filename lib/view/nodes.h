/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rows for the tiers and nodes of an assignment, and for what the nodes are made of. */

#include "classify/assignment.h"
#include "view/rows.h"
#include "view/texts.h"

/* Each makes an array that the caller frees: 0 or -ENOMEM. A text that lacks memory is noted in
 * texts. */
int view_make_tiers(const struct assignment *a, struct texts *texts, struct view_tier **ret,
                    size_t *ret_n);
int view_make_nodes(const struct assignment *a, struct texts *texts, struct view_node **ret,
                    size_t *ret_n);
int view_make_devices(const struct machine *m, struct texts *texts, struct view_device **ret,
                      size_t *ret_n);
int view_make_settings(const struct machine *m, struct view_settings **ret, size_t *ret_n);
int view_make_caches(const struct machine *m, struct view_cache **ret, size_t *ret_n);

/* A tier's number, or unknown. */
struct view_number view_tier_number(uint32_t tier);
