/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cli.h"

int verb_usage(const struct arguments *a)
{
        fprintf(stderr, "numatier: usage is not there yet\n");
        return EXIT_FAILURE;
}
