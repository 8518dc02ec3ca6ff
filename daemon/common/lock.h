/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One writer at a time: numatierd, numatier apply and numatier restore each hold this lock while
 * they may write to a machine and to its state. The kernel lets go of it when its holder dies. */

#include <stdbool.h>
#include <sys/types.h>

#define LOCK_PATH "run/numatier/lock"

/* root: the directory of --root, or NULL for /. ret_fd holds the lock until it is closed.
 * 0, -EBUSY (somebody has it; ret_holder, which may be NULL, is then its pid, or 0 if that is
 * unknown), or what the system says. */
int lock_take(const char *root, int *ret_fd, pid_t *ret_holder);

/* The same with another file in run/numatier, for something else that only one process may do. */
int lock_take_file(const char *root, const char *path, int *ret_fd, pid_t *ret_holder);

/* The same, but others may share it. -EBUSY: somebody has it alone. */
int lock_share_file(const char *root, const char *path, int *ret_fd);

/* Whether whoever has it shares it, or nobody has it. */
bool lock_is_shared(const char *root, const char *path);
