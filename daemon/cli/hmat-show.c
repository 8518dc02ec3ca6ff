/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat show: the table of the firmware, or of a file, as people read it. */

#include "cli/hmat.h"

int hmat_show(const struct arguments *a, char **operands)
{
        return EXIT_FAILURE;
}
