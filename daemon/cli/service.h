/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of "numatier service". */

#include "cli/cli.h"
#include "service/drop-in.h"

/* What is asked of a unit. */
struct service_request {
        char unit[UNIT_NAME_SIZE];
        enum unit_kind kind;
        const char *tiers;          /* as given, or NULL */
        enum service_policy policy; /* of --policy, or what there is without it */
        bool confine, runtime;
};

/* Makes the drop-in: which nodes the tiers have now. Says on standard error what its reader must
 * know. 0 or a negative errno (reported). */
int service_request_resolve(const struct service_request *q, const struct pass *pass,
                            struct service_drop_in **ret);

/* Shows the drop-ins of one unit, or (NULL) of all, and whether their nodes are still those of
 * their tiers. Returns an exit status: EXIT_DIFFERS if they are not. */
int service_print_status(const struct arguments *a, const char *unit);
