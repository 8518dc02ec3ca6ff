/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* This process: what it may use, and how that is changed before it executes a command. */

#include "placement/placement.h"
#include "sysroot/sysroot.h"

/* Of a recorded machine: everything, on its first node with CPUs. */
void self_read(struct sysroot *root, const struct machine *m, struct allowance *ret);

/* Sets the memory policy, and with is_local the CPUs. Reports on standard error what fails, and
 * what is set instead of a mode that this kernel does not have: p has that mode then. 0 or a
 * negative errno. */
int self_set(struct placement *p, set_mempolicy_fn set);
