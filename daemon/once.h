/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* numatierd --once and --check: one pass in the foreground, reported on standard error. */

#include <stdbool.h>

#include "common/input.h"

/* Runs one pass, or (dry_run) reports what it would do. Returns an exit status: 0 done, 1 failed,
 * 3 there is something to do, or that cannot be done here. */
int once_run(const struct input *in, bool dry_run);

/* Validates the policy. Returns an exit status: 0 or 1. */
int once_check(const struct input *in);
