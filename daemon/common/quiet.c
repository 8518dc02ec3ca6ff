/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "facts/tiers.h"

#define GIVE_UP_USEC (10 * 1000000ULL)
#define POLL_USEC    100000ULL

/* The inode of the initial user namespace (include/linux/proc_ns.h:PROC_USER_INIT_INO). */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDU

int quiet_sample(struct quiet *q, struct sysroot *root, uint64_t now_usec)
{
        uint64_t seqnum;
        int r;

        r = tiers_get_uevent_seqnum(root, &seqnum);
        if (r < 0) {
                q->known = false;
                return r;
        }
        if (!q->known || seqnum != q->seqnum)
                *q = (struct quiet){ .known = true, .seqnum = seqnum, .since_usec = now_usec };
        return 0;
}

void quiet_report(int error, struct messages *problems)
{
        if (error < 0 && error != -ETIMEDOUT)
                messages_add(problems,
                             "/sys/kernel/uevent_seqnum: cannot be read: %s. Without it, it is not "
                             "known when tiers are safe to be read",
                             error == -EINVAL || error == -ERANGE ? "not a number"
                                                                  : strerror(-error));
}

struct tier_reading quiet_get_reading(const struct quiet *q, uint64_t now_usec)
{
        if (!q->known || now_usec < q->since_usec || now_usec - q->since_usec < TIERS_QUIET_USEC)
                return TIERS_KNOWN_ONLY;
        return TIERS_QUIET_AT(q->seqnum);
}

bool quiet_receives_uevents(void)
{
        _cleanup_(closep) int net = -1, user = -1;
        struct stat st;

        net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (net < 0)
                return false;
        user = ioctl(net, NS_GET_USERNS);
        return user >= 0 && fstat(user, &st) == 0 && st.st_ino == INITIAL_USER_NAMESPACE;
}

int quiet_wait(struct sysroot *root, uint64_t timeout_usec, struct tier_reading *ret)
{
        static const struct timespec poll = { .tv_nsec = POLL_USEC * 1000 };
        struct quiet q = { 0 };

        for (uint64_t waited = 0;; waited += POLL_USEC) {
                int r = quiet_sample(&q, root, waited);

                if (r < 0)
                        return r;
                *ret = quiet_get_reading(&q, waited);
                if (ret->nodelist)
                        return 0;
                if (waited >= timeout_usec)
                        return -ETIMEDOUT;
                nanosleep(&poll, NULL);
        }
}

int quiet_reconcile_known(struct sysroot *root, struct policy *policy, struct state *state,
                          struct snapshot **ret)
{
        struct tier_reading tiers = sysroot_is_live(root) ? TIERS_KNOWN_ONLY : TIERS_READ;

        return reconcile(root, policy, tiers, RECONCILE_PLAN, state, NULL, ret);
}

int quiet_reconcile(struct sysroot *root, struct policy *policy, enum reconcile_mode mode,
                    struct state *state, struct snapshot **ret)
{
        return quiet_reconcile_within(root, policy, mode, state, GIVE_UP_USEC, ret);
}

int quiet_reconcile_within(struct sysroot *root, struct policy *policy, enum reconcile_mode mode,
                           struct state *state, uint64_t timeout_usec, struct snapshot **ret)
{
        _cleanup_(snapshot_unrefp) struct snapshot *first = NULL;
        struct tier_reading tiers = TIERS_KNOWN_ONLY;
        int r, error = 0;

        if (!sysroot_is_live(root))
                return reconcile(root, policy, TIERS_READ, mode, state, NULL, ret);

        r = reconcile(root, policy, tiers, RECONCILE_PLAN, state, NULL, ret);
        if (r < 0)
                return r;
        if ((*ret)->machine->tiers_withheld) {
                /* not quiet in time: then it stays at what can be known without nodelist */
                error = quiet_wait(root, timeout_usec, &tiers);
                if (error < 0)
                        tiers = TIERS_KNOWN_ONLY;
        } else if (mode == RECONCILE_PLAN) {
                return 0;
        }
        first = TAKE_PTR(*ret);
        r = reconcile(root, policy, tiers, mode, state, first, ret);
        if (*ret)
                quiet_report(error, &(*ret)->problems);
        return r;
}
