/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A drop-in of the policy in an editor. */

#include "sysroot/sysroot.h"

/* Lets the editor that the environment names have it; name and runtime: of the drop-in. top: where
 * root is ("" for /, a directory of a test). Returns an exit status. */
int edit_drop_in(struct sysroot *root, const char *top, const char *name, bool runtime);
