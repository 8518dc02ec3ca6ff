/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every program does before it writes to a machine: take the lock, load the state. The caller
 * shows the messages. */

#include "base/messages.h"
#include "common/input.h"
#include "state/state.h"
#include "sysroot/sysroot.h"

/* Takes the lock of the machine that the options name; a recorded machine (--machine) needs none,
 * and *ret_fd is then left alone. 0, -EBUSY (another program holds it), or another negative errno;
 * each is said in problems. */
int session_lock(const struct input *in, struct messages *problems, int *ret_fd);

/* Loads the state of this boot. What is wrong with it is said in problems, also where it could be
 * loaded in part. 0 or a negative errno. */
int session_load_state(struct sysroot *root, struct messages *problems, struct state **ret);
