/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat status: whether the kernel has taken the table. */

#include "cli/hmat.h"

int hmat_status(const struct arguments *a, char **operands)
{
        return EXIT_FAILURE;
}
