/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The processes of a systemd unit: those in its control group and in the groups below that. */

#include <stddef.h>
#include <sys/types.h>

#include "base/messages.h"
#include "sysroot/sysroot.h"

/* The name as systemctl(1) completes it: "foo" is "foo.service". NULL: out of memory. */
char *unit_complete_name(const char *name);

/* Finds the directory of a unit, wherever it is below /sys/fs/cgroup: "sys/fs/cgroup/system.slice/
 * foo.service". 0; -ENOENT: no unit of that name runs, or -EEXIST: several do (both said in
 * errors); -ENOMEM. */
int unit_find(struct sysroot *root, const char *name, struct messages *errors, char **ret);

/* Adds the numbers of its processes to *pids; groups may go meanwhile. 0 or -ENOMEM. */
int unit_add_processes(struct sysroot *root, const char *path, pid_t **pids, size_t *n,
                       size_t *allocated);

/* Whether a process is in that group or below: its number may be another one's by now. */
bool unit_has_process(struct sysroot *root, const char *path, pid_t pid);
