/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The checks of doctor.c: each adds its findings, or says what it could not check. */

#include "doctor/finding.h"
#include "doctor/subject.h"

typedef void (*check_fn)(const struct subject *s, struct diagnosis *d);

/* tiers.c */
void check_nodes_misplaced(const struct subject *s, struct diagnosis *d);
void check_tiers_missing(const struct subject *s, struct diagnosis *d);
void check_dram_split(const struct subject *s, struct diagnosis *d);

/* demotion.c */
void check_demotion_freeze(const struct subject *s, struct diagnosis *d);
void check_demotion_off(const struct subject *s, struct diagnosis *d);
void check_demotion_cpuset(const struct subject *s, struct diagnosis *d);
void check_demotion_gpu(const struct subject *s, struct diagnosis *d);

/* balancing.c */
void check_balancing_off(const struct subject *s, struct diagnosis *d);
void check_tiering_useless(const struct subject *s, struct diagnosis *d);

/* firmware.c */
void check_hmat_absent(const struct subject *s, struct diagnosis *d);
void check_hmat_zero(const struct subject *s, struct diagnosis *d);
void check_hmat_contradictory(const struct subject *s, struct diagnosis *d);
void check_hmat_disabled(const struct subject *s, struct diagnosis *d);
void check_cxl_values(const struct subject *s, struct diagnosis *d);
void check_decoder_locked(const struct subject *s, struct diagnosis *d);

/* hmat.c */
void check_hmat_not_taken(const struct subject *s, struct diagnosis *d);
void check_hmat_outdated(const struct subject *s, struct diagnosis *d);

/* zones.c */
void check_kernel_memory(const struct subject *s, struct diagnosis *d);
void check_memmap(const struct subject *s, struct diagnosis *d);

/* hotplug.c */
void check_memory_offline(const struct subject *s, struct diagnosis *d);
void check_memory_quarantined(const struct subject *s, struct diagnosis *d);
void check_memory_drained(const struct subject *s, struct diagnosis *d);
void check_dax_unused(const struct subject *s, struct diagnosis *d);
void check_hotplug_stuck(const struct subject *s, struct diagnosis *d);
void check_onliner_conflict(const struct subject *s, struct diagnosis *d);

/* settings.c */
void check_damon_stat(const struct subject *s, struct diagnosis *d);
void check_interleave_default(const struct subject *s, struct diagnosis *d);
void check_settings_differ(const struct subject *s, struct diagnosis *d);
void check_settings_held(const struct subject *s, struct diagnosis *d);

/* service.c */
void check_service_tiers(const struct subject *s, struct diagnosis *d);

/* policy.c */
void check_policy_invalid(const struct subject *s, struct diagnosis *d);
void check_policy_tier_unused(const struct subject *s, struct diagnosis *d);
void check_policy_node_unmatched(const struct subject *s, struct diagnosis *d);
void check_policy_unsupported(const struct subject *s, struct diagnosis *d);
void check_policy_baseline(const struct subject *s, struct diagnosis *d);
void check_values_alone(const struct subject *s, struct diagnosis *d);
void check_service_down(const struct subject *s, struct diagnosis *d);
void check_state_damaged(const struct subject *s, struct diagnosis *d);
