/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What --output FILE does. */

#include <stddef.h>

/* Replaces the file, so that whoever reads it has the old text or all of the new one. Everyone may
 * read it, whatever the umask. A file that is there and is not a regular one (/dev/null, a pipe) is
 * written to. 0 or -errno. */
int output_write_file(const char *path, const void *bytes, size_t size);
