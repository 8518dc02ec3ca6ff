/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The table that the policy wants now, for install and status. */

#include "cli/cli.h"

struct hmat_wanted {
        struct pass pass;
        void *bytes; /* NULL: there can be none */
        size_t size;
        struct messages refusals; /* why not */
        struct messages remarks;
};

/* Reads the machine and builds the table. 0, also if it is refused; or a negative errno, reported.
 * hmat_wanted_done() in any case. */
int hmat_wanted_find(const struct arguments *a, struct hmat_wanted *ret);
void hmat_wanted_done(struct hmat_wanted *w);
