/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>

#include "settle.h"

#define MS 1000ULL

static struct settle make(void)
{
        return (struct settle){ .quiet = 500 * MS, .max = 5000 * MS };
}

static void test_idle_has_no_deadline(void)
{
        struct settle s = make();

        assert(settle_deadline(&s) == SETTLE_NEVER);
}

static void test_first_complete_event_is_answered_at_once(void)
{
        struct settle s = make();

        assert(!settle_event(&s, 1000 * MS, false)); /* add@memory32 */
        assert(settle_deadline(&s) == 1500 * MS);
        assert(settle_event(&s, 1010 * MS, true)); /* online@memory32 */
        assert(!settle_event(&s, 1020 * MS, true));
        assert(settle_deadline(&s) == 1520 * MS);
        settle_done(&s);
        assert(settle_deadline(&s) == SETTLE_NEVER);
        assert(settle_event(&s, 2000 * MS, true));
}

static void test_a_storm_is_cut_off(void)
{
        struct settle s = make();
        unsigned hurried = 0;
        uint64_t now;

        for (now = 0; now < 5000 * MS && settle_deadline(&s) > now; now += 100 * MS)
                hurried += settle_event(&s, now, true);
        assert(hurried == 1);
        assert(settle_deadline(&s) == 5000 * MS);
}

static void test_zero_and_huge(void)
{
        struct settle s = { .quiet = 0, .max = 0 };

        settle_event(&s, 7, false);
        assert(settle_deadline(&s) == 7);
        s = (struct settle){ .quiet = UINT64_MAX, .max = UINT64_MAX };
        settle_event(&s, 7, false);
        assert(settle_deadline(&s) < SETTLE_NEVER);
}

int main(void)
{
        test_idle_has_no_deadline();
        test_first_complete_event_is_answered_at_once();
        test_a_storm_is_cut_off();
        test_zero_and_huge();
        return 0;
}
