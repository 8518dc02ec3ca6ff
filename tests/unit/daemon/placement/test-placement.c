/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "placement/placement.h"

#include <numaif.h>

#include "placement/near.h"
#include "state/recall.h"
#include "testing.h"

/* Two sockets, nodes 0 and 1; slower memory near each, nodes 2 and 3. */
#define SOCKETS                                                                                    \
        NODE "online: 0-3\n" NODE "possible: 0-3\n" NODE "has_memory: 0-3\n" NODE                  \
             "has_cpu: 0-1\n" NODE "has_generic_initiator:\n" NODE                                 \
             "node0/distance: 10 21 14 24\n" NODE "node1/distance: 21 10 24 14\n" MEMINFO(0, 9)    \
                     MEMINFO(1, 9) MEMINFO(2, 9) MEMINFO(3, 9)

static struct machine *machine;

static struct nodeset nodes(const char *list)
{
        struct nodeset set;

        assert(nodeset_parse(list, &set) == 0);
        return set;
}

static void decide(const char *wanted, const char *mode, bool local, unsigned now,
                   const char *expected, unsigned cpus)
{
        struct allowance allowed = { nodes("0-3"), nodes("0-1"), now };
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        struct nodeset set = nodes(wanted);
        struct placement p;
        char text[NODESET_STRING_MAX];

        assert(placement_decide(machine, &set, mode_find(mode), local, &allowed, &errors, &warnings,
                                &p) == 0);
        assert_streq(nodeset_format(&p.nodes, text), expected);
        assert(p.is_local == local && (!local || p.cpus == cpus));
        assert(errors.n == 0 && warnings.n == 0);
}

static void test_nodes(void)
{
        decide("2-3", "preferred-many", false, 0, "2-3", 0);
        decide("2-3", "bind", false, 1, "2-3", 0);
        /* one node: the nearest */
        decide("2-3", "preferred", false, 0, "2", 0);
        decide("2-3", "preferred", false, 1, "3", 0);
        decide("0-3", "preferred", false, 1, "1", 0);
}

/* Where it runs already, unless the memory is elsewhere. */
static void test_local(void)
{
        decide("2-3", "preferred-many", true, 0, "2", 0);
        decide("2-3", "preferred-many", true, 1, "3", 1);
        decide("2", "preferred-many", true, 1, "2", 0);
        decide("3", "preferred-many", true, 0, "3", 1);
        decide("0-3", "interleave", true, 1, "1,3", 1);
        decide("0-3", "preferred", true, 1, "1", 1);
}

static void test_allowed(void)
{
        struct allowance allowed = { nodes("0,2"), nodes("1"), 1 };
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        const struct mode *mode = mode_find("bind");
        struct nodeset set = nodes("2-3"), none = nodes("1,3");
        struct placement p;

        assert(placement_decide(machine, &set, mode, false, &allowed, &errors, &warnings, &p) == 0);
        assert(nodeset_has(&p.nodes, 2) && nodeset_count(&p.nodes) == 1 && errors.n == 0);
        assert(messages_have(&warnings, "node 3 is left out: the cpuset"));
        assert(placement_decide(machine, &none, mode, false, &allowed, &errors, &warnings, &p) ==
               -EINVAL);
        assert(messages_have(&errors, "does not allow memory of node 1,3, only of node 0,2"));
        /* local among the CPUs that it may use */
        assert(placement_decide(machine, &set, mode, true, &allowed, &errors, &warnings, &p) == 0);
        assert(p.cpus == 1 && nodeset_has(&p.nodes, 2));
        allowed.cpus = nodes("");
        assert(placement_decide(machine, &set, mode, true, &allowed, &errors, &warnings, &p) ==
               -EINVAL);
        messages_done(&errors);
        messages_done(&warnings);
}

/* The kernel knows some modes, and says EINVAL of the others. */

static unsigned known_modes;
static int last_mode;
static unsigned long last_mask;

static long fake_set_mempolicy(int mode, const unsigned long *mask, unsigned long max)
{
        assert(max == NODE_MAX + 1UL);
        if (!(known_modes & (1U << mode))) {
                errno = EINVAL;
                return -1;
        }
        last_mode = mode;
        last_mask = mask[0];
        return 0;
}

static void test_modes(void)
{
        struct nodeset set = nodes("1,3");
        const struct mode *used = NULL;

        assert(!mode_find("nonsense"));
        known_modes = UINT32_MAX;
        assert(mode_set(mode_find("weighted-interleave"), &set, fake_set_mempolicy, &used) == 0);
        assert(last_mode == 6 && last_mask == 10);
        assert_streq(used->name, "weighted-interleave");
        known_modes = 1U << MPOL_INTERLEAVE;
        assert(mode_set(mode_find("weighted-interleave"), &set, fake_set_mempolicy, &used) == 0);
        assert(last_mode == MPOL_INTERLEAVE);
        assert_streq(used->name, "interleave");
        assert(mode_set(mode_find("bind"), &set, fake_set_mempolicy, &used) == -EINVAL);
        known_modes = 1U << MPOL_PREFERRED;
        assert(mode_set(mode_find(MODE_DEFAULT), &set, fake_set_mempolicy, &used) == 0);
        assert_streq(used->name, "preferred");
}

static void test_near(void)
{
        struct nodeset set = nodes("2-3");

        assert(near_get_distance(machine, 1, 3) == 14);
        assert(near_get_distance(machine, 2, 3) == NEAR_UNKNOWN);
        assert(near_get_distance(machine, 1, 9) == NEAR_UNKNOWN);
        assert(near_find(machine, 2, &set) == 2); /* nothing is known */
}

int main(void)
{
        struct sysroot *root = root_from(SOCKETS);
        struct messages problems = MESSAGES_INIT;

        assert(machine_read(root, TIERS_KNOWN_ONLY, NULL, NULL, &problems, &machine) == 0);
        test_nodes();
        test_local();
        test_allowed();
        test_modes();
        test_near();
        machine_free(machine);
        messages_done(&problems);
        sysroot_free(root);
        return 0;
}
