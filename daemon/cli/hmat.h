/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The commands of numatier hmat; each has a file of its own. */

#include "cli/cli.h"

/* operands: what follows the command, NULL at the end. Each returns the exit status. */
int hmat_show(const struct arguments *a, char **operands);
int hmat_build(const struct arguments *a, char **operands);
int hmat_install(const struct arguments *a, char **operands);
int hmat_uninstall(const struct arguments *a, char **operands);
int hmat_status(const struct arguments *a, char **operands);
int hmat_check(const struct arguments *a, char **operands); /* not for people: see hmat-check.c */
