/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The one line that systemctl status shows. */

#include <time.h>

#include "online/slice.h"
#include "reconcile.h"

struct status {
        char change[128]; /* the last thing written, and when; or "" */
};

/* Notes what a pass wrote. r may be NULL: no memory for it. */
void status_note(struct status *s, const struct snapshot *r, time_t now);

/* "2 nodes in 2 tiers (dram: 0, cxl: 1) through memtier_override; last: node 1 to cxl, DATE". To be
 * freed by the caller; NULL: no memory. error: what reconcile() returned; r may then be NULL. */
char *status_format(const struct status *s, const struct snapshot *r, int error);

/* "; node 2: 512 of 2048 blocks online, movable" for each node that is not as the policy wants
 * and could be, or "". To be freed by the caller; NULL: no memory. */
char *status_format_online(const struct online_result *r);
