/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The file of measured values: who may write it, and adding to it. */

#include <sys/types.h>

#include "base/messages.h"
#include "facts/access.h"
#include "sysroot/sysroot.h"

#define STORE_LOCK_PATH "run/numatier/measure.lock"

/* One measurement at a time: a second one would disturb the values of the first, and could replace
 * what the first has stored. root, ret_fd, ret_holder and errors are those of lock_take(). */
int store_lock(const char *root, int *ret_fd, pid_t *ret_holder);

/* Whether values can be added without losing those in the file: 0, or why the file cannot be read.
 * problems: that, or lines that are damaged; they stay in the file. */
int store_check(struct sysroot *root, struct messages *problems);

/* Adds the values of one memory, in place of earlier ones. Signals are blocked meanwhile. 0, or why
 * it failed. */
int store_add(struct sysroot *root, const char *key, const struct perf *perf,
              struct messages *warnings);
