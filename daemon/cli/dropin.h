/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A drop-in of the policy that a verb writes or removes. */

#include "policy/files.h"
#include "policy/policy.h"
#include "sysroot/sysroot.h"

#define DROPIN_PATH_MAX 256

/* Nobody else changes drop-ins from here to the end of the program. 0 or a negative errno
 * (reported).
 */
int dropin_lock(void);

/* Reads it: *ret is NULL if it is not there. 0 or a negative errno (reported); -EBADMSG: it is no
 * text. */
int dropin_read(struct sysroot *root, const char *path, char **ret);

/* Checks the whole policy as it would be. 0 or a negative errno (reported; nothing was changed).
 * ret (may be NULL): that policy. */
int dropin_check(struct sysroot *root, const struct config_change *change, struct policy **ret);

/* Carries out a change that was checked: writes or removes the file, and lets the daemon reload the
 * policy. Says both. Returns an exit status. */
int dropin_install(struct sysroot *root, const struct config_change *change);
