/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/kept.h"

#include "common/quiet.h"
#include "facts/tiers.h"

static bool count_is(struct sysroot *root, uint64_t seqnum)
{
        uint64_t now;

        return tiers_get_uevent_seqnum(root, &now) == 0 && now == seqnum;
}

/* By an offset, a node moves between tiers that are both there without any uevent. */
static bool offsets_differ(const struct machine *a, const struct machine *b)
{
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node *n = &a->nodes[i], *other = machine_get_node(b, n->id);

                if (!other || n->has_offset != other->has_offset ||
                    n->adistance_offset != other->adistance_offset)
                        return true;
        }
        return false;
}

static bool use_kept(const struct kept *k, struct sysroot *root, struct policy *policy,
                     struct state *state, struct snapshot **ret)
{
        if (reconcile(root, policy, TIERS_UNCHANGED, RECONCILE_PLAN, state, k->snapshot, ret) ==
                    0 &&
            (*ret)->machine->tiers_known &&
            !offsets_differ((*ret)->machine, k->snapshot->machine) && count_is(root, k->seqnum))
                return true;
        *ret = snapshot_unref(*ret);
        return false;
}

static void keep(struct kept *k, struct sysroot *root, struct snapshot *s, uint64_t seqnum)
{
        if (!s->machine->tiers_known || !count_is(root, seqnum))
                return;
        k->snapshot = snapshot_ref(s);
        k->seqnum = seqnum;
}

int kept_reconcile(struct kept *k, struct sysroot *root, struct policy *policy, struct state *state,
                   struct snapshot **ret)
{
        uint64_t seqnum;
        bool counted = sysroot_is_live(root) && tiers_get_uevent_seqnum(root, &seqnum) == 0;
        int r;

        if (counted && k->snapshot && seqnum == k->seqnum && use_kept(k, root, policy, state, ret))
                return 0;
        kept_done(k);
        r = quiet_reconcile(root, policy, RECONCILE_PLAN, state, ret);
        if (r == 0 && counted)
                keep(k, root, *ret, seqnum);
        return r;
}

int kept_reconcile_at(struct kept *k, uint64_t now_usec, struct sysroot *root,
                      struct policy *policy, struct state *state, struct snapshot **ret)
{
        struct tier_reading tiers = TIERS_READ;
        int r, error = 0;

        if (sysroot_is_live(root)) {
                error = quiet_sample(&k->quiet, root, now_usec);
                if (error == 0 && k->snapshot && k->quiet.seqnum == k->seqnum &&
                    use_kept(k, root, policy, state, ret))
                        return 0;
                tiers = quiet_get_reading(&k->quiet, now_usec);
        }
        kept_done(k);
        r = reconcile(root, policy, tiers, RECONCILE_PLAN, state, NULL, ret);
        if (*ret)
                quiet_report(error, &(*ret)->problems);
        if (r == 0 && sysroot_is_live(root) && error == 0)
                keep(k, root, *ret, k->quiet.seqnum);
        return r;
}

void kept_done(struct kept *k)
{
        k->snapshot = snapshot_unref(k->snapshot);
}
