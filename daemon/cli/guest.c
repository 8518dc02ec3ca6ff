/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier guest: the options of a virtual machine that has this machine's nodes. */

#include "cli/cli.h"

int verb_guest(const struct arguments *a)
{
        return EXIT_FAILURE;
}
