/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/rules.h"
#include "classify/scene.h"
#include "state/state.h"
#include "testing.h"

/* SLIT is a guess: it contradicts no other source, and what it alone places is marked. */

static void assign(const char *machine_text, const char *policy_text)
{
        begin(machine_text, policy_text);
        assert(assignment_new(machine, policy, NULL, &messages, &assignment) == 0);
}

static const struct node_assignment *get(unsigned node)
{
        return assignment_get_node(assignment, node);
}

static void expect(unsigned node, const char *tier, const char *reason)
{
        assert_streq(assignment_tier_name(assignment, get(node)), tier);
        assert_streq(get(node)->reason, reason);
}

#define VENDOR                                                                                     \
        "[tier hbm]\nmin-bandwidth=2x\nmax-latency=2x\n[tier dram]\nmax-latency=1.5x\n"            \
        "min-bandwidth=0.5x\n[tier cxl]\nmax-latency=5x\n[tier far]\n"
#define PAIR(distance)                                                                             \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)            \
                MEMINFO(1, 9) NODE "node0/distance: 10 " #distance "\n"
#define BANDWIDTH(node, value)                                                                     \
        NODE "node" #node "/access1/initiators/read_bandwidth: " #value "\n" NODE "node" #node     \
             "/access1/initiators/write_bandwidth: " #value "\n"

/* Ten times DRAM's bandwidth by HMAT, no latency, and a distance of 21. */
static void test_no_contradiction(void)
{
        assign(PAIR(21) BANDWIDTH(0, 1000) BANDWIDTH(1, 10000), VENDOR);
        expect(1, "hbm",
               "latency 1x (slit, limited to the baseline) is within 2x, bandwidth 9.77 GiB/s "
               "(hmat) is at least 1.95 GiB/s (2x)");
        assert(!get(1)->by_slit_alone && messages.n == 0);
        assert(get(1)->figures.candidates[SOURCE_SLIT][READ_LATENCY].value == 2.1);
        assert(get(1)->wanted_tier < get(0)->wanted_tier);
        /* the same in ns */
        assign(PAIR(60) ACCESS1(0, 100, 1000) BANDWIDTH(1, 1001), VENDOR);
        assert(get(1)->figures.latency.value == 100 && get(1)->figures.latency.clamped);
        assert_streq(assignment_tier_name(assignment, get(1)), "dram");
        /* whatever the order of the sources */
        assign(PAIR(60) ACCESS1(0, 100, 1000) ACCESS1(1, 90, 900),
               "[policy]\nsources=slit hmat\n" VENDOR);
        assert(get(1)->figures.latency.value == 100);
}

/* What is known is not better: SLIT counts. */
static void test_no_fact(void)
{
        assign(PAIR(21) BANDWIDTH(0, 1000) BANDWIDTH(1, 1000), VENDOR);
        assert_streq(assignment_tier_name(assignment, get(1)), "cxl");
        assert(!get(1)->figures.latency.clamped);
        assign(PAIR(21) BANDWIDTH(1, 10000), VENDOR); /* nothing to compare it with */
        assert_streq(assignment_tier_name(assignment, get(1)), "cxl");
}

static void test_marked(void)
{
        char buf[RULE_SUGGESTION_MAX];

        assign(PAIR(31), VENDOR);
        expect(1, "cxl", "latency 3.1x (slit) is within 5x; SLIT alone, a guess");
        assert(get(1)->by_slit_alone && !get(0)->by_slit_alone && messages.n == 1);
        assert_streq(messages.items[0],
                     "SLIT alone places node 1, and SLIT is a guess. If it is wrong: numatier "
                     "measure, or a [node NAME] section with node = 1 and tier = NAME, or "
                     "latency = ... and bandwidth = ...");
        assert_streq(rules_suggest(get(1)->node, " and tier = far", buf),
                     "numatier measure 1, or a [node NAME] section with node = 1 and tier = far");
        /* what was given, or compared beside it, is no guess */
        assign(PAIR(31), VENDOR "[node n]\nnode=1\ntier=cxl\n");
        assert(!get(1)->by_slit_alone && messages.n == 0);
        assign(PAIR(31) ACCESS1(0, 100, 1000) BANDWIDTH(1, 900), VENDOR);
        assert(!get(1)->by_slit_alone && messages.n == 0);
}

/* The distance of a node with CPUs to itself is no guess. */
static void test_second_socket(void)
{
        assign(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0-1\n" MEMINFO(0, 9)
                       MEMINFO(1, 9) NODE "node0/distance: 10 20\n" NODE "node1/distance: 20 10\n",
               VENDOR);
        expect(1, "dram", "latency 1x (slit) is within 1.5x");
        assert(!get(1)->by_slit_alone && messages.n == 0);
}

int main(void)
{
        test_no_contradiction();
        test_no_fact();
        test_marked();
        test_second_socket();
        forget();
}
