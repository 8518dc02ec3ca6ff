/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A file that others read at any time. */

#include <stddef.h>

/* Puts a new file in the place of path, so that a reader sees the old text or the new one. Everyone
 * may read it, whatever the umask. 0 or -errno; -EEXIST: there is something that is not a regular
 * file. */
int replace_file(const char *path, const char *text, size_t size);
