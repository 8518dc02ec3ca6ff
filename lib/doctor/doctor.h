/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds what is wrong with a machine's memory. Everything was read before: nothing is read or
 * written here, so that a recorded machine gives the same findings as the machine itself. */

#include "base/nodeset.h"
#include "doctor/finding.h"
#include "facts/health.h"
#include "facts/onliners.h"
#include "snapshot.h"

enum service_state {
        SERVICE_UNKNOWN,
        SERVICE_RUNNING,
        SERVICE_STOPPED, /* and it is not started at boot either */
        SERVICE_DOWN,    /* it is to be started at boot, and does not run */
};

/* What is examined. */
struct subject {
        const struct snapshot *snapshot; /* with a machine, an assignment and a plan */
        const struct health *health;
        const struct onliners *onliners; /* who brings memory online; NULL: not known */
        struct nodeset acpi;             /* nodes whose memory is an ACPI memory device */
        /* What is wrong with the policy; NULL: nothing. The snapshot then is that of an empty
         * policy. */
        const struct messages *policy_errors;
        bool policy_is_missing;                /* one of these errors: there is no policy at all */
        const struct messages *state_problems; /* what is wrong with the state of this boot, or NULL
                                                */
        struct nodeset drained;                /* by "numatier drain" */
        enum service_state service;            /* numatierd */
        /* Why this kernel has no way to move nodes: a clause with the command that helps, and the
         * name of the cause; NULL: not known. */
        const char *missing_text, *missing_name;
};

/* Makes all checks. 0 or -ENOMEM; diagnosis_done() in any case. */
int doctor_examine(const struct subject *s, struct diagnosis *ret);

/* The checks, each with the id of its findings, for the man page's test. NULL at the end. */
const char *doctor_get_check(size_t i);
