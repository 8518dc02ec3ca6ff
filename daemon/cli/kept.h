/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tiers for a program that shows them again and again: they are read from the kernel's nodelist
 * once (facts/tiers.h says why that has its price), and hold as long as no uevent is sent. */

#include <stdint.h>

#include "common/quiet.h"
#include "snapshot.h"
#include "state/state.h"
#include "sysroot/sysroot.h"

/* Starts as { 0 }. */
struct kept {
        struct snapshot *snapshot; /* whose tiers are known; NULL: none yet */
        uint64_t seqnum;           /* the count of uevents then */
        struct quiet quiet;        /* of kept_reconcile_at() */
};

/* quiet_reconcile() with RECONCILE_PLAN; without nodelist while the kept tiers hold. */
int kept_reconcile(struct kept *k, struct sysroot *root, struct policy *policy, struct state *state,
                   struct snapshot **ret);

/* The same without ever waiting: after a uevent the tiers are withheld, until a later call finds
 * that memory has been quiet since. now_usec: of a clock that does not jump. */
int kept_reconcile_at(struct kept *k, uint64_t now_usec, struct sysroot *root,
                      struct policy *policy, struct state *state, struct snapshot **ret);

void kept_done(struct kept *k);
