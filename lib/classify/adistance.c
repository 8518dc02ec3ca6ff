/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/adistance.h"

#include <errno.h>
#include <stdlib.h>

/* struct access_coordinate holds unsigned ints, and so are their sums: they wrap as the kernel's
 * do. */
static uint32_t latency_sum(const struct perf *p)
{
        return p->v[READ_LATENCY] + p->v[WRITE_LATENCY];
}

static uint32_t bandwidth_sum(const struct perf *p)
{
        return p->v[READ_BANDWIDTH] + p->v[WRITE_BANDWIDTH];
}

/* "abs(a - ref) * 10 > ref" in int and unsigned, as the kernel (-fno-strict-overflow) computes it.
 */
static bool deviates(uint32_t a, uint32_t ref)
{
        int32_t difference = (int32_t)(a - ref);
        uint32_t magnitude = difference < 0 ? 0U - (uint32_t)difference : (uint32_t)difference;

        return magnitude * 10 > ref;
}

void adistance_add_dram(struct adistance_reference *ref, const struct perf *perf)
{
        if (ref->disabled)
                return;
        if (latency_sum(perf) == 0 || bandwidth_sum(perf) == 0) {
                ref->disabled = true;
                return;
        }
        if (!ref->valid) {
                ref->valid = true;
                ref->perf = *perf;
                return;
        }
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (deviates(perf->v[v], ref->perf.v[v]))
                        ref->disabled = true;
}

/* The kernel's products in "long", which wrap for absurd values, and its signed divisions. */
static int64_t scale(int64_t distance, uint32_t by, uint32_t of)
{
        return (int64_t)((uint64_t)distance * by) / of;
}

int adistance_from_perf(const struct adistance_reference *ref, const struct perf *perf, int *ret)
{
        int64_t distance = MEMTIER_ADISTANCE_DRAM;

        if (ref->disabled)
                return -EIO;
        if (latency_sum(perf) == 0 || bandwidth_sum(perf) == 0)
                return -EINVAL;
        if (!ref->valid)
                return -ENOENT;
        distance = scale(distance, latency_sum(perf), latency_sum(&ref->perf));
        distance = scale(distance, bandwidth_sum(&ref->perf), bandwidth_sum(perf));
        if ((int32_t)distance < 0)
                return -ERANGE;
        *ret = (int32_t)distance;
        return 0;
}
