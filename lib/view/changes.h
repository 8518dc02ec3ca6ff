/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rows for a plan and for what came of it. */

#include "apply/apply.h"
#include "apply/plan.h"
#include "snapshot.h"
#include "view/rows.h"
#include "view/texts.h"

/* Each makes an array that the caller frees: 0 or -ENOMEM. A text that lacks memory is noted in
 * texts. */
int view_make_writes(const struct plan_write *writes, size_t n, const struct report *report,
                     struct texts *texts, struct view_write **ret);

/* s says why a node belongs where it is not; NULL: without reasons. */
int view_make_unmet(const struct plan *p, const struct snapshot *s, struct texts *texts,
                    struct view_unmet **ret);
