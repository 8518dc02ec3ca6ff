/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "facts/tiers.h"
#include "fake-kernel.h"
#include "state/recall.h"
#include "state/state.h"

/* Which tier a node is in, and above all when nodelist is not read. */

#define NODES                                                                                      \
        NODE "online: 0-2\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0,2\n" NODE                   \
             "node0/distance: 10 20 20\n" NODE "node2/distance: 20 20 10\n" MEMINFO(0, 9)          \
                     MEMINFO(1, 9) MEMINFO(2, 0)
#define TWO_TIERS TIER "memory_tier4/nodelist: 0\n" TIER "memory_tier6235/nodelist: 1\n"
#define BLOCKS                                                                                     \
        "sys/devices/system/memory/block_size_bytes: 8000000\n"                                    \
        "sys/devices/system/memory/memory0/state: online\n"                                        \
        "sys/devices/system/memory/memory8/state: online\n"

struct scene {
        struct fake_kernel *kernel;
        struct sysroot *root;
        struct state *state;
        struct messages problems;
        struct machine *machine;
};

static struct scene scene(const char *text)
{
        struct scene s = { 0 };

        s.root = fake_kernel_new(text, &s.kernel);
        assert(state_new(&s.state) == 0);
        return s;
}

static void look(struct scene *s, enum tier_reading reading)
{
        machine_free(s->machine);
        s->kernel->nodelist_reads = 0;
        assert(machine_read(s->root, reading, s->state, &s->problems, &s->machine) == 0);
}

static void done(struct scene *s)
{
        machine_free(s->machine);
        state_free(s->state);
        messages_done(&s->problems);
        sysroot_free(s->root);
}

static uint32_t tier(const struct scene *s, unsigned node)
{
        return machine_get_node(s->machine, node)->present_tier;
}

static void assert_withheld(const struct scene *s)
{
        assert(s->machine->has_tiers && !s->machine->tiers_known && s->machine->tiers_withheld);
        assert(s->kernel->nodelist_reads == 0);
        assert(tier(s, 0) == TIER_UNKNOWN && tier(s, 1) == TIER_UNKNOWN);
}

static void assert_read(const struct scene *s, uint32_t first, uint32_t second)
{
        assert(s->machine->has_tiers && s->machine->tiers_known && !s->machine->tiers_withheld);
        assert(tier(s, 0) == first && tier(s, 1) == second);
        assert(tier(s, 2) == TIER_UNKNOWN); /* without memory a node is in no tier */
        assert(s->problems.n == 0);
}

static void test_nodelist(void)
{
        struct scene s = scene(NODES TWO_TIERS);

        look(&s, TIERS_KNOWN_ONLY);
        assert_withheld(&s);
        look(&s, TIERS_READ);
        assert_read(&s, 4, 6235);
        assert(s.kernel->nodelist_reads == 2);
        done(&s);
}

static void test_no_tiers(void)
{
        struct scene s = scene(NODES);

        look(&s, TIERS_READ);
        assert(!s.machine->has_tiers && !s.machine->tiers_known && !s.machine->tiers_withheld);
        done(&s);
}

static void test_single_tier(void)
{
        struct scene s = scene(NODES TIER "memory_tier4/nodelist: 0-1\n");

        look(&s, TIERS_KNOWN_ONLY);
        assert_read(&s, 4, 4);
        look(&s, TIERS_READ);
        assert_read(&s, 4, 4);
        assert(s.kernel->nodelist_reads == 0);
        done(&s);
}

/* A block on its way out may take its tier with it. */
static void test_going_offline(void)
{
        struct scene s = scene(NODES TWO_TIERS BLOCKS);

        look(&s, TIERS_READ);
        assert_read(&s, 4, 6235);
        fake_kernel_set(s.kernel, "sys/devices/system/memory/memory8/state", "going-offline");
        look(&s, TIERS_READ);
        assert_withheld(&s);
        done(&s);
}

static void begin_offlining(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "/nodelist"))
                fake_kernel_set(k, "sys/devices/system/memory/memory8/state", "going-offline");
}

/* It is looked at before each read, not once. */
static void test_going_offline_meanwhile(void)
{
        struct scene s = scene(NODES TWO_TIERS BLOCKS);

        s.kernel->before_read = begin_offlining;
        look(&s, TIERS_READ);
        assert(s.kernel->nodelist_reads == 1 && s.machine->tiers_withheld);
        assert(!s.machine->tiers_known);
        done(&s);
}

#define OVERRIDES                                                                                  \
        NODE "node0/memtier_override: memory_tier4\n" NODE "node1/memtier_override: "              \
             "memory_tier7\n"

static void test_override(void)
{
        struct scene s = scene(NODES TWO_TIERS OVERRIDES);

        look(&s, TIERS_READ);
        assert_read(&s, 4, 7); /* not what nodelist says */
        assert(s.kernel->nodelist_reads == 0 && !s.machine->module_loaded);
        assert(machine_get_node(s.machine, 1)->has_override);
        assert(!machine_get_node(s.machine, 2)->has_override);
        fake_kernel_set(s.kernel, "sys/module/memtier_override/initstate", "live");
        fake_kernel_set(s.kernel, NODE "node1/memtier_override", "9"); /* as a plain copy has it */
        look(&s, TIERS_KNOWN_ONLY);
        assert_read(&s, 4, 9);
        assert(s.machine->module_loaded && !s.machine->module_clears);
        fake_kernel_set(s.kernel, "sys/module/memtier_override/version", "1.1");
        look(&s, TIERS_KNOWN_ONLY);
        assert(s.machine->module_clears);
        done(&s);
}

/* EAGAIN: the locks of moves and hotplug are held. A tier may be on its way out, whatever the
 * caller knows of silence and whatever the blocks say. */
static void test_override_busy(void)
{
        struct scene s = scene(NODES TWO_TIERS OVERRIDES);

        s.kernel->unreadable_path = "memtier_override";
        s.kernel->unreadable_error = -EAGAIN;
        look(&s, TIERS_READ);
        assert_withheld(&s);
        assert(machine_get_node(s.machine, 1)->has_override);
        s.kernel->unreadable_path = "node1/memtier_override";
        look(&s, TIERS_READ);
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN && s.machine->tiers_withheld);
        assert(s.kernel->nodelist_reads == 0);
        done(&s);
        /* that there is one tier now does not say that the node is in it */
        s = scene(NODES TIER "memory_tier4/nodelist: 0-1\n" OVERRIDES);
        s.kernel->unreadable_path = "node1/memtier_override";
        s.kernel->unreadable_error = -EAGAIN;
        look(&s, TIERS_READ);
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN && s.machine->tiers_withheld);
        done(&s);
}

static void test_override_garbage(void)
{
        struct scene s = scene(NODES TWO_TIERS NODE "node0/memtier_override: tier4\n");

        look(&s, TIERS_READ);
        assert(messages_have(&s.problems, "node0/memtier_override: expected memory_tierN, found "
                                          "\"tier4\""));
        assert(tier(&s, 0) == 4 && tier(&s, 1) == 6235); /* nodelist is left */
        done(&s);
}

/* What memtier_override said of one node is not undone by the nodelist that is read for another. */
static void test_override_and_nodelist(void)
{
        struct scene s = scene(NODES TIER "memory_tier4/nodelist: 0,2\n" TIER
                                          "memory_tier6235/nodelist: 1\n" NODE
                                          "node0/memtier_override: memory_tier7\n" NODE
                                          "node1/memtier_override: tier4\n");

        look(&s, TIERS_READ);
        assert(tier(&s, 0) == 7 && tier(&s, 1) == 6235);
        assert(tier(&s, 2) == TIER_UNKNOWN); /* it has no memory, whatever the list says */
        done(&s);
}

static void test_parse_override(void)
{
        uint32_t t = 7;

        assert(tiers_parse_override("memory_tier4\n", &t) == 0 && t == 4);
        assert(tiers_parse_override("18", &t) == 0 && t == 18);
        assert(tiers_parse_override("memory_tier4294967294", &t) == 0 && t == 4294967294U);
        assert(tiers_parse_override("memory_tier", &t) == -EINVAL);
        assert(tiers_parse_override("memory_tier-1", &t) == -EINVAL);
        assert(tiers_parse_override("memory_tier4 x", &t) == -EINVAL);
        assert(tiers_parse_override("memory_tier4294967295", &t) == -ERANGE); /* TIER_UNKNOWN */
        assert(t == 4294967294U);
}

static void test_offset(void)
{
        struct scene s = scene(NODES TWO_TIERS NODE "node0/adistance_offset: 0\n" NODE
                                                    "node1/adistance_offset: -1664\n");

        look(&s, TIERS_READ);
        assert_read(&s, 4, 6235);
        assert(machine_get_node(s.machine, 1)->has_offset);
        assert(machine_get_node(s.machine, 1)->adistance_offset == -1664);
        fake_kernel_set(s.kernel, NODE "node1/adistance_offset", "1 2");
        look(&s, TIERS_READ);
        assert(!machine_get_node(s.machine, 1)->has_offset);
        assert(messages_have(&s.problems, "node1/adistance_offset: expected a number"));
        done(&s);
}

static void know(struct scene *s, unsigned node, uint32_t memory_tier)
{
        struct state_node *n = state_make_node(s->state, node);

        assert(n);
        n->present_tier = memory_tier;
}

/* What a daemon published counts while that daemon is alive, and as long as the tier exists. */
static void test_recall(void)
{
        struct scene s = scene(NODES TWO_TIERS TIER "memory_tier9/nodelist:\n"
                                                    "proc/42/comm: numatierd\n"
                                                    "proc/43/comm: bash\n");

        know(&s, 0, 4);
        know(&s, 1, 9);
        look(&s, TIERS_KNOWN_ONLY);
        assert_withheld(&s); /* by no daemon */
        s.state->daemon = 43;
        look(&s, TIERS_KNOWN_ONLY);
        assert_withheld(&s); /* its number is another's now */
        s.state->daemon = 42;
        look(&s, TIERS_KNOWN_ONLY);
        assert_read(&s, 4, 9);
        look(&s, TIERS_READ);
        assert_read(&s, 4, 6235); /* what can be read is not remembered */
        know(&s, 1, 10);
        look(&s, TIERS_KNOWN_ONLY);
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN && s.machine->tiers_withheld);
        done(&s);
}

static void test_nodelist_garbage(void)
{
        struct scene s =
                scene(NODES TIER "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1-\n");

        look(&s, TIERS_READ);
        assert(messages_have(&s.problems, "memory_tier5/nodelist: expected a list of nodes, found "
                                          "\"1-\""));
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN && !s.machine->tiers_known);
        done(&s);
}

static void test_tier_vanishes(void)
{
        struct scene s = scene(NODES TWO_TIERS);

        s.kernel->unreadable_path = "memory_tier6235/";
        s.kernel->unreadable_error = -ENODEV;
        look(&s, TIERS_READ);
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN && !s.machine->tiers_known);
        done(&s);
}

static void test_seqnum(void)
{
        struct scene s = scene("sys/kernel/uevent_seqnum: 18446744073709551615\n");
        uint64_t seqnum;

        assert(tiers_get_uevent_seqnum(s.root, &seqnum) == 0 && seqnum == UINT64_MAX);
        fake_kernel_set(s.kernel, "sys/kernel/uevent_seqnum", "x");
        assert(tiers_get_uevent_seqnum(s.root, &seqnum) == -EINVAL);
        s.kernel->unreadable_path = "uevent_seqnum";
        s.kernel->unreadable_error = -ENOENT;
        assert(tiers_get_uevent_seqnum(s.root, &seqnum) == -ENOENT);
        done(&s);
}

int main(void)
{
        test_nodelist();
        test_no_tiers();
        test_single_tier();
        test_going_offline();
        test_going_offline_meanwhile();
        test_override();
        test_override_busy();
        test_override_garbage();
        test_override_and_nodelist();
        test_parse_override();
        test_offset();
        test_recall();
        test_nodelist_garbage();
        test_tier_vanishes();
        test_seqnum();
}
