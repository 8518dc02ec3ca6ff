/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/quiet.h"

#include <errno.h>
#include <time.h>

#include "facts/tiers.h"

#define GIVE_UP_USEC (10 * 1000000ULL)
#define POLL_USEC    100000ULL

int quiet_wait(struct sysroot *root, uint64_t timeout_usec)
{
        static const struct timespec poll = { .tv_nsec = POLL_USEC * 1000 };
        uint64_t last, seqnum, quiet = 0;
        int r;

        r = tiers_get_uevent_seqnum(root, &last);
        if (r < 0)
                return r;
        for (uint64_t waited = 0; quiet < TIERS_QUIET_USEC; waited += POLL_USEC) {
                if (waited >= timeout_usec)
                        return -ETIMEDOUT;
                nanosleep(&poll, NULL);
                r = tiers_get_uevent_seqnum(root, &seqnum);
                if (r < 0)
                        return r;
                quiet = seqnum == last ? quiet + POLL_USEC : 0;
                last = seqnum;
        }
        return 0;
}

int quiet_reconcile(struct sysroot *root, struct policy *policy, enum reconcile_mode mode,
                    struct state *state, struct snapshot **ret)
{
        enum tier_reading tiers = TIERS_KNOWN_ONLY;
        int r;

        if (!sysroot_is_live(root))
                return reconcile(root, policy, TIERS_READ, mode, state, ret);

        r = reconcile(root, policy, tiers, RECONCILE_PLAN, state, ret);
        if (r < 0)
                return r;
        if ((*ret)->machine->tiers_withheld) {
                if (quiet_wait(root, GIVE_UP_USEC) == 0)
                        tiers = TIERS_READ;
        } else if (mode == RECONCILE_PLAN) {
                return 0;
        }
        *ret = snapshot_unref(*ret);
        return reconcile(root, policy, tiers, mode, state, ret);
}
