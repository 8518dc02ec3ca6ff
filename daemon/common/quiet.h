/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reconciling without a daemon that has watched the machine all along: where the tiers can be
 * learnt only from nodelist, first make sure, by waiting, that nothing is on its way out (tiers.h).
 */

#include <stdint.h>

#include "reconcile.h"

/* Waits until the kernel has sent no uevent for TIERS_QUIET_USEC. 0, -ETIMEDOUT when it was not
 * quiet for so long before timeout_usec had passed, or an error of reading the count. */
int quiet_wait(struct sysroot *root, uint64_t timeout_usec);

/* reconcile(), and wait for quiet only if that is needed to learn the tiers. On a machine that does
 * not become quiet in ten seconds the tiers stay unknown (tiers_withheld). */
int quiet_reconcile(struct sysroot *root, struct policy *policy, enum reconcile_mode mode,
                    struct state *state, struct snapshot **ret);
