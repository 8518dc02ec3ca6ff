/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fake-kernel.h"
#include "reconcile.h"

/* One pass after another, as the daemon makes them: nothing is moved for want of a fact. */

static struct fake_kernel *kernel;
static struct sysroot *root;
static struct policy *policy;
static struct state *state;
static struct snapshot *last;

static void boot(const char *machine, const char *policy_text)
{
        root = fake_kernel_new(machine, &kernel);
        kernel->own_tier[0] = 4;
        kernel->own_tier[1] = 18;
        policy = policy_from(policy_text);
        assert(state_new(&state) == 0);
}

static void halt(void)
{
        last = snapshot_unref(last);
        state = state_free(state);
        policy = policy_unref(policy);
        root = sysroot_free(root);
}

static void run(void)
{
        struct snapshot *s;

        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, last, &s) == 0);
        snapshot_unref(last);
        last = s;
        kernel->unreadable_path = NULL;
}

static void run_failing(const char *path, int error)
{
        kernel->unreadable_path = path;
        kernel->unreadable_error = error;
        kernel->writes = 0;
        run();
}

#define POLICY "[tier dram]\nmax-latency=1.5x\n[tier cxl]\n"

static void test_nothing_moves(void)
{
        static const struct {
                const char *path;
                int error;
        } faults[] = {
                { "node1/access1/", -EIO },
                { "node0/access1/", -EIO },
                { "node1/meminfo", -EIO },
                { "node0/distance", -EIO },
                { "node0/memtier_override", -ENODEV },
                { "node1/memtier_override", -ENODEV },
                { "node1/memtier_override", -ENOENT },
                { "memtier_override", -EIO },
        };

        for (size_t i = 0; i < ELEMENTSOF(faults); i++) {
                /* SLIT would say the same of node 1 */
                boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES,
                     "[policy]\nsources = user measured hmat\n" POLICY);
                run();
                assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"),
                             "memory_tier5");
                for (unsigned pass = 0; pass < 2; pass++) {
                        run_failing(faults[i].path, faults[i].error);
                        assert(kernel->writes == 0 && plan_is_empty(last->plan));
                        assert(last->assignment->nodes[1].wanted_tier == 5);
                }
                run_failing(NULL, 0);
                assert(kernel->writes == 0 && last->problems.n == 0);
                halt();
        }
}

static void assert_key_of_cpus(enum reconcile_mode mode, const char *want)
{
        struct snapshot *s;

        assert(reconcile(root, policy, TIERS_READ, mode, state, last, &s) == 0);
        assert(!want == !s->machine->nodes[0].key);
        if (want)
                assert_streq(s->machine->nodes[0].key, want);
        snapshot_unref(last);
        last = s;
}

/* The directory of a node with CPUs is large. It is listed once, for the state; after that one read
 * of the link to the block that the key names is enough. */
static void test_key_of_cpus(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES
             "sys/devices/system/memory/block_size_bytes: 8000000\n" NODE
             "node0/memory8 -> ../../memory/memory8\n" NODE
             "node0/memory9 -> ../../memory/memory9\n",
             POLICY);
        assert_key_of_cpus(RECONCILE_PLAN, NULL);
        state->baseline = strdup("node1@40000000"); /* of another node */
        assert_key_of_cpus(RECONCILE_PLAN, NULL);
        free(state->baseline);
        state->baseline = strdup("node0@50000000"); /* of a block that is not there */
        assert_key_of_cpus(RECONCILE_PLAN, NULL);
        free(state->baseline);
        state->baseline = strdup("node0@48000000");
        assert_key_of_cpus(RECONCILE_PLAN, "node0@48000000");
        last = snapshot_unref(last);
        free(state->baseline);
        state->baseline = NULL;
        assert_key_of_cpus(RECONCILE_APPLY, "node0@40000000");
        assert_key_of_cpus(RECONCILE_PLAN, "node0@40000000"); /* of the last pass */
        halt();
}

#define COMING "sys/devices/system/memory/memory40/state"

/* The kernel puts a node in its tier before the first block is online. Until then no offset is
 * computed from the tier that happens to be the only one. */
static void test_offset_while_coming(void)
{
        boot(NODE "online: 0-1\n" NODE "possible: 0-1\n" NODE "has_memory: 0-1\n" NODE
                  "has_cpu: 0\n" MEMINFO(0, 9) MEMINFO(1, 9) TIER
             "memory_tier4/nodelist: 0\n" THREAD_OFFSETS NODE
             "node1/memory40 -> ../../memory/memory40\n" COMING ": going-online\n",
             POLICY "memory-tier=5\n[node n]\nnode=1\ntier=cxl\n");
        run();
        assert(kernel->writes == 0 && last->machine->tiers_withheld);
        assert(last->machine->nodes[1].present_tier == TIER_UNKNOWN);
        fake_kernel_set(kernel, TIER "memory_tier22/nodelist", "1");
        fake_kernel_set(kernel, COMING, "online");
        run();
        assert_streq(fake_kernel_get(kernel, NODE "node1/adistance_offset"), "-2176");
        halt();
}

#define SLIT_GUEST                                                                                 \
        NODE "online: 0-1\n" NODE "possible: 0-1\n" NODE "has_memory: 0-1\n" NODE                  \
             "has_cpu: 0\n" MEMINFO(0, 9) MEMINFO(1, 9) NODE                                       \
                "node0/distance: 10 21\n" NODE "node1/distance: 21 10\n" TIER                      \
                "memory_tier4/nodelist: 0-1\n" THREAD_OVERRIDES                                    \
                "sys/devices/system/memory/block_size_bytes: 8000000\n" NODE                       \
                "node1/memory40 -> ../../memory/memory40\n"

/* Memory that came before its CPUs are online is as near to them as it will be when they are. */
static void test_memory_before_cpus(void)
{
        boot(SLIT_GUEST, POLICY);
        run();
        assert_streq(assignment_tier_name(last->assignment, &last->assignment->nodes[1]), "cxl");
        halt();
        boot(SLIT_GUEST NODE "node1/cpu8 -> ../../cpu/cpu8\n", POLICY);
        run();
        assert_streq(assignment_tier_name(last->assignment, &last->assignment->nodes[1]), "dram");
        halt();
}

int main(void)
{
        test_nothing_moves();
        test_key_of_cpus();
        test_offset_while_coming();
        test_memory_before_cpus();
}
