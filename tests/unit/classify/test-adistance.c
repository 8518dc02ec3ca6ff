/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/adistance.h"
#include "testing.h"

#define PERF(rl, wl, rb, wb) (&(struct perf){ { rl, wl, rb, wb } })

static struct adistance_reference reference(const struct perf *perf)
{
        struct adistance_reference ref = { 0 };

        adistance_add_dram(&ref, perf);
        return ref;
}

static int distance(const struct perf *dram, const struct perf *perf)
{
        struct adistance_reference ref = reference(dram);
        int d = -1;

        assert(adistance_from_perf(&ref, perf, &d) == 0);
        return d;
}

/* 576 * 40 / 20 * 20 / 10 and the like, from mm/memory-tiers.c; tiers as stock kernels show them.
 */
static void test_known(void)
{
        const struct perf *dram = PERF(10, 10, 10, 10);

        assert(distance(dram, dram) == 576);
        assert(adistance_to_tier(576) == 4);
        assert(distance(dram, PERF(20, 20, 5, 5)) == 2304);
        assert(adistance_to_tier(2304) == 18);
        assert(distance(dram, PERF(60, 60, 5, 5)) == 6912);
        assert(adistance_to_tier(6912) == 54);
        /* 10% more latency and 10% less bandwidth pass for DRAM and are tier 5 all the same */
        assert(distance(PERF(100, 100, 100, 100), PERF(110, 110, 90, 90)) == 703);
        assert(adistance_to_tier(703) == 5);
}

/* Each division truncates before the next multiplication. */
static void test_order_of_operations(void)
{
        /* 576*7=4032, /20=201, *30=6030, /7=861; in another order 864 */
        assert(distance(PERF(10, 10, 15, 15), PERF(3, 4, 3, 4)) == 861);
}

static void test_deviation(void)
{
        struct adistance_reference ref = reference(PERF(100, 100, 100, 100));

        adistance_add_dram(&ref, PERF(110, 90, 110, 90)); /* exactly 10% is not more than 10% */
        assert(!ref.disabled);
        adistance_add_dram(&ref, PERF(100, 111, 100, 100));
        assert(ref.disabled);
        assert(adistance_from_perf(&ref, PERF(1, 1, 1, 1), &(int){ 0 }) == -EIO);
}

static void test_unknown(void)
{
        struct adistance_reference ref = reference(PERF(10, 10, 10, 10)), none = { 0 };

        assert(adistance_from_perf(&ref, PERF(0, 0, 5, 5), &(int){ 0 }) == -EINVAL);
        assert(adistance_from_perf(&ref, PERF(5, 5, 0, 0), &(int){ 0 }) == -EINVAL);
        assert(adistance_from_perf(&none, PERF(5, 5, 5, 5), &(int){ 0 }) == -ENOENT);
        assert(distance(PERF(10, 10, 10, 10), PERF(40, 0, 10, 10)) ==
               1152); /* one of two will do */
        ref = reference(PERF(0, 0, 10, 10));
        assert(ref.disabled && !ref.valid);
}

static void test_wrap(void)
{
        /* unsigned int sums: 0x80000000 twice is 0, that is unknown */
        struct adistance_reference ref = reference(PERF(10, 10, 10, 10));
        int d = 7;

        assert(adistance_from_perf(&ref, PERF(0x80000000, 0x80000000, 1, 1), &d) == -EINVAL);
        /* and 0x80000001 twice is 2: 576 * 2 / 20 = 57, * 20 / 2 = 570 */
        assert(distance(PERF(10, 10, 10, 10), PERF(0x80000001, 0x80000001, 1, 1)) == 570);
        /* 576 * 4000000001 / 2 = 1152000000288, which times 4294967293 is past 2^63; divided by 2
         * and cut to 32 bits that is negative, of which there is no tier */
        ref = reference(PERF(1, 1, 4294967295, 4294967294));
        assert(adistance_from_perf(&ref, PERF(4000000000, 1, 1, 1), &d) == -ERANGE && d == 7);
        /* 576 * 2^31 / 2 = 618475290624, * 20 / 20; its lower 32 bits are 0, as the kernel's int */
        assert(distance(PERF(1, 1, 10, 10), PERF(0x7fffffff, 1, 10, 10)) == 0);
}

int main(void)
{
        test_known();
        test_order_of_operations();
        test_deviation();
        test_unknown();
        test_wrap();
}
