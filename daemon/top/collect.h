/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads samples, in a thread: the screen answers to keys while the kernel is busy with hotplug, or
 * while there are thousands of units to read. */

#include "common/input.h"
#include "top/sample.h"

struct collector;

/* 0 or a negative errno. */
int collector_new(const struct input *in, struct collector **ret);

/* Leaves the thread behind if it is stuck in the kernel: the program is about to end. */
struct collector *collector_free(struct collector *c);
DEFINE_CLEANUP(struct collector *, collector_free)

/* A file descriptor that can be read when a sample is there. */
int collector_get_fd(const struct collector *c);

/* Asks for a sample, unless one is being read. */
void collector_request(struct collector *c);

/* The sample that was asked for: 1 and the caller owns it; 0: none yet; or why it could not be
 * read, and then *ret_why (to be freed, may be NULL) says it in one line. */
int collector_take(struct collector *c, struct sample **ret, char **ret_why);

/* A sample without a thread. Reports on standard error. 0 or a negative errno. */
int collect(const struct input *in, struct sample **ret);
