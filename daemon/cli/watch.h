/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Waits for changes of the tiers: uevents of memory, nodes and tiers, and what a running numatierd
 * reports. Some changes have neither, so that a wait ends after a few seconds in any case. */

#include <stdbool.h>

#include "common/input.h"

struct watch {
        int uevents, view; /* file descriptors; -1: this kind of change is only found in time */
};

/* The machine must be live: input.machine is not set. From now on, Ctrl-C ends the program with
 * success. */
void watch_begin(const struct input *in, struct watch *ret);
void watch_end(struct watch *w);

/* Returns when something changed and no more changes follow, or in time. */
void watch_wait(struct watch *w);

/* Whether the kernel's text of a uevent ("add@/devices/...\0SUBSYSTEM=memory\0...") may concern
 * tiers. */
bool watch_concerns_tiers(const char *uevent, size_t length);
