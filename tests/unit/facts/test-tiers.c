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
        struct machine *machine, *previous;
};

static struct scene scene(const char *text)
{
        struct scene s = { 0 };

        s.root = fake_kernel_new(text, &s.kernel);
        assert(state_new(&s.state) == 0);
        return s;
}

static void run_pass(struct scene *s, struct tier_reading reading)
{
        machine_free(s->previous);
        s->previous = TAKE_PTR(s->machine);
        s->kernel->nodelist_reads = 0;
        assert(machine_read(s->root, reading, s->state, s->previous, &s->problems, &s->machine) ==
               0);
}

static void done(struct scene *s)
{
        machine_free(s->machine);
        machine_free(s->previous);
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

        run_pass(&s, TIERS_KNOWN_ONLY);
        assert_withheld(&s);
        run_pass(&s, TIERS_READ);
        assert_read(&s, 4, 6235);
        assert(s.kernel->nodelist_reads == 2);
        done(&s);
}

static void test_no_tiers(void)
{
        struct scene s = scene(NODES);

        run_pass(&s, TIERS_READ);
        assert(!s.machine->has_tiers && !s.machine->tiers_known && !s.machine->tiers_withheld);
        done(&s);
}

static void test_single_tier(void)
{
        struct scene s = scene(NODES TIER "memory_tier4/nodelist: 0-1\n");

        run_pass(&s, TIERS_KNOWN_ONLY);
        assert_read(&s, 4, 4);
        run_pass(&s, TIERS_READ);
        assert_read(&s, 4, 4);
        assert(s.kernel->nodelist_reads == 0);
        done(&s);
}

static void assert_coming(const struct scene *s)
{
        assert(machine_get_node(s->machine, 1)->coming && s->machine->tiers_withheld);
        assert(tier(s, 0) == 4 && tier(s, 1) == TIER_UNKNOWN && !s->machine->tiers_known);
        assert(node_is_unreadable(machine_get_node(s->machine, 1), FACT_TIER));
        assert(machine_get_node(s->machine, 0)->unreadable == 0);
}

/* A node whose memory is coming has memory before it is in any tier: that there is one tier so far
 * does not say that it will be in that one. */
static void test_single_tier_coming(void)
{
        struct scene s = scene(NODES TIER "memory_tier4/nodelist: 0\n" BLOCKS NODE
                                          "node1/memory8 -> ../../memory/memory8\n");
        struct perf access[ACCESS_CLASSES] = { [ACCESS_CPU].v = { 100, 100, 10, 10 } };
        struct node known = { .access_present = { false, true } };

        memcpy(known.access, access, sizeof(access));
        for (unsigned i = 0; i < 2; i++) {
                run_pass(&s, TIERS_KNOWN_ONLY);
                assert_read(&s, 4, 4);
                fake_kernel_set(s.kernel, "sys/devices/system/memory/memory8/state",
                                "going-online");
                run_pass(&s, TIERS_KNOWN_ONLY);
                assert_coming(&s);
                /* nor is it where it was before it went */
                s.state->daemon = 42;
                fake_kernel_set(s.kernel, "proc/42/comm", "numatierd");
                state_make_node(s.state, 1)->present_tier = 4;
                run_pass(&s, TIERS_KNOWN_ONLY);
                assert_coming(&s);
                /* the values of memory that was there before come from the state, not the kernel */
                assert(machine_get_node(s.machine, 1)->unsettled == (i == 0));
                assert(state_remember_memory(s.state, "node1@40000000", &known) == 0);
                s.state->daemon = 0;
                fake_kernel_set(s.kernel, "sys/devices/system/memory/memory8/state", "online");
        }
        done(&s);
}

/* A block on its way out may take its tier with it. */
static void test_going_offline(void)
{
        struct scene s = scene(NODES TWO_TIERS BLOCKS);

        run_pass(&s, TIERS_READ);
        assert_read(&s, 4, 6235);
        fake_kernel_set(s.kernel, "sys/devices/system/memory/memory8/state", "going-offline");
        run_pass(&s, TIERS_READ);
        assert_withheld(&s);
        /* nor is it known that none is */
        fake_kernel_set(s.kernel, "sys/devices/system/memory/memory8/state", "online");
        s.kernel->unreadable_path = "memory8/state";
        s.kernel->unreadable_error = -EIO;
        run_pass(&s, TIERS_READ);
        assert_withheld(&s);
        s.kernel->unreadable_error = -ENODEV; /* it just went */
        run_pass(&s, TIERS_READ);
        assert_read(&s, 4, 6235);
        done(&s);
}

static void begin_offlining(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "/nodelist"))
                fake_kernel_set(k, "sys/devices/system/memory/memory8/state", "going-offline");
}

/* The state is read before each nodelist, not once. */
static void test_going_offline_meanwhile(void)
{
        struct scene s = scene(NODES TWO_TIERS BLOCKS);

        s.kernel->before_read = begin_offlining;
        run_pass(&s, TIERS_READ);
        assert(s.kernel->nodelist_reads == 1 && s.machine->tiers_withheld);
        assert(!s.machine->tiers_known);
        done(&s);
}

#define SEQNUM "sys/kernel/uevent_seqnum"

static void send_uevent(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "/nodelist"))
                fake_kernel_set(k, SEQNUM, "1235");
}

/* The caller found memory quiet; that counts as long as the kernel has sent no uevent since, which
 * is asked before each read. */
static void test_uevent_meanwhile(void)
{
        struct scene s = scene(NODES TWO_TIERS BLOCKS SEQNUM ": 1234\n");

        run_pass(&s, TIERS_QUIET_AT(1234));
        assert_read(&s, 4, 6235);
        run_pass(&s, TIERS_QUIET_AT(1233));
        assert_withheld(&s);
        run_pass(&s, TIERS_READ); /* which is for copies */
        assert_withheld(&s);
        s.kernel->unreadable_path = SEQNUM;
        s.kernel->unreadable_error = -EIO;
        run_pass(&s, TIERS_QUIET_AT(1234));
        assert_withheld(&s);
        s.kernel->unreadable_path = NULL;
        s.kernel->before_read = send_uevent;
        run_pass(&s, TIERS_QUIET_AT(1234));
        assert(s.kernel->nodelist_reads == 1 && s.machine->tiers_withheld);
        done(&s);
}

#define OVERRIDES                                                                                  \
        NODE "node0/memtier_override: memory_tier4\n" NODE "node1/memtier_override: "              \
             "memory_tier7\n"

static void test_override(void)
{
        struct scene s = scene(NODES TWO_TIERS OVERRIDES);

        run_pass(&s, TIERS_READ);
        assert_read(&s, 4, 7); /* not what nodelist says */
        assert(s.kernel->nodelist_reads == 0 && !s.machine->module_loaded);
        assert(machine_get_node(s.machine, 1)->has_override);
        assert(!machine_get_node(s.machine, 2)->has_override);
        fake_kernel_set(s.kernel, "sys/module/memtier_override/initstate", "live");
        fake_kernel_set(s.kernel, NODE "node1/memtier_override", "9"); /* as a plain copy has it */
        run_pass(&s, TIERS_KNOWN_ONLY);
        assert_read(&s, 4, 9);
        assert(s.machine->module_loaded && !s.machine->module_clears);
        fake_kernel_set(s.kernel, "sys/module/memtier_override/version", "1.1");
        run_pass(&s, TIERS_KNOWN_ONLY);
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
        run_pass(&s, TIERS_READ);
        assert_withheld(&s);
        assert(machine_get_node(s.machine, 1)->has_override);
        s.kernel->unreadable_path = "node1/memtier_override";
        run_pass(&s, TIERS_READ);
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN && s.machine->tiers_withheld);
        assert(s.kernel->nodelist_reads == 0);
        done(&s);
        /* that there is one tier now does not say that the node is in it */
        s = scene(NODES TIER "memory_tier4/nodelist: 0-1\n" OVERRIDES);
        s.kernel->unreadable_path = "node1/memtier_override";
        s.kernel->unreadable_error = -EAGAIN;
        run_pass(&s, TIERS_READ);
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN && s.machine->tiers_withheld);
        done(&s);
}

static void test_override_not_understood(void)
{
        struct scene s = scene(NODES TWO_TIERS NODE "node0/memtier_override: tier4\n");

        run_pass(&s, TIERS_READ);
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

        run_pass(&s, TIERS_READ);
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

        run_pass(&s, TIERS_READ);
        assert_read(&s, 4, 6235);
        assert(machine_get_node(s.machine, 1)->has_offset);
        assert(machine_get_node(s.machine, 1)->adistance_offset == -1664);
        fake_kernel_set(s.kernel, NODE "node1/adistance_offset", "1 2");
        run_pass(&s, TIERS_READ);
        assert(node_is_kept(machine_get_node(s.machine, 1), FACT_INTERFACE));
        assert(machine_get_node(s.machine, 1)->has_offset);
        assert(machine_get_node(s.machine, 1)->adistance_offset == -1664);
        assert(messages_have(&s.problems, "node1/adistance_offset: expected a number"));
        done(&s);
}

static const struct node *node(const struct scene *s, unsigned id)
{
        return machine_get_node(s->machine, id);
}

static void fail(struct scene *s, const char *path, int error)
{
        s->kernel->unreadable_path = path;
        s->kernel->unreadable_error = error;
        run_pass(s, TIERS_KNOWN_ONLY);
}

/* Each node's own file says whether it can be moved; what is known stays known while the file
 * cannot be read. */
static void test_override_unreadable(void)
{
        static const char *const paths[] = { "node0/memtier_override", "node1/memtier_override" };

        for (unsigned i = 0; i < 2; i++) {
                struct scene s = scene(NODES TWO_TIERS OVERRIDES);

                /* the first pass: nothing is known, and the other node is not concerned */
                fail(&s, paths[i], -ENODEV);
                assert(node(&s, 1 - i)->has_override && node(&s, 1 - i)->unreadable == 0);
                assert(tier(&s, 0) == (i == 0 ? TIER_UNKNOWN : 4) && s.problems.n == 0);
                assert(node_is_unreadable(node(&s, i), FACT_INTERFACE));
                fail(&s, NULL, 0);
                assert_read(&s, 4, 7);
                fail(&s, paths[i], -ENODEV);
                assert(node(&s, i)->has_override && node_is_kept(node(&s, i), FACT_INTERFACE));
                assert(tier(&s, i) == (i == 0 ? 4 : 7) && node_is_kept(node(&s, i), FACT_TIER));
                assert(s.machine->tiers_withheld); /* so it is tried again soon */
                fail(&s, paths[i], -ENOENT);       /* though it is on the other node */
                assert(node(&s, i)->has_override && node_is_kept(node(&s, i), FACT_INTERFACE));
                assert(s.problems.n == 0);
                /* the file is there, and does not say where the node is */
                fail(&s, paths[i], -EIO);
                assert(node(&s, i)->has_override && node_is_kept(node(&s, i), FACT_TIER));
                assert((node(&s, i)->unreadable & 1U << FACT_INTERFACE) == 0);
                assert(messages_have(&s.problems,
                                     "memtier_override: cannot be read: Input/output"));
                done(&s);
        }
}

/* ENODEV: the module knows of no tier that the node is in, though there is one. */
static void test_single_tier_unreadable(void)
{
        struct scene s = scene(NODES TIER "memory_tier4/nodelist: 0\n" OVERRIDES);

        fail(&s, "node1/memtier_override", -ENODEV);
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN && s.machine->tiers_withheld);
        run_pass(&s, TIERS_READ); /* nor does nodelist have it */
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN);
        assert(node_is_unreadable(node(&s, 1), FACT_TIER));
        done(&s);
}

/* No file on any node is no interface, unless the module is there and just adds or removes them. */
static void test_override_absent(void)
{
        struct scene s = scene(NODES TWO_TIERS OVERRIDES);

        run_pass(&s, TIERS_READ);
        fail(&s, "memtier_override", -ENOENT);
        assert(!node(&s, 0)->has_override && !node(&s, 1)->has_override);
        assert((node(&s, 0)->unreadable & 1U << FACT_INTERFACE) == 0 && s.problems.n == 0);
        done(&s);
        s = scene(NODES TWO_TIERS OVERRIDES);
        fail(&s, "memtier_override", -ENODEV); /* which a file says that is there, or goes */
        assert(node_is_unreadable(node(&s, 0), FACT_INTERFACE));
        assert(node_is_unreadable(node(&s, 1), FACT_INTERFACE) && s.problems.n == 0);
        done(&s);
        s = scene(NODES TWO_TIERS "sys/module/memtier_override/initstate: coming\n");
        run_pass(&s, TIERS_READ);
        assert(s.machine->module_loaded && !node(&s, 1)->has_override);
        assert(node_is_unreadable(node(&s, 0), FACT_INTERFACE));
        assert(node_is_unreadable(node(&s, 1), FACT_INTERFACE));
        assert(node(&s, 2)->unreadable == 0 && s.problems.n == 0); /* it has no memory */
        done(&s);
}

static unsigned interface_reads;

static void count_interfaces(struct fake_kernel *k, const char *path)
{
        interface_reads += strstr(path, "/memtier_override") || strstr(path, "/adistance_offset");
}

/* A kernel that has neither file is not asked for those of each node. */
static void test_no_interface(void)
{
        struct scene s = scene(NODES TWO_TIERS);

        s.kernel->before_read = count_interfaces;
        run_pass(&s, TIERS_READ);
        assert(interface_reads == 2 + 1 && !s.machine->module_loaded); /* and the module's */
        done(&s);
}

/* A value that cannot be read is not 0, and a tier that is counted from is never an old one. */
static void test_offset_unreadable(void)
{
        struct scene s = scene(NODES TWO_TIERS NODE "node0/adistance_offset: 0\n" NODE
                                                    "node1/adistance_offset: -1664\n");

        fail(&s, "node0/adistance_offset", -EIO);
        assert(node_is_unreadable(node(&s, 0), FACT_INTERFACE) && !node(&s, 0)->has_offset);
        assert(node(&s, 1)->has_offset && node(&s, 1)->unreadable == 1U << FACT_TIER);
        assert(messages_have(&s.problems, "node0/adistance_offset: cannot be read: Input/output"));
        s.kernel->unreadable_path = NULL;
        run_pass(&s, TIERS_READ);
        assert(node(&s, 1)->unreadable == 0 && tier(&s, 1) == 6235);
        fail(&s, "node1/adistance_offset", -EAGAIN);
        assert(node_is_kept(node(&s, 1), FACT_INTERFACE) && node(&s, 1)->has_offset);
        assert(node(&s, 1)->adistance_offset == -1664);
        assert(tier(&s, 1) == TIER_UNKNOWN && node_is_unreadable(node(&s, 1), FACT_TIER));
        done(&s);
}

/* The kernel groups nodes, and does not show how. */
static int list_no_tiers(void *data, const char *path, sysroot_entry_fn fn, void *userdata)
{
        return startswith(path, "sys/devices/virtual/memory_tiering")
                       ? -EIO
                       : sysroot_list(data, path, fn, userdata);
}

static ssize_t read_below(void *data, const char *path, char *buf, size_t size)
{
        return sysroot_read(data, path, buf, size);
}

static void free_below(void *data)
{
        sysroot_free(data);
}

static void test_tiers_unlisted(void)
{
        static const struct sysroot_ops ops = {
                .read = read_below,
                .list = list_no_tiers,
                .free = free_below,
        };
        struct scene s = { 0 };

        assert(sysroot_new(&ops, root_from(NODES TWO_TIERS), &s.root) == 0);
        assert(machine_read(s.root, TIERS_READ, NULL, NULL, &s.problems, &s.machine) == 0);
        assert(s.machine->has_tiers && !s.machine->tiers_known && s.problems.n == 1);
        assert(messages_have(&s.problems, "memory_tiering: cannot be read: Input/output error"));
        assert(node_is_unreadable(node(&s, 1), FACT_TIER) && !s.machine->is_live);
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
        run_pass(&s, TIERS_KNOWN_ONLY);
        assert_withheld(&s); /* by no daemon */
        s.state->daemon = 43;
        run_pass(&s, TIERS_KNOWN_ONLY);
        assert_withheld(&s); /* its number is another's now */
        s.state->daemon = 42;
        run_pass(&s, TIERS_KNOWN_ONLY);
        assert_read(&s, 4, 9);
        run_pass(&s, TIERS_READ);
        assert_read(&s, 4, 6235); /* what can be read is not remembered */
        know(&s, 1, 10);
        run_pass(&s, TIERS_KNOWN_ONLY);
        assert(tier(&s, 0) == 4 && tier(&s, 1) == TIER_UNKNOWN && s.machine->tiers_withheld);
        done(&s);
}

static void test_nodelist_not_understood(void)
{
        struct scene s =
                scene(NODES TIER "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1-\n");

        run_pass(&s, TIERS_READ);
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
        run_pass(&s, TIERS_READ);
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
        test_single_tier_coming();
        test_going_offline();
        test_going_offline_meanwhile();
        test_uevent_meanwhile();
        test_override();
        test_override_busy();
        test_override_not_understood();
        test_override_and_nodelist();
        test_parse_override();
        test_offset();
        test_override_unreadable();
        test_single_tier_unreadable();
        test_override_absent();
        test_no_interface();
        test_offset_unreadable();
        test_tiers_unlisted();
        test_recall();
        test_nodelist_not_understood();
        test_tier_vanishes();
        test_seqnum();
}
