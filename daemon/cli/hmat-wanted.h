/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The table that the policy wants now, for install, status and doctor. */

#include "cli/cli.h"

struct hmat_wanted {
        struct pass pass; /* of hmat_wanted_find() */
        void *bytes;      /* NULL: there can be none */
        size_t size;
        struct messages refusals; /* why not */
        struct messages remarks;
};

/* Builds the table for a machine that was classified. 0, also if it is refused, or -ENOMEM.
 * hmat_wanted_done() in any case. */
int hmat_wanted_build(struct sysroot *root, const struct snapshot *s, struct hmat_wanted *ret);

/* The same, and reads and classifies the machine before. 0, or a negative errno: reported. */
int hmat_wanted_find(const struct arguments *a, struct hmat_wanted *ret);

void hmat_wanted_done(struct hmat_wanted *w);
