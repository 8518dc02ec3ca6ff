/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>

#include "publish/conditions.h"

static void test_told_once_while_it_lasts(void)
{
        struct conditions c = { 0 };

        assert(conditions_note(&c, 1));
        assert(!conditions_note(&c, 1)); /* twice in a round is one condition */
        conditions_end(&c, false);
        assert(!conditions_note(&c, 1));
        assert(conditions_note(&c, 2));
        conditions_end(&c, false);
        assert(!conditions_note(&c, 1));
        assert(!conditions_note(&c, 2));
        conditions_done(&c);
}

static void test_told_again_when_it_comes_back(void)
{
        struct conditions c = { 0 };

        assert(conditions_note(&c, 1));
        conditions_end(&c, false);
        conditions_end(&c, false); /* a round without it */
        assert(conditions_note(&c, 1));
        conditions_done(&c);
}

static void test_a_round_cut_short_forgets_nothing(void)
{
        struct conditions c = { 0 };

        for (uint64_t i = 0; i < 100; i++)
                assert(conditions_note(&c, i));
        conditions_end(&c, false);
        assert(conditions_note(&c, 1000));
        conditions_end(&c, true);
        for (uint64_t i = 0; i < 100; i++)
                assert(!conditions_note(&c, i));
        assert(!conditions_note(&c, 1000));
        conditions_done(&c);
}

int main(void)
{
        test_told_once_while_it_lasts();
        test_told_again_when_it_comes_back();
        test_a_round_cut_short_forgets_nothing();
        return 0;
}
