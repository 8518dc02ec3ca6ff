/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an HMAT says of each pair of initiator and target, however many matrices it takes to say it;
 * and back into matrices. Only the hierarchy level "memory": values of side caches are none of
 * Linux's either (hmat.c:hmat_update_target). */

#include <stddef.h>
#include <stdint.h>

#include "acpi/hmat.h"
#include "facts/access.h"

#define PICOSECONDS 1000U /* in a nanosecond */

/* Latencies in picoseconds, bandwidths in MB/s, as in struct perf; 0: no information. Linux has 32
 * bits for each (hmat.c:hmat_normalize). */
struct hmat_pair {
        uint32_t v[PERF_VALUES];
};

struct hmat_pairs {
        uint32_t *initiators, *targets; /* proximity domains, ascending */
        size_t n_initiators, n_targets;
        struct hmat_pair *items; /* items[i * n_targets + t] */
};

/* The pairs of a table (or NULL: none), with these initiators and targets beside those that it has.
 * Of several matrices that speak of a pair, the last counts. Values of a table of revision 1 are
 * rounded as Linux rounds them. 0, -ENOMEM, or -E2BIG: there are too many. */
int hmat_pairs_read(const struct hmat *h, const uint32_t *initiators, size_t n_initiators,
                    const uint32_t *targets, size_t n_targets, struct hmat_pairs *ret);
void hmat_pairs_done(struct hmat_pairs *p);

/* NULL: there is none. */
struct hmat_pair *hmat_pairs_find(const struct hmat_pairs *p, uint32_t initiator, uint32_t target);

/* The base units of the matrices; 0: none is preferred. */
struct hmat_units {
        uint64_t latency, bandwidth; /* picoseconds, MB/s */
};

/* Those of a table's first matrices. */
struct hmat_units hmat_units_read(const struct hmat *h);

/* A value in whole units, rounded up as Linux rounds latencies, but to no more than it can read. */
uint32_t hmat_round_up(uint32_t value, uint64_t unit);

/* Adds matrices to a table. A unit that is not preferred, or too small, is chosen so that nothing
 * is lost, if there is such a one; else values are rounded up. 0 or -ENOMEM. */
int hmat_pairs_write(const struct hmat_pairs *p, const struct hmat_units *preferred,
                     struct hmat *h);
