/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cli.h"

int verb_edit(const struct arguments *a)
{
        fprintf(stderr, "numatier: edit is not there yet\n");
        return EXIT_FAILURE;
}
