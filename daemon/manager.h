/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon: a thin shell around reconcile(). The schedule says when a pass is due, the worker
 * runs it in a thread of its own (the kernel may keep it waiting), and what it produced is
 * published. */

#include "base/util.h"
#include "common/input.h"

struct manager;

/* Loads policy and state and takes the lock; errors are logged. 0 or a negative errno. */
int manager_new(const struct input *in, struct manager **ret);

/* Listens, and starts the first pass. */
int manager_start(struct manager *m);

/* Runs until SIGTERM or SIGINT; tiers stay as they are. 0 or a negative errno. */
int manager_run(struct manager *m);

struct manager *manager_free(struct manager *m);
DEFINE_CLEANUP(struct manager *, manager_free)
