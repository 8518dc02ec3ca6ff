/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The processes of a systemd unit: those in its control group (usage/usage.h finds it) and in the
 * groups below that. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "sysroot/sysroot.h"

/* Adds the numbers of the processes of a group ("/system.slice/foo.service") to *pids; groups may
 * go meanwhile. 0 or -ENOMEM. */
int unit_add_processes(struct sysroot *root, const char *group, pid_t **pids, size_t *n,
                       size_t *allocated);

/* Whether a process is in that group or below: its number may be another one's by now. */
bool unit_has_process(struct sysroot *root, const char *group, pid_t pid);
