/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* When memory is quiet, so that memory_tierN/nodelist may be read (facts/tiers.h): as long as the
 * kernel's count of uevents does not change. The count is the same in all namespaces, while the
 * events themselves reach only some (quiet_receives_uevents()). */

#include <stdbool.h>
#include <stdint.h>

#include "reconcile.h"

/* Samples of the count of uevents. Starts as { 0 }. */
struct quiet {
        bool known;
        uint64_t seqnum;     /* the count */
        uint64_t since_usec; /* when it was first found to be that */
};

/* Takes a sample; now_usec is of a clock that does not jump. 0, or an error of reading the count:
 * then memory does not count as quiet. */
int quiet_sample(struct quiet *q, struct sysroot *root, uint64_t now_usec);

/* Reports that the count could not be read; nothing for 0 and -ETIMEDOUT. */
void quiet_report(int error, struct messages *problems);

/* How tiers may be read now: nodelist only if the last sample ended TIERS_QUIET_USEC without any
 * uevent. */
struct tier_reading quiet_get_reading(const struct quiet *q, uint64_t now_usec);

/* Whether the kernel sends its uevents to the network namespace of this process: only to those that
 * the initial user namespace owns (lib/kobject_uevent.c:uevent_net_init). False also if that is
 * not known. */
bool quiet_receives_uevents(void);

/* Waits until the kernel has sent no uevent for TIERS_QUIET_USEC. 0, -ETIMEDOUT when it was not
 * quiet for so long before timeout_usec had passed, or an error of reading the count. */
int quiet_wait(struct sysroot *root, uint64_t timeout_usec, struct tier_reading *ret);

/* A pass that only plans, and does without present tiers that are not known at once: never waits.
 */
int quiet_reconcile_known(struct sysroot *root, struct policy *policy, struct state *state,
                          struct snapshot **ret);

/* reconcile() without a daemon that has watched the machine all along; waits for quiet only if that
 * is needed to learn the tiers. On a machine that does not become quiet in ten seconds the tiers
 * stay unknown (tiers_withheld). */
int quiet_reconcile(struct sysroot *root, struct policy *policy, enum reconcile_mode mode,
                    struct state *state, struct snapshot **ret);

/* The same for who has less time than those ten seconds. */
int quiet_reconcile_within(struct sysroot *root, struct policy *policy, enum reconcile_mode mode,
                           struct state *state, uint64_t timeout_usec, struct snapshot **ret);
