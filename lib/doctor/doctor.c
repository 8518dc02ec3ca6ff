/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "doctor/doctor.h"

#include <errno.h>

#include "doctor/checks.h"

/* In the order in which findings of one severity are shown. */
static const struct check {
        const char *id;
        check_fn run;
} checks[] = {
        { "hotplug-stuck", check_hotplug_stuck },
        { "demotion-freeze", check_demotion_freeze },
        { "policy-invalid", check_policy_invalid },
        { "service-down", check_service_down },
        { "state-damaged", check_state_damaged },
        { "nodes-misplaced", check_nodes_misplaced },
        { "tiers-missing", check_tiers_missing },
        { "dram-split", check_dram_split },
        { "memory-offline", check_memory_offline },
        { "onliner-conflict", check_onliner_conflict },
        { "kernel-memory", check_kernel_memory },
        { "demotion-off", check_demotion_off },
        { "demotion-cpuset", check_demotion_cpuset },
        { "demotion-gpu", check_demotion_gpu },
        { "balancing-off", check_balancing_off },
        { "tiering-useless", check_tiering_useless },
        { "settings-held", check_settings_held },
        { "settings-differ", check_settings_differ },
        { "hmat-absent", check_hmat_absent },
        { "hmat-zero", check_hmat_zero },
        { "hmat-contradictory", check_hmat_contradictory },
        { "hmat-disabled", check_hmat_disabled },
        { "hmat-not-taken", check_hmat_not_taken },
        { "hmat-outdated", check_hmat_outdated },
        { "cxl-values", check_cxl_values },
        { "values-alone", check_values_alone },
        { "service-tiers", check_service_tiers },
        { "policy-baseline", check_policy_baseline },
        { "policy-node-unmatched", check_policy_node_unmatched },
        { "policy-tier-unused", check_policy_tier_unused },
        { "policy-unsupported", check_policy_unsupported },
        { "memory-quarantined", check_memory_quarantined },
        { "memory-drained", check_memory_drained },
        { "dax-unused", check_dax_unused },
        { "memmap-on-memory", check_memmap },
        { "decoder-locked", check_decoder_locked },
        { "interleave-default", check_interleave_default },
        { "damon-stat", check_damon_stat },
};

/* A stable sort: the findings are few. */
static void sort_by_severity(struct diagnosis *d)
{
        for (size_t i = 1; i < d->n_findings; i++) {
                struct finding f = d->findings[i];
                size_t j = i;

                for (; j > 0 && d->findings[j - 1].severity > f.severity; j--)
                        d->findings[j] = d->findings[j - 1];
                d->findings[j] = f;
        }
}

int doctor_examine(const struct subject *s, struct diagnosis *ret)
{
        *ret = (struct diagnosis){ 0 };
        for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
                ret->check = checks[i].id;
                checks[i].run(s, ret);
                ret->checks++;
        }
        sort_by_severity(ret);
        return ret->failed ? -ENOMEM : 0;
}

const char *doctor_get_check(size_t i)
{
        return i < ELEMENTSOF(checks) ? checks[i].id : NULL;
}
