/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cli.h"

int verb_set(const struct arguments *a)
{
        fprintf(stderr, "numatier: set is not there yet\n");
        return EXIT_FAILURE;
}

int verb_clear(const struct arguments *a)
{
        fprintf(stderr, "numatier: clear is not there yet\n");
        return EXIT_FAILURE;
}
