/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "cli/cli.h"

int verb_drain(const struct arguments *a)
{
        return cli_error(-EOPNOTSUPP, "drain");
}
