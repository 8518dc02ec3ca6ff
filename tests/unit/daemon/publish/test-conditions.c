/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>

#include "publish/conditions.h"

static void test_reported_once_while_it_lasts(void)
{
        struct conditions c = { 0 };

        assert(conditions_note(&c, 1));
        assert(!conditions_note(&c, 1)); /* twice in a pass is one condition */
        conditions_end(&c, false);
        assert(!conditions_note(&c, 1));
        assert(conditions_note(&c, 2));
        conditions_end(&c, false);
        assert(!conditions_note(&c, 1));
        assert(!conditions_note(&c, 2));
        conditions_done(&c);
}

static void test_reported_again_when_it_comes_back(void)
{
        struct conditions c = { 0 };

        assert(conditions_note(&c, 1));
        conditions_end(&c, false);
        conditions_end(&c, false); /* a pass without it */
        assert(conditions_note(&c, 1));
        conditions_done(&c);
}

static void test_a_pass_that_ended_early_forgets_nothing(void)
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

static bool same(const char *a, const char *b)
{
        return conditions_hash("id", a) == conditions_hash("id", b);
}

/* A value that changes does not make a new condition; another node or file does. */
static void test_identity(void)
{
        assert(same("/a/node1/distance: expected 2 distances",
                    "/a/node1/distance: expected 3 distances"));
        assert(!same("/a/node1/distance: expected 2 distances",
                     "/a/node2/distance: expected 2 distances"));
        assert(same("/a/node1/meminfo: expected a number, found \"12 kB\"",
                    "/a/node1/meminfo: expected a number, found \"-3 \"kB\"\""));
        assert(same("node 1 (120 ns, hmat) is faster than node 0 (130 ns)",
                    "node 1 (119.5 ns, hmat) is faster than node 0 (131 ns)"));
        assert(!same("node 1 (120 ns, hmat) is faster than node 0 (130 ns)",
                     "node 2 (120 ns, hmat) is faster than node 0 (130 ns)"));
        assert(!same("Nodes 0 and 1 both have CPUs", "Nodes 0 and 2 both have CPUs"));
        assert(!same("nodes 0, 1 and 3 are ignored", "nodes 0, 2 and 3 are ignored"));
        assert(same("100 ns and 160 ns", "100 ns and 161 ns"));
        assert(!same("cannot be read: Input/output error", "cannot be read: No such device"));
        assert(conditions_hash("one", "text") != conditions_hash("two", "text"));
        assert(conditions_hash(NULL, "text") != conditions_hash(NULL, ""));
}

int main(void)
{
        test_identity();
        test_reported_once_while_it_lasts();
        test_reported_again_when_it_comes_back();
        test_a_pass_that_ended_early_forgets_nothing();
        return 0;
}
