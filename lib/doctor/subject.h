/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is examined. */

#include "base/nodeset.h"
#include "facts/health.h"
#include "facts/onliners.h"
#include "hmat/installed.h"
#include "online/wanted.h"
#include "service/files.h"
#include "snapshot.h"

enum service_state {
        SERVICE_UNKNOWN,
        SERVICE_RUNNING,
        SERVICE_STOPPED, /* and it is not started at boot either */
        SERVICE_DOWN,    /* it is to be started at boot, and does not run */
};

/* Whether the table that is installed is the one that the policy wants now. */
enum hmat_currency {
        HMAT_CURRENCY_UNKNOWN,
        HMAT_CURRENT,
        HMAT_OUTDATED,
};

struct subject {
        const struct snapshot *snapshot; /* with a machine, an assignment and a plan */
        const struct health *health;
        const struct onliners *onliners; /* who brings memory online; NULL: not known */
        /* The devices of health's memory blocks, and what the policy wants for each block. NULL:
         * not known. */
        const struct block_devices *devices;
        const struct wanted *wanted;
        /* What is wrong with the policy; NULL: nothing. The snapshot then is that of an empty
         * policy. */
        const struct messages *policy_errors;
        bool policy_is_missing;                /* one of these errors: there is no policy at all */
        const struct messages *state_problems; /* what is wrong with the state of this boot, or NULL
                                                */
        struct nodeset drained;                /* by "numatier drain" */
        enum service_state service;            /* numatierd */
        const struct installed *installed; /* an HMAT of numatier's own; NULL: none is installed */
        enum hmat_currency hmat_currency;
        const struct service_files *services; /* drop-ins of "numatier service"; NULL: not known */
        /* Why this kernel has no way to move nodes: a clause with the command that helps, and the
         * name of the cause; NULL: not known. */
        const char *missing_text, *missing_name;
};
