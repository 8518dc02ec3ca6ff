/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The pipeline in one call: sysroot -> machine -> assignment -> plan -> report. */

#include <stdbool.h>

#include "apply.h"
#include "assignment.h"
#include "machine.h"
#include "messages.h"
#include "plan.h"
#include "policy.h"
#include "state.h"
#include "sysroot.h"

struct reconciliation {
        struct messages problems; /* garbage and half-made things met while reading */
        struct messages warnings; /* what the administrator should know */
        struct messages bugs;     /* what firmware or kernel get wrong (sanity.h) */
        struct machine *machine;
        struct assignment *assignment;
        struct plan *plan;
        struct report *report; /* NULL if only planned */
};

void reconciliation_done(struct reconciliation *r);

enum reconcile_mode {
        RECONCILE_PLAN,  /* look and judge; nothing is written, not even state */
        RECONCILE_APPLY, /* and write */
};

/* state is brought up to date: with RECONCILE_APPLY it is also saved, if it changed. policy and
 * state must outlive the result. On error what was learnt so far stays in ret (release it with
 * reconciliation_done in any case); errors are those of the steps. */
int reconcile(struct sysroot *root, const struct policy *policy, enum tier_reading tiers,
              enum reconcile_mode mode, struct state *state, struct reconciliation *ret);
