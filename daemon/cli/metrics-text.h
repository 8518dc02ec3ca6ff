/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The metrics of a machine, for a file, standard output, or HTTP. */

#include "cli/cli.h"
#include "metrics/exposition.h"

/* Reads the machine. 0, or a negative errno: reported, and ret untouched. ret is to be freed. */
int metrics_format(const struct arguments *a, enum exposition_format format, char **ret,
                   size_t *ret_size);
