/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat build: the table that the firmware should have had. */

#include "cli/hmat.h"

int hmat_build(const struct arguments *a, char **operands)
{
        return EXIT_FAILURE;
}
