/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds the policy's files: numatierd.conf of the first of etc/numatier, run/numatier and
 * usr/lib/numatier that has one, and the drop-ins numatierd.conf.d/NAME.conf of all three, sorted
 * by NAME; of equal names the first directory's counts, and an empty file (or a link to /dev/null)
 * there masks the others. */

#include "base/messages.h"
#include "policy/policy.h"
#include "sysroot/sysroot.h"

/* Loads and judges the policy. file: one file that replaces all of the above (a path of the calling
 * process, not of root), or NULL. root: where the directories above are looked for.
 * 0, -ENOENT (no policy anywhere; told in errors), -EBADMSG (told in errors), -ENOMEM. */
int config_load(struct sysroot *root, const char *file, struct messages *errors,
                struct policy **ret);
