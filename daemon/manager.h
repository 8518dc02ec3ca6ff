/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon: a thin shell around reconcile(). That is done by a job in a thread of its own (job.h,
 * worker.h), because the kernel may keep it waiting. The event loop itself reads no more of /sys
 * than which nodes have memory, for which the kernel takes no lock. */

#include "base/util.h"

struct manager;

struct manager_options {
        const char *root;   /* a directory, or NULL for / */
        const char *config; /* a policy file, or NULL for the system's */
};

/* Loads policy and state and takes the lock; what goes wrong is logged. 0 or a negative errno. */
int manager_new(const struct manager_options *options, struct manager **ret);

/* Listens, and makes the first look. */
int manager_start(struct manager *m);

/* Runs until it is told to stop; tiers stay as they are. 0 or a negative errno. */
int manager_run(struct manager *m);

struct manager *manager_free(struct manager *m);
DEFINE_CLEANUP(struct manager *, manager_free)
