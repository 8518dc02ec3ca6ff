/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints changes until a signal ends it, or nobody reads any more. */

#include <stdbool.h>

struct loop_arguments {
        bool json;
        unsigned lines; /* of the journal's past */
};

/* An exit status. */
int loop_run(const struct loop_arguments *a);
