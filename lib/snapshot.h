/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What one pass over a machine produced. It is made once, never changed afterwards, and shared by
 * reference: the daemon publishes it while the next pass is made. */

#include "apply/apply.h"
#include "apply/plan.h"
#include "base/messages.h"
#include "classify/assignment.h"
#include "facts/machine.h"
#include "policy/policy.h"

struct snapshot {
        unsigned references;
        int error;                /* why the pass ended early: a negative errno, or 0 */
        struct messages problems; /* facts that could not be read or understood */
        struct messages warnings; /* what the administrator should know */
        struct messages bugs;     /* errors of firmware or kernel (classify/sanity.h) */
        struct policy *policy;
        struct machine *machine;       /* this and the following: NULL if the pass ended before */
        struct assignment *assignment; /* refers to policy and machine */
        struct plan *plan;
        struct report *report; /* NULL also if nothing was to be written; refers to plan */
};

/* A snapshot that holds a reference to the policy and nothing else yet. 0 or -ENOMEM. */
int snapshot_new(struct policy *policy, struct snapshot **ret);

struct snapshot *snapshot_ref(struct snapshot *s);
struct snapshot *snapshot_unref(struct snapshot *s);
DEFINE_CLEANUP(struct snapshot *, snapshot_unref)
