/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Verbs that are programs of their own, so that no other has to load their libraries. Each parses
 * its own command line. */

#include <stdbool.h>

bool program_exists(const char *verb);

/* Becomes the program of the verb argv[verb], given all of argv but that. Returns only if that
 * fails, with the exit status for it. */
int program_exec(char **argv, int verb);
