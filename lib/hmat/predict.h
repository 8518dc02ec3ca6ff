/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tiers that Linux 6.7 and later form when they boot with an HMAT, by the kernel's own rules
 * (drivers/acpi/numa/hmat.c, mm/memory-tiers.c), and whether those are the policy's. */

#include <stdbool.h>
#include <stdint.h>

#include "classify/adistance.h"
#include "hmat/domains.h"

/* The values of a node are those of access class 1 (reading.h). */
struct hmat_prediction {
        struct adistance_reference reference; /* disabled: Linux uses the table for no tier */
        const struct node *first;   /* the first node with CPUs and memory: the reference */
        const struct node *culprit; /* the one because of which it is disabled, or NULL */
        struct predicted_node {
                bool by_hmat; /* else Linux puts it where it puts memory of which it knows nothing
                               */
                struct perf perf;
                uint32_t tier; /* if by_hmat */
        } * nodes;             /* as machine.nodes; only those of PLACE_SRAT */
};

/* 0 or -ENOMEM; hmat_prediction_done() in any case. */
int hmat_predict(const struct hmat_facts *f, const struct hmat_domains *d, const struct hmat *h,
                 struct hmat_prediction *ret);
void hmat_prediction_done(struct hmat_prediction *p);

/* Compares with the policy: nodes of one tier must be in one tier, and faster tiers before slower
 * ones; numbers may differ. What differs is reported in refusals, with what would help. */
void hmat_prediction_compare(const struct hmat_facts *f, const struct hmat_domains *d,
                             const struct hmat_prediction *p, struct refusals *refusals);
