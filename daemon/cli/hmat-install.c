/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat install, uninstall: the table for the next boot. */

#include "cli/hmat.h"

int hmat_install(const struct arguments *a, char **operands)
{
        return EXIT_FAILURE;
}

int hmat_uninstall(const struct arguments *a, char **operands)
{
        return EXIT_FAILURE;
}
