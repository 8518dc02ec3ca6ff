/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A machine as metrics. Nothing is read here. There is one sample for each node or tier, at most
 * four for the causes of demotion, and never one for anything that users can make. What is not
 * known has no sample: 0 would be a value. */

#include "doctor/doctor.h"
#include "facts/counts.h"
#include "metrics/exposition.h"
#include "state/state.h"
#include "view/view.h"

struct metrics {
        const char *version;         /* of numatier */
        const struct view *view;     /* under the policy */
        const struct counts *counts; /* of the nodes that have memory */
        bool policy_unreadable;      /* a file of it may not be read: nothing is known of it */
        bool policy_valid;           /* else the policy wants nothing */
        uint64_t policy;             /* the hash of that policy, if valid */
        uint64_t daemon_policy;      /* of the one in force (state.policy), or 0: not known */
        bool knows_activity;
        struct state_activity activity;
        struct view_flag daemon_runs;
        size_t problems;                   /* facts that could not be read or understood */
        const struct diagnosis *diagnosis; /* of doctor, or NULL: was not asked */
};

/* Writes all of it, up to and with the end. */
void metrics_print(const struct metrics *m, struct exposition *e);
